"""The `Bookings` port over DynamoDB: each method one transaction, guarded by conditions on what was read.

The counters of a run (`STOCK`) and of each extra with it (`EXTRA#<id>`) hold `held`, `sold` and `spare`, and `capacity`
where the catalogue sets one: then capacity = spare + held + sold. Without a capacity nothing is compared with `spare`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from workshops.adapters.dynamodb.items import (
    BOOKING,
    STOCK,
    audit_item,
    booking_item,
    booking_of,
    booking_pk,
    delegate_item,
    delegate_sk,
    instant,
    payment_item,
    pointer_sk,
    run_key,
    run_pk,
)
from workshops.adapters.dynamodb.outbox import outbox_item
from workshops.adapters.dynamodb.table import Refused, delete, put, update
from workshops.app.ports import FORM_REMEMBERED, AlreadyHeld, Changed, SoldOut
from workshops.domain.booking import BookingId, BookingState, Step, after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from workshops.adapters.dynamodb.table import Table
    from workshops.app.ports import Limits, Message, Payment
    from workshops.domain.booking import Booking, Delegate, SessionId
    from workshops.domain.workshop import RunId, Slug

HOLD_TRIES = 4
"""A refused hold is tried again once its stock is made, or agrees with the catalogue."""


class DynamoBookings:
    """Bookings in one DynamoDB table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # --- reading ---

    def find(self, booking: BookingId) -> Booking | None:
        """The booking of that id, with its delegates."""
        return booking_of(self._table.query(Key("pk").eq(booking_pk(booking)) & Key("sk").between(BOOKING, "E")))

    def of_form(self, form: str) -> BookingId | None:
        """The booking that this very form last made."""
        return _booking_id(self._table.get(f"FORM#{form}", "F"))

    def of_buyer(self, workshop: Slug, run: RunId, buyer_key: str) -> BookingId | None:
        """The booking that this buyer last made for the run."""
        return _booking_id(self._table.get(run_pk(workshop, run), f"BUYER#{buyer_key}"))

    def of_session(self, session: SessionId) -> BookingId | None:
        """The booking that a checkout session was opened for."""
        return _booking_id(self._table.get(f"SESSION#{session}", "S"))

    def of_link(self, link: str) -> BookingId | None:
        """The booking whose buyer was given the link of this SHA-256."""
        return _booking_id(self._table.get(f"TOKEN#{link}", "T"))

    def has_payment(self, booking: BookingId, payment: str) -> bool:
        """Whether a payment of that id is in the booking's ledger."""
        return self._table.get(booking_pk(booking), f"PAY#{payment}") is not None

    def past_due(self, workshop: Slug, run: RunId, before: datetime) -> Sequence[BookingId]:
        """Bookings of a run whose hold was to end before an instant of the machine clock."""
        return [BookingId(pointer["booking"]) for pointer in self._past_due(workshop, run, before)]

    def places_left(self, workshop: Slug, run: RunId, capacity: int | None, *, at: datetime) -> int | None:
        """Places that can be booked now, those of holds past their time included; None is no limit."""
        if capacity is None:
            return None
        stock = self._table.get(run_pk(workshop, run), STOCK)
        if stock is None:
            return capacity
        overdue = sum(int(pointer["seats"]) for pointer in self._past_due(workshop, run, at))
        return max(0, capacity - int(stock["held"]) - int(stock["sold"]) + overdue)

    # --- writing ---

    def hold(self, booking: Booking, *, limits: Limits, link: str, replaces: Sequence[BookingId], at: datetime) -> None:
        """Keep the places of a new booking, with its people, link, form and audit entry.

        Raises `SoldOut` and `AlreadyHeld`.
        """
        counters = _counters(booking, limits)
        writes = [*(_take(counter) for counter in counters), *_new_booking(booking, link, replaces, at)]
        for _ in range(HOLD_TRIES):
            try:
                return self._table.write(*writes)
            except Refused as refused:
                if refused.places - set(range(len(counters))):
                    raise AlreadyHeld(self.of_form(booking.form)) from None
                self._make_room_for(booking, counters, refused.places, replaces)
        raise Changed(booking.id)

    def session_opened(self, booking: Booking, session: SessionId, url: str) -> None:
        """Remember the payment page before anybody is sent there. Raises `Changed`."""
        held = Attr("state").eq(BookingState.HELD.value)
        same = Attr("session").not_exists() | Attr("session").eq(session)
        self._write(
            booking,
            update(
                booking_pk(booking.id),
                BOOKING,
                when=held & same,
                change={"session": session, "session_url": url},
                add={"version": 1},
            ),
            _session_of(booking, session),
        )

    def release(self, booking: Booking, *, at: datetime) -> None:
        """Give back the places of a booking that holds some. Raises `Changed`."""
        self._write(
            booking,
            _step(booking, Step.EXPIRE),
            *(_move(counter, spare=+1, held=-1) for counter in _counters(booking)),
            *_pointer_gone(booking),
            put(audit_item(booking, Step.EXPIRE, "payment provider", at=at)),
        )

    def await_funds(self, booking: Booking, session: SessionId, *, at: datetime) -> None:
        """Keep the places of a booking whose payment is on its way. Raises `Changed`."""
        self._write(
            booking,
            _step(booking, Step.PAY_LATER, session=session),
            _session_of(booking, session),
            *_pointer_gone(booking),
            put(audit_item(booking, Step.PAY_LATER, "payment provider", at=at)),
        )

    def confirm(self, booking: Booking, payment: Payment, messages: Sequence[Message], *, at: datetime) -> None:
        """Sell the places held, with payment, messages and audit entry. Raises `Changed`."""
        self._write(
            booking,
            _step(booking, Step.PAY, session=payment.session, invoice_url=payment.invoice_url),
            *(_move(counter, held=-1, sold=+1) for counter in _counters(booking)),
            *_pointer_gone(booking),
            *_paid(booking, Step.PAY, payment, messages, at),
        )

    def reseat(
        self, booking: Booking, payment: Payment, messages: Sequence[Message], *, limits: Limits, at: datetime
    ) -> None:
        """Sell places to a booking that had lost them. Raises `Changed` and `SoldOut`."""
        counters = _counters(booking, limits)
        writes = [
            *(_take(counter, into="sold") for counter in counters),
            _step(booking, Step.PAY_RESEATED, session=payment.session, invoice_url=payment.invoice_url),
            *_paid(booking, Step.PAY_RESEATED, payment, messages, at),
        ]
        for _ in range(HOLD_TRIES):
            try:
                return self._table.write(*writes)
            except Refused as refused:
                if refused.places & set(range(len(counters), len(writes))):
                    raise Changed(booking.id) from refused
                self._make_room(counters, refused.places)
        raise Changed(booking.id)

    def owe_refund(self, booking: Booking, payment: Payment, *, at: datetime) -> None:
        """Record a payment that found no places left, for a person's attention. Raises `Changed`."""
        self._write(
            booking,
            _step(
                booking,
                Step.PAY_UNSEATED,
                session=payment.session,
                invoice_url=payment.invoice_url,
                attention="refund_due",
                since=instant(at),
            ),
            *_paid(booking, Step.PAY_UNSEATED, payment, (), at),
        )

    def record_second_payment(self, booking: Booking, payment: Payment, *, at: datetime) -> None:
        """Record a further payment for a booking already paid, for a person's attention. Raises `Changed`."""
        self._write(
            booking,
            _touch(booking, {"attention": "second_payment", "since": instant(at)}),
            *_paid(booking, "second_payment", payment, (), at),
        )

    def flag(self, booking: Booking, reason: str, *, at: datetime) -> None:
        """Put a booking under attention; `reason` holds no personal data. Raises `Changed`."""
        self._write(
            booking,
            _touch(booking, {"attention": reason, "since": instant(at)}),
            put(audit_item(booking, reason, "system", at=at)),
        )

    def name_delegates(
        self, booking: Booking, delegates: Sequence[Delegate], messages: Sequence[Message], *, at: datetime
    ) -> None:
        """Fill in names left for later, and write to those named. Raises `Changed`."""
        numbers = ",".join(str(delegate.number) for delegate in delegates)
        self._write(
            booking,
            _touch(booking, {}),
            *(_renamed(booking, delegate) for delegate in delegates),
            *_messages(booking, messages, at),
            put(audit_item(booking, "name_delegates", "buyer", at=at, delegates=numbers)),
        )

    # --- private ---

    def _write(self, booking: Booking, *writes: Mapping[str, Any]) -> None:
        try:
            self._table.write(*writes)
        except Refused as refused:
            raise Changed(booking.id) from refused

    def _past_due(self, workshop: Slug, run: RunId, before: datetime) -> list[dict[str, Any]]:
        pk, until = run_pk(workshop, run), f"HOLD#{int(before.timestamp()):010}"
        return list(self._table.query(Key("pk").eq(pk) & Key("sk").between("HOLD#", until)))

    def _make_room_for(
        self, booking: Booking, counters: Sequence[_Counter], refused: frozenset[int], replaces: Sequence[BookingId]
    ) -> None:
        """Make room for a hold; where there is none because this very buyer has just taken it, say that instead."""
        try:
            self._make_room(counters, refused)
        except SoldOut:
            claims = self.of_form(booking.form), self.of_buyer(booking.workshop, booking.run, booking.buyer_key)
            for claim in claims:
                if claim and claim not in replaces:
                    raise AlreadyHeld(claim) from None
            raise

    def _make_room(self, counters: Sequence[_Counter], refused: frozenset[int]) -> None:
        """Make or correct the stocks that refused. Raises `SoldOut` if there is nothing to correct."""
        for place in sorted(refused):
            self._reconcile(counters[place])

    def _reconcile(self, counter: _Counter) -> None:
        stock = self._table.get(counter.pk, counter.sk)
        try:
            if stock is None:
                self._table.write(put(_new_stock(counter)))
            elif stock.get("capacity") != counter.capacity:
                self._table.write(_new_capacity(counter, stock))
            elif counter.capacity is not None and stock["spare"] < counter.wanted:
                raise SoldOut(counter.sk, counter.wanted, max(stock["spare"], 0))
        except Refused:
            return  # somebody else made or corrected it first: the next try sees it


