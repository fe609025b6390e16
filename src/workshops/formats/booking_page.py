"""A booking as strings and primitives, for the return page and the buyer's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshops.domain.booking import BookingState
from workshops.formats.human import count, run_dates
from workshops.formats.quote_view import amount_view, line_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workshops.domain.booking import Booking, Delegate
    from workshops.domain.workshop import Run, Workshop


def public_view(booking: Booking, workshop: Workshop, run: Run, *, check_again: str) -> dict[str, Any]:
    """What anybody with the address may see after payment: the state and the workshop, nothing of the people."""
    waiting = booking.state in {BookingState.HELD, BookingState.AWAITING_FUNDS}
    return {
        **_common(booking, workshop, run),
        "personal": False,
        "organisation": None,
        "purchase_order": None,
        "invoice_url": None,
        "delegates": [],
        "names_action": None,
        "check_again_url": check_again if waiting else None,
        "errors": [],
    }


def buyers_view(
    booking: Booking,
    workshop: Workshop,
    run: Run,
    *,
    names_action: str,
    typed: Mapping[int, tuple[str, str]] | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """What the buyer sees under a link of their own; `typed`, by number of delegate, and `errors` of a refused form."""
    confirmed = booking.state is BookingState.CONFIRMED
    kept = typed or {}
    rows = [_delegate_row(one, kept.get(one.number, ("", "")), dict(errors)) for one in booking.delegates]
    return {
        **_common(booking, workshop, run),
        "personal": True,
        "organisation": booking.buyer.organisation,
        "purchase_order": booking.purchase_order,
        "invoice_url": booking.invoice_url,
        "delegates": rows,
        "names_action": names_action if confirmed and any(row["needs_name"] for row in rows) else None,
        "check_again_url": None,
        "errors": [{"field": field, "message": message} for field, message in errors],
    }


# ---------------------------------------------------------------------------------------------------------------------

_TOLD: dict[BookingState, tuple[str, str]] = {
    BookingState.HELD: (
        "We are waiting to hear of your payment",
        "Your places are kept meanwhile. If you have just paid, this takes a moment.",
    ),
    BookingState.AWAITING_APPROVAL: (
        "Your booking waits for approval",
        "Your places are kept meanwhile. We will write to you.",
    ),
    BookingState.AWAITING_FUNDS: (
        "Your payment is on its way",
        "Your places are kept. We will write to you as soon as the money has arrived.",
    ),
    BookingState.CONFIRMED: (
        "Your booking is confirmed",
        "We have received your payment, and a confirmation is on its way to you by e-mail.",
    ),
    BookingState.EXPIRED: (
        "This booking was not paid for",
        "No payment reached us in time, and the places were given back. You can book again on the workshop’s page.",
    ),
    BookingState.REFUND_DUE: (
        "Your payment came too late",
        "The places had gone when your payment arrived. You will get all of it back; we will write to you.",
    ),
    BookingState.CANCELLED: ("This booking is cancelled", "The places were given back."),
}


def _common(booking: Booking, workshop: Workshop, run: Run) -> dict[str, Any]:
    heading, sentence = _TOLD[booking.state]
    return {
        "number": booking.id,
        "state": booking.state.value,
        "state_heading": heading,
        "state_sentences": [sentence],
        "title": workshop.title,
        "dates": run_dates(run),
        "delivery": workshop.delivery.platform or workshop.delivery.mode.value,
        "places": count(booking.places, "place"),
        "lines": [line_view(line) for line in booking.quote.lines],
        "total": amount_view(booking.quote.total),
        "workshop_url": f"/workshops/{workshop.slug}/",
        "calendar_url": f"/workshops/{workshop.slug}/{run.id}.ics",
    }


def _delegate_row(delegate: Delegate, typed: tuple[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    name, email = typed
    return {
        "number": delegate.number,
        "needs_name": not delegate.named,
        "name": delegate.name or name,
        "email": delegate.email or email,
        "name_error": errors.get(f"delegate_name_{delegate.number}", ""),
        "email_error": errors.get(f"delegate_email_{delegate.number}", ""),
    }
