"""Tax rates: a percentage with a name, on top of a price or included in it."""

from stripe.params import TaxRateCreateParams, TaxRateListParams, TaxRateRetrieveParams, TaxRateUpdateParams

from workshops.local.payment_double.api.operation import (
    Operation,
    Params,
    changed_metadata,
    given_metadata,
    listing,
    retrieval,
    same,
)
from workshops.local.payment_double.desk import Desk
from workshops.local.payment_double.refusal import BadParameter, Json

PATH = "/v1/tax_rates"
HIGHEST_PERCENTAGE = 100
COUNTRY_CODE_LENGTH = 2


def create(desk: Desk, params: Params) -> Json:
    """A new rate, active unless it is said not to be."""
    body = {
        "id": desk.new_id("txr_"),
        "object": "tax_rate",
        "active": params.get("active", True),
        "country": params.get("country"),
        "created": desk.now,
        "description": params.get("description"),
        "display_name": params["display_name"],
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": params["inclusive"],
        "jurisdiction": params.get("jurisdiction"),
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": given_metadata(params),
        "percentage": params["percentage"],
        "rate_type": "percentage",
        "state": params.get("state"),
        "tax_type": params.get("tax_type"),
    }
    desk.tx.put(body)
    desk.announce("tax_rate.created", body)
    return body


def update(desk: Desk, params: Params, identity: str) -> Json:
    """Changes what may be changed; a percentage may not, nor whether prices include it."""
    body = desk.find("tax_rate", identity)
    changes = {name: value or None for name, value in params.items() if name in UNSETTABLE}
    kept: Json = {name: params[name] for name in ("active", "display_name", "tax_type") if name in params}
    changed: Json = {**body, **changes, **kept, "metadata": changed_metadata(body, params)}
    previous = {name: value for name, value in body.items() if changed[name] != value}
    desk.tx.put(changed)
    desk.announce("tax_rate.updated", changed, previous)
    return changed


def check(params: Params, _now: int) -> None:
    """Raises BadParameter for a percentage outside 0 to 100 or a country that is no two-letter code."""
    if not 0 <= params["percentage"] <= HIGHEST_PERCENTAGE:
        raise BadParameter("The percentage must be between 0 and 100.", param="percentage")
    country = params.get("country", "GB")
    if len(country) != COUNTRY_CODE_LENGTH or not country.isalpha():
        raise BadParameter(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead.",
            param="country",
            code="country_code_invalid",
        )


# ---

UNSETTABLE = frozenset({"country", "description", "jurisdiction", "state"})

OPERATIONS = (
    Operation("tax_rates.create", "POST", PATH, TaxRateCreateParams, create, check),
    retrieval("tax_rates.retrieve", f"{PATH}/<id>", TaxRateRetrieveParams, "tax_rate"),
    listing("tax_rates.list", PATH, TaxRateListParams, "tax_rate", same(["active", "inclusive"])),
    Operation("tax_rates.update", "POST", f"{PATH}/<id>", TaxRateUpdateParams, update),
)