@dataclass(frozen=True, slots=True)
class _Counter:
    """A stock that a booking draws on: so many wanted, of so many (None: no limit)."""

    pk: str
    sk: str
    wanted: int
    capacity: int | None


def _counters(booking: Booking, limits: Limits | None = None) -> list[_Counter]:
    pk = run_pk(booking.workshop, booking.run)
    places = _Counter(pk, STOCK, booking.places, limits.places if limits else None)
    lines = booking.quote.lines
    bought = [(line.id.removeprefix("extra:"), line.quantity) for line in lines if line.id.startswith("extra:")]
    ceilings = {str(extra): limit for extra, limit in limits.extras.items()} if limits else {}
    return [places, *(_Counter(pk, f"EXTRA#{extra}", count, ceilings.get(extra)) for extra, count in bought)]


def _take(counter: _Counter, *, into: str = "held") -> dict[str, Any]:
    agrees = (
        Attr("capacity").not_exists() & Attr("pk").exists()
        if counter.capacity is None
        else Attr("capacity").eq(counter.capacity) & Attr("spare").gte(counter.wanted)
    )
    return update(counter.pk, counter.sk, when=agrees, add={"spare": -counter.wanted, into: counter.wanted})


def _move(counter: _Counter, **signs: int) -> dict[str, Any]:
    moved = {name: sign * counter.wanted for name, sign in signs.items()}
    return update(counter.pk, counter.sk, when=Attr("held").gte(counter.wanted), add=moved)


