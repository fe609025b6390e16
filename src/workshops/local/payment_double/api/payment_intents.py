"""Payment intents, made when the buyer first tries to pay a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe.params import PaymentIntentListParams, PaymentIntentRetrieveParams

from workshops.local.payment_double.api.operation import given_metadata, listing, retrieval, same

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.refusal import Json

PATH = "/v1/payment_intents"


def from_session(desk: Desk, session: Json) -> Json:
    """A new intent for a session's total, with the metadata of `payment_intent_data` and no other."""
    data = session["_payment_intent_data"]
    body = {
        "id": desk.new_id("pi_3"),
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": desk.new_id("pi_secret_"),
        "confirmation_method": "automatic",
        "created": desk.now,
        "currency": session["currency"],
        "customer": session["customer"],
        "description": data.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": given_metadata(data),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": session["payment_method_options"],
        "payment_method_types": session["payment_method_types"],
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    desk.tx.put(body)
    desk.announce("payment_intent.created", body)
    return body


def change(desk: Desk, intent: Json, event_type: str, **changes: object) -> Json:
    """The intent in its next state, with the event that tells of it."""
    body = intent | changes
    desk.tx.put(body)
    desk.announce(event_type, body)
    return body


def cancel(desk: Desk, intent: Json) -> Json:
    """Ends the intent of a session that has expired."""
    return change(
        desk,
        intent,
        "payment_intent.canceled",
        status="canceled",
        canceled_at=desk.now,
        cancellation_reason="expired",
        next_action=None,
    )


OPERATIONS = (
    retrieval("payment_intents.retrieve", f"{PATH}/<id>", PaymentIntentRetrieveParams, "payment_intent"),
    listing("payment_intents.list", PATH, PaymentIntentListParams, "payment_intent", same(["customer"])),
)
