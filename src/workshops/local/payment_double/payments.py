"""Paying a session: what becomes of it, its payment intent, charge, customer and invoice, and which events tell.

open ── pay ──► complete, paid              a card that works
  │      ├────► open                        declined: another card may follow
  │      ├────► open, waiting for approval  3-D Secure, PayPal ── approve ──► paid;  ── refuse ──► open
  │      └────► complete, unpaid            a delayed method ── settle ──► paid, or failed
  └───── expires
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.local.payment_double.api import charges, customers, invoices, payment_intents
from workshops.local.payment_double.api.sessions import save
from workshops.local.payment_double.attempt import Attempt, Card, Ending

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.refusal import Json

DELAYED_METHOD = "bacs_debit"
REFUSED_APPROVAL = "We are unable to authenticate your payment method. Please choose a different payment method."
FAILED_LATER = "The bank did not send the money."


class NotPayable(WorkshopsError):
    """A session that is not in the state that a step needs; carries the session as it is."""

    def __init__(self, session: Json) -> None:
        super().__init__(f"the session is {session['status']}, its payment {session['payment_status']}")
        self.session = session


def pay(desk: Desk, session: Json, attempt: Attempt) -> Json:
    """The session after an attempt at paying it. Raises NotPayable unless it is open."""
    if session["status"] != "open":
        raise NotPayable(session)
    started = session | {"_attempt": attempt.to_json()}
    if session["amount_total"] == 0:
        return _complete(desk, started, attempt, "no_payment_required", None)
    confirmed = _with_intent(desk, started, attempt)
    return STEPS[attempt.ending](desk, confirmed, attempt)


def approve(desk: Desk, session: Json) -> Json:
    """The buyer said yes on the bank's or PayPal's page. Raises NotPayable unless that was asked."""
    return _succeed(desk, session, _awaiting_approval(desk, session))


def refuse(desk: Desk, session: Json) -> Json:
    """The buyer said no on the bank's or PayPal's page: the session stays open. Raises NotPayable unless asked."""
    attempt = _awaiting_approval(desk, session)
    error = _error(attempt, "payment_intent_authentication_failure", REFUSED_APPROVAL)
    _fail_intent(desk, session, error)
    return _forget_attempt(desk, session)


def settle(desk: Desk, session: Json, *, succeeded: bool) -> Json:
    """The end of a delayed payment. Raises NotPayable unless one is under way."""
    intent = desk.tx.get(session["payment_intent"] or "")
    if session["payment_status"] != "unpaid" or intent is None or intent["status"] != "processing":
        raise NotPayable(session)
    charge = desk.find("charge", intent["latest_charge"])
    return _settled(desk, session, charge) if succeeded else _bounced(desk, session, charge)


def awaits_approval(desk: Desk, session: Json) -> bool:
    """Whether the buyer has been sent to say yes or no elsewhere."""
    intent = desk.tx.get(session["payment_intent"] or "")
    return session["status"] == "open" and intent is not None and intent["status"] == "requires_action"


def awaits_funds(desk: Desk, session: Json) -> bool:
    """Whether a delayed payment is under way."""
    intent = desk.tx.get(session["payment_intent"] or "")
    return session["status"] == "complete" and intent is not None and intent["status"] == "processing"


# ---


def _with_intent(desk: Desk, session: Json, attempt: Attempt) -> Json:
    known = session["payment_intent"]
    intent = desk.find("payment_intent", known) if known else payment_intents.from_session(desk, session)
    desk.tx.put(intent | {"payment_method": desk.new_id("pm_"), "payment_method_types": _types(session, attempt)})
    changed = session | {"payment_intent": intent["id"]}
    save(desk, changed)
    return changed


def _types(session: Json, attempt: Attempt) -> list[str]:
    offered: list[str] = session["payment_method_types"]
    return offered if attempt.method in offered else [*offered, attempt.method]


def _intent(desk: Desk, session: Json) -> Json:
    return desk.find("payment_intent", session["payment_intent"])


def _awaiting_approval(desk: Desk, session: Json) -> Attempt:
    if not awaits_approval(desk, session):
        raise NotPayable(session)
    return Attempt.from_json(session["_attempt"])


def _decline(desk: Desk, session: Json, attempt: Attempt) -> Json:
    card = attempt.card or Card("", "", 0, 0)
    charge = charges.from_intent(desk, _intent(desk, session), attempt)
    failed = charges.fail(desk, charge, card.code, card.reason, card.message)
    error = _error(attempt, card.code, card.message) | {"charge": failed["id"], "decline_code": card.reason}
    _fail_intent(desk, session, error, latest_charge=failed["id"])
    return _forget_attempt(desk, session)


def _ask_approval(desk: Desk, session: Json, _attempt: Attempt) -> Json:
    address = f"{desk.site}/c/pay/{session['id']}/approve"
    payment_intents.change(
        desk,
        _intent(desk, session),
        "payment_intent.requires_action",
        status="requires_action",
        last_payment_error=None,
        next_action={"redirect_to_url": {"return_url": session["url"], "url": address}, "type": "redirect_to_url"},
    )
    return session


def _wait_for_funds(desk: Desk, session: Json, attempt: Attempt) -> Json:
    charge = charges.from_intent(desk, _intent(desk, session), attempt)
    desk.announce("charge.pending", charge)
    payment_intents.change(
        desk,
        _intent(desk, session),
        "payment_intent.processing",
        status="processing",
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    return _complete(desk, session, attempt, "unpaid", None)


def _succeed(desk: Desk, session: Json, attempt: Attempt) -> Json:
    charge = charges.from_intent(desk, _intent(desk, session), attempt)
    return _complete(desk, session, attempt, "paid", charge)


def _complete(desk: Desk, session: Json, attempt: Attempt, payment_status: str, charge: Json | None) -> Json:
    body = session | _buyer(session, attempt) | {"status": "complete", "payment_status": payment_status, "url": None}
    body = _with_customer(desk, body)
    if charge is not None:
        _take(desk, body, charge)
    body = _with_invoice(desk, body) if payment_status != "unpaid" else body
    save(desk, body)
    desk.announce("checkout.session.completed", body)
    return body


def _take(desk: Desk, session: Json, charge: Json) -> None:
    taken = charges.succeed(desk, charge | {"customer": session["customer"]})
    payment_intents.change(
        desk,
        _intent(desk, session),
        "payment_intent.succeeded",
        status="succeeded",
        amount_received=taken["amount"],
        customer=session["customer"],
        latest_charge=taken["id"],
        last_payment_error=None,
        next_action=None,
    )


def _with_customer(desk: Desk, session: Json) -> Json:
    wanted = session["customer_creation"] == "always" or session["invoice_creation"]["enabled"]
    return session | {"customer": customers.from_session(desk, session)["id"]} if wanted else session


def _with_invoice(desk: Desk, session: Json) -> Json:
    if not session["invoice_creation"]["enabled"]:
        return session
    return session | {"invoice": invoices.from_session(desk, session, session["payment_intent"])["id"]}


def _buyer(session: Json, attempt: Attempt) -> Json:
    details = {
        "address": attempt.address,
        "business_name": attempt.business_name or None,
        "email": attempt.email,
        "individual_name": None,
        "name": attempt.business_name or attempt.name or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [{"type": _tax_id_type(attempt), "value": attempt.tax_id}] if attempt.tax_id else [],
    }
    asked_terms = (session["consent_collection"] or {}).get("terms_of_service") == "required"
    return {
        "customer_details": details,
        "collected_information": {
            "business_name": attempt.business_name or None,
            "individual_name": None,
            "shipping_details": None,
        },
        "consent": {"promotions": None, "terms_of_service": "accepted"} if asked_terms else None,
    }


def _tax_id_type(attempt: Attempt) -> str:
    return "gb_vat" if (attempt.address or {}).get("country") == "GB" else "eu_vat"


def _settled(desk: Desk, session: Json, charge: Json) -> Json:
    _take(desk, session, charge)
    body = _with_invoice(desk, session | {"payment_status": "paid"})
    save(desk, body)
    desk.announce("checkout.session.async_payment_succeeded", body)
    return body


def _bounced(desk: Desk, session: Json, charge: Json) -> Json:
    attempt = Attempt.from_json(session["_attempt"])
    charges.fail(desk, charge, "payment_failed", "generic_decline", FAILED_LATER)
    _fail_intent(desk, session, _error(attempt, "payment_intent_payment_attempt_failed", FAILED_LATER))
    desk.announce("checkout.session.async_payment_failed", session)
    return session


def _fail_intent(desk: Desk, session: Json, error: Json, **changes: object) -> None:
    payment_intents.change(
        desk,
        _intent(desk, session),
        "payment_intent.payment_failed",
        status="requires_payment_method",
        last_payment_error=error,
        next_action=None,
        payment_method=None,
        **changes,
    )


def _forget_attempt(desk: Desk, session: Json) -> Json:
    body = session | {"_attempt": None}
    save(desk, body)
    return body


def _error(attempt: Attempt, code: str, message: str) -> Json:
    kind = "card_error" if attempt.card else "invalid_request_error"
    return {"code": code, "message": message, "payment_method_type": attempt.method, "type": kind}


STEPS = {
    Ending.SUCCEEDS: _succeed,
    Ending.DECLINED: _decline,
    Ending.NEEDS_APPROVAL: _ask_approval,
    Ending.SETTLES_LATER: _wait_for_funds,
}