def _new_stock(counter: _Counter) -> dict[str, Any]:
    return {
        "pk": counter.pk,
        "sk": counter.sk,
        "capacity": counter.capacity,
        "spare": counter.capacity or 0,
        "held": 0,
        "sold": 0,
    }


def _new_capacity(counter: _Counter, stock: Mapping[str, Any]) -> dict[str, Any]:
    """The stock with the catalogue's capacity, unless it moved meanwhile. Raises `SoldOut` if more is taken already."""
    taken = stock["held"] + stock["sold"]
    if counter.capacity is not None and counter.capacity < taken:
        raise SoldOut(counter.sk, counter.wanted, 0)
    unmoved = Attr("held").eq(stock["held"]) & Attr("sold").eq(stock["sold"])
    change = {"spare": (counter.capacity or 0) - taken}
    if counter.capacity is None:
        return update(counter.pk, counter.sk, when=unmoved, change=change, remove=["capacity"])
    return update(counter.pk, counter.sk, when=unmoved, change=change | {"capacity": counter.capacity})


def _new_booking(booking: Booking, link: str, replaces: Sequence[BookingId], at: datetime) -> list[dict[str, Any]]:
    run, claim = run_pk(booking.workshop, booking.run), {"booking": booking.id}
    until = int((at + FORM_REMEMBERED).timestamp())
    vacant = Attr("pk").not_exists() | Attr("ttl").lt(int(at.timestamp()))
    free = vacant | Attr("booking").is_in(list(replaces)) if replaces else vacant
    return [
        put(booking_item(booking)),
        *(put(delegate_item(booking, delegate)) for delegate in booking.delegates),
        put({"pk": run, "sk": pointer_sk(booking), "seats": booking.places, **claim}),
        put({"pk": f"TOKEN#{link}", "sk": "T", **claim}),
        put({"pk": f"FORM#{booking.form}", "sk": "F", "ttl": until, **claim}, when=free),
        put({"pk": run, "sk": f"BUYER#{booking.buyer_key}", "ttl": until, **claim}, when=free),
        put(audit_item(booking, "hold", "buyer", at=at, version=booking.version, places=booking.places)),
    ]


