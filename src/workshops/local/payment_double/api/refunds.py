"""Refunds of what was paid: in whole or in part, never more than is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe.params import RefundCreateParams, RefundListParams, RefundRetrieveParams, RefundUpdateParams

from workshops.local.payment_double.api.operation import (
    Operation,
    Params,
    changed_metadata,
    given_metadata,
    listing,
    retrieval,
    same,
)
from workshops.local.payment_double.refusal import BadParameter, Json, Refusal, Unsupported

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk

PATH = "/v1/refunds"
UNSUPPORTED = ("customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer", "currency")


class NothingLeft(Refusal):
    """A charge of which everything has gone back."""

    code = "charge_already_refunded"

    def __init__(self, charge: str) -> None:
        super().__init__(f"Charge {charge} has already been refunded.")


class TooMuch(Refusal):
    """More than is left of a charge."""

    def __init__(self, asked: int, left: int) -> None:
        super().__init__(
            f"Refund amount (£{asked / 100:.2f}) is greater than unrefunded amount on charge (£{left / 100:.2f})",
            param="amount",
        )


class NotPaid(Refusal):
    """A payment that has taken no money yet."""

    def __init__(self, identity: str) -> None:
        super().__init__(f"{identity} does not have a successful charge to refund.", param="payment_intent")


def create(desk: Desk, params: Params) -> Json:
    """Gives back what is asked, or all that is left. Raises NothingLeft, TooMuch, NotPaid, MissingReference."""
    charge = _charge(desk, params)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise NothingLeft(charge["id"])
    amount = params.get("amount", left)
    if amount > left:
        raise TooMuch(amount, left)
    refund = _refund(desk, charge, amount, params)
    desk.tx.put(refund, owner=charge["id"])
    _note_on_charge(desk, charge, amount)
    desk.announce("refund.created", refund)
    desk.announce("refund.updated", refund, {"status": "pending"})
    return refund


def update(desk: Desk, params: Params, identity: str) -> Json:
    """Changes the metadata, which is all that may be changed."""
    refund = desk.find("refund", identity)
    changed = refund | {"metadata": changed_metadata(refund, params)}
    desk.tx.put(changed)
    desk.announce("refund.updated", changed, {"metadata": refund["metadata"]})
    return changed


def check(params: Params, _now: int) -> None:
    """Raises BadParameter unless one payment is named and the amount is above nothing; Unsupported for Connect's."""
    for name in UNSUPPORTED:
        if name in params:
            raise Unsupported(f"The local payment page does not act out `{name}`.", param=name)
    if ("charge" in params) == ("payment_intent" in params):
        raise BadParameter(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing" if "charge" not in params else "parameters_exclusive",
        )
    if params.get("amount", 1) < 1:
        raise BadParameter("Invalid positive integer", param="amount", code="parameter_invalid_integer")


# ---


def _charge(desk: Desk, params: Params) -> Json:
    if "charge" in params:
        charge = desk.refer("charge", params["charge"], "charge")
    else:
        intent = desk.refer("payment_intent", params["payment_intent"], "payment_intent")
        charge = desk.tx.get(intent["latest_charge"] or "") or {}
    if not charge.get("paid"):
        raise NotPaid(params.get("charge") or params["payment_intent"])
    return charge


def _refund(desk: Desk, charge: Json, amount: int, params: Params) -> Json:
    method = charge["payment_method_details"]["type"]
    details = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {
        "id": desk.new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "destination_details": {method: details if method == "card" else {}, "type": method},
        "metadata": given_metadata(params),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _note_on_charge(desk: Desk, charge: Json, amount: int) -> None:
    given_back = charge["amount_refunded"] + amount
    changed = charge | {"amount_refunded": given_back, "refunded": given_back == charge["amount"]}
    desk.tx.put(changed)
    desk.announce("charge.refunded", changed, {"amount_refunded": charge["amount_refunded"]})


OPERATIONS = (
    Operation("refunds.create", "POST", PATH, RefundCreateParams, create, check),
    retrieval("refunds.retrieve", f"{PATH}/<id>", RefundRetrieveParams, "refund"),
    listing("refunds.list", PATH, RefundListParams, "refund", same(["charge", "payment_intent"])),
    Operation("refunds.update", "POST", f"{PATH}/<id>", RefundUpdateParams, update),
)
