"""Tax ids of the account itself: our own VAT number, as it is printed on invoices."""

import re

from stripe.params import TaxIdCreateParams, TaxIdDeleteParams, TaxIdListParams, TaxIdRetrieveParams

from workshops.local.payment_double.api.operation import Operation, Params, listing, removal, retrieval
from workshops.local.payment_double.desk import Desk
from workshops.local.payment_double.refusal import BadParameter, Json, Unsupported

PATH = "/v1/tax_ids"
GB_VAT = re.compile(r"GB ?(\d{3} ?\d{4} ?\d{2}|\d{12}|GD\d{3}|HA\d{3})")


def create(desk: Desk, params: Params) -> Json:
    """A new tax id of the account."""
    body = {
        "id": desk.new_id("txi_"),
        "object": "tax_id",
        "country": params["type"].partition("_")[0].upper(),
        "created": desk.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "owner": {"type": "self"},
        "type": params["type"],
        "value": params["value"],
        "verification": None,
    }
    desk.tx.put(body)
    return body


def check(params: Params, _now: int) -> None:
    """Raises BadParameter for a GB VAT number of the wrong form, Unsupported for another owner than the account."""
    if params.get("owner", {"type": "self"}) != {"type": "self"}:
        raise Unsupported("The local payment page keeps tax ids of the account itself only.", param="owner")
    if params["type"] == "gb_vat" and not GB_VAT.fullmatch(params["value"]):
        raise BadParameter(f"Invalid value for gb_vat: {params['value']}", param="value", code="tax_id_invalid")


# ---

OPERATIONS = (
    Operation("tax_ids.create", "POST", PATH, TaxIdCreateParams, create, check),
    retrieval("tax_ids.retrieve", f"{PATH}/<id>", TaxIdRetrieveParams, "tax_id"),
    listing("tax_ids.list", PATH, TaxIdListParams, "tax_id"),
    removal("tax_ids.delete", f"{PATH}/<id>", TaxIdDeleteParams, "tax_id"),
)
