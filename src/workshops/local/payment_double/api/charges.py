"""Charges: the attempts at taking money that payment intents make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe.params import ChargeListParams, ChargeRetrieveParams

from workshops.local.payment_double.api.operation import listing, retrieval, same

if TYPE_CHECKING:
    from workshops.local.payment_double.attempt import Attempt
    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.refusal import Json

PATH = "/v1/charges"


def from_intent(desk: Desk, intent: Json, attempt: Attempt) -> Json:
    """A new pending charge for a payment intent's whole amount."""
    body = {
        "id": desk.new_id("ch_3"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": _billing_details(attempt),
        "calculated_statement_descriptor": "LOCAL PAYMENT",
        "captured": False,
        "created": desk.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": _method_details(attempt),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
    }
    desk.tx.put(body)
    return body


def succeed(desk: Desk, charge: Json) -> Json:
    """The money is taken."""
    taken = {"amount_captured": charge["amount"], "captured": True, "paid": True, "status": "succeeded"}
    body = charge | taken | {"outcome": _outcome("authorized", "approved_by_network", "Payment complete.", None)}
    desk.tx.put(body)
    desk.announce("charge.succeeded", body)
    return body


def fail(desk: Desk, charge: Json, code: str, reason: str, message: str) -> Json:
    """The bank says no."""
    outcome = _outcome("issuer_declined", "declined_by_network", "The bank did not approve this payment.", reason)
    body = charge | {"failure_code": code, "failure_message": message, "status": "failed", "outcome": outcome}
    desk.tx.put(body)
    desk.announce("charge.failed", body)
    return body


# ---


def _billing_details(attempt: Attempt) -> Json:
    return {
        "address": attempt.address,
        "email": attempt.email,
        "name": attempt.name or None,
        "phone": None,
        "tax_id": None,
    }


def _method_details(attempt: Attempt) -> Json:
    details: dict[str, Any] = {}
    if attempt.card is not None:
        details = {
            "brand": attempt.card.brand,
            "checks": {"address_line1_check": "pass", "address_postal_code_check": "pass", "cvc_check": "pass"},
            "country": "GB",
            "exp_month": attempt.card.month,
            "exp_year": attempt.card.year,
            "funding": "credit",
            "last4": attempt.card.last4,
            "network": attempt.card.brand,
        }
    return {"type": attempt.method, attempt.method: details}


def _outcome(kind: str, network: str, message: str, reason: str | None) -> Json:
    return {
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "seller_message": message,
        "type": kind,
    }


OPERATIONS = (
    retrieval("charges.retrieve", f"{PATH}/<id>", ChargeRetrieveParams, "charge"),
    listing("charges.list", PATH, ChargeListParams, "charge", same(["customer", "payment_intent"])),
)
