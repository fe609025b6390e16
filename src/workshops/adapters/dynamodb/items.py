"""Bookings as DynamoDB items, and back: the one place that knows how a booking, its people and trail are laid out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workshops.domain.booking import (
    Booking,
    BookingId,
    BookingState,
    Buyer,
    Delegate,
    PaymentRequest,
    SessionId,
)
from workshops.domain.money import Amount, Pence
from workshops.domain.pricing import Line, Quote
from workshops.domain.vat import VatRate
from workshops.domain.workshop import RateId, RunId, Slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workshops.app.ports import Payment

BOOKING = "B"
STOCK = "STOCK"


def run_key(workshop: str, run: str) -> str:
    """How a run is named in the table's indexes: harmful-sexual-behaviour/2026-04-28."""
    return f"{workshop}/{run}"


def run_pk(workshop: str, run: str) -> str:
    """The partition of a run's stock and hold pointers."""
    return f"RUN#{run_key(workshop, run)}"


def booking_pk(booking: str) -> str:
    """The partition of a booking, its people, ledger and audit trail."""
    return f"BOOKING#{booking}"


def pointer_sk(booking: Booking) -> str:
    """The sort key of a hold pointer: in order of expiry on the machine clock."""
    return f"HOLD#{int(booking.expires_at.timestamp()):010}#{booking.id}"


def delegate_sk(number: int) -> str:
    """The sort key of a delegate."""
    return f"D#{number:02}"


def instant(at: datetime) -> str:
    """An instant in UTC, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def booking_item(booking: Booking) -> dict[str, Any]:
    """The item of a booking; its delegates have items of their own."""
    return {
        "pk": booking_pk(booking.id),
        "sk": BOOKING,
        "run": run_key(booking.workshop, booking.run),
        "workshop": booking.workshop,
        "run_id": booking.run,
        "rate": booking.rate,
        "state": booking.state.value,
        "seats": booking.places,
        "quote": _quote_map(booking.quote),
        "buyer": {
            "name": booking.buyer.name,
            "email": booking.buyer.email,
            "organisation": booking.buyer.organisation,
        },
        "made_at": instant(booking.made_at),
        "expires_at": int(booking.expires_at.timestamp()),
        "terms": booking.terms,
        "request": {"key": booking.request.key, "parameters": booking.request.parameters},
        "form": booking.form,
        "buyer_key": booking.buyer_key,
        "purchase_order": booking.purchase_order,
        "session": booking.session,
        "session_url": booking.session_url,
        "invoice_url": booking.invoice_url,
        "link_revision": booking.link_revision,
        "version": booking.version,
    }


def delegate_item(booking: Booking, delegate: Delegate) -> dict[str, Any]:
    """The item of a delegate, whom rosters find by run."""
    return {
        "pk": booking_pk(booking.id),
        "sk": delegate_sk(delegate.number),
        "run": run_key(booking.workshop, booking.run),
        "number": delegate.number,
        "name": delegate.name,
        "email": delegate.email,
        "version": delegate.version,
    }


def payment_item(booking: Booking, payment: Payment, *, at: datetime) -> dict[str, Any]:
    """The ledger row of a payment, under the payment provider's own id."""
    return {
        "pk": booking_pk(booking.id),
        "sk": f"PAY#{payment.id}",
        "session": payment.session,
        "gross": payment.gross,
        "invoice": payment.invoice,
        "invoice_url": payment.invoice_url,
        "at": instant(at),
    }


def audit_item(
    booking: Booking, step: str, who: str, *, at: datetime, version: int | None = None, **what: object
) -> dict[str, Any]:
    """What happened to a booking: by number and never by name; never changed.

    `version` is the one that the step makes, the next unless told; it keeps the steps of one instant in order.
    """
    made = version or booking.version + 1
    return {
        "pk": booking_pk(booking.id),
        "sk": f"A#{instant(at)}#{made:04}#{step}",
        "who": who,
        "version": made,
        **what,
    }


def booking_of(items: Iterable[Mapping[str, Any]]) -> Booking | None:
    """The booking in a partition's items; None where there is none."""
    found = list(items)
    item = next((one for one in found if one["sk"] == BOOKING), None)
    delegates = tuple(_delegate(one) for one in found if one["sk"].startswith("D#"))
    return _booking(item, delegates) if item else None


# ---------------------------------------------------------------------------------------------------------------------


def _booking(item: Mapping[str, Any], delegates: tuple[Delegate, ...]) -> Booking:
    return Booking(
        id=BookingId(item["pk"].removeprefix("BOOKING#")),
        workshop=Slug(item["workshop"]),
        run=RunId(item["run_id"]),
        rate=RateId(item["rate"]),
        state=BookingState(item["state"]),
        quote=_quote(item["quote"]),
        buyer=Buyer(**item["buyer"]),
        delegates=delegates,
        made_at=datetime.fromisoformat(item["made_at"]),
        expires_at=datetime.fromtimestamp(item["expires_at"], UTC),
        terms=item["terms"],
        request=PaymentRequest(**item["request"]),
        form=item["form"],
        buyer_key=item["buyer_key"],
        purchase_order=item.get("purchase_order"),
        session=SessionId(item["session"]) if "session" in item else None,
        session_url=item.get("session_url"),
        invoice_url=item.get("invoice_url"),
        attention=item.get("attention"),
        link_revision=item["link_revision"],
        version=item["version"],
    )


def _delegate(item: Mapping[str, Any]) -> Delegate:
    return Delegate(item["number"], item.get("name"), item.get("email"), item["version"])


def _quote_map(quote: Quote) -> dict[str, Any]:
    return {
        "lines": [_line_map(line) for line in quote.lines],
        "net": quote.total.net,
        "vat": quote.total.vat,
        "gross": quote.total.gross,
        "places": quote.places,
        "catalogue_sha256": quote.catalogue_sha256,
        "catalogue_commit": quote.catalogue_commit,
    }


def _line_map(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "description": line.description,
        "quantity": line.quantity,
        "unit_net": line.unit_net,
        "list_net": line.list_net,
        "vat_rate": line.vat.value,
        "net": line.amount.net,
        "vat": line.amount.vat,
        "gross": line.amount.gross,
        "discount": line.discount,
    }


def _quote(stored: Mapping[str, Any]) -> Quote:
    lines = tuple(_line(line) for line in stored["lines"])
    return Quote(lines, stored["places"], stored["catalogue_sha256"], stored["catalogue_commit"])


def _line(stored: Mapping[str, Any]) -> Line:
    return Line(
        id=stored["id"],
        description=stored["description"],
        quantity=stored["quantity"],
        unit_net=Pence(stored["unit_net"]),
        list_net=Pence(stored["list_net"]),
        vat=VatRate(stored["vat_rate"]),
        amount=Amount(Pence(stored["net"]), Pence(stored["vat"]), Pence(stored["gross"])),
        discount=stored["discount"],
    )