def _step(booking: Booking, step: Step, **change: object) -> dict[str, Any]:
    told = {name: value for name, value in change.items() if value is not None}
    return _touch(booking, {"state": after(booking.state, step).value, **told})


def _touch(booking: Booking, change: Mapping[str, object]) -> dict[str, Any]:
    unchanged = Attr("state").eq(booking.state.value) & Attr("version").eq(booking.version)
    return update(booking_pk(booking.id), BOOKING, when=unchanged, change=change, add={"version": 1})


def _session_of(booking: Booking, session: SessionId) -> dict[str, Any]:
    """How the return page finds a booking; whoever first hears of the session writes it, be it the webhook."""
    known = {"pk": f"SESSION#{session}", "sk": "S", "booking": booking.id}
    return put(known, when=Attr("pk").not_exists() | Attr("booking").eq(booking.id))


def _pointer_gone(booking: Booking) -> list[dict[str, Any]]:
    if booking.state is not BookingState.HELD:
        return []
    return [delete(run_pk(booking.workshop, booking.run), pointer_sk(booking))]


def _paid(
    booking: Booking, step: str, payment: Payment, messages: Sequence[Message], at: datetime
) -> list[dict[str, Any]]:
    return [
        put(payment_item(booking, payment, at=at)),
        _session_of(booking, payment.session),
        *_messages(booking, messages, at),
        put(audit_item(booking, step, "payment provider", at=at, payment=payment.id)),
    ]


def _messages(booking: Booking, messages: Sequence[Message], at: datetime) -> list[dict[str, Any]]:
    run = run_key(booking.workshop, booking.run)
    return [put(outbox_item(message, run=run, at=at)) for message in messages]


def _renamed(booking: Booking, delegate: Delegate) -> dict[str, Any]:
    return update(
        booking_pk(booking.id),
        delegate_sk(delegate.number),
        when=Attr("version").eq(delegate.version),
        change={"name": delegate.name, "email": delegate.email},
        add={"version": 1},
    )


def _booking_id(item: Mapping[str, Any] | None) -> BookingId | None:
    return BookingId(item["booking"]) if item else None
