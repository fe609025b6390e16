"""Settling: what the payment provider says of a session becomes the state of its booking, once.

The webhook, the return page and the checkout all call it; it is safe when repeated and when run twice at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from workshops.app.ports import (
    Changed,
    CheckoutSession,
    Limits,
    Message,
    MessageKind,
    Payment,
    SessionStatus,
    SoldOut,
    StoreUnavailable,
)
from workshops.domain.booking import Booking, BookingState
from workshops.domain.catalogue import UnknownRun
from workshops.domain.money import Pence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workshops.app.ports import Bookings, Now, Payments
    from workshops.domain.booking import Delegate, SessionId
    from workshops.domain.catalogue import Catalogue

TRIES = 8
"""How often a booking is read again when others change it meanwhile."""

MISMATCH = "mismatch"
"""The attention of a booking whose payment is not what was quoted."""


class Outcome(StrEnum):
    """What settling came to."""

    DONE = "done"
    NOTHING = "nothing to do"
    FOREIGN = "not ours"
    UNKNOWN = "no such booking"
    MISMATCH = "not what was quoted"


def settle(session: SessionId, *, bookings: Bookings, payments: Payments, catalogue: Catalogue, now: Now) -> Outcome:
    """Ask the payment provider about a session and carry its answer into the booking.

    Raises `UnknownSession`, `PaymentsUnavailable` and `StoreUnavailable`.
    """
    told = payments.retrieve(session)
    return carry_over(told, bookings=bookings, payments=payments, catalogue=catalogue, now=now)


def carry_over(
    session: CheckoutSession, *, bookings: Bookings, payments: Payments, catalogue: Catalogue, now: Now
) -> Outcome:
    """Carry a session, as the payment provider has just told it, into its booking. Raises `StoreUnavailable`."""
    if session.booking is None or session.site != payments.site or session.livemode is not payments.live:
        return Outcome.FOREIGN
    for _ in range(TRIES):
        booking = bookings.find(session.booking)
        if booking is None:
            return Outcome.UNKNOWN
        try:
            return _Settlement(session, booking, bookings, catalogue, now).carry_over()
        except Changed:
            continue
    raise StoreUnavailable("the booking kept changing")


def confirmations(booking: Booking, delegates: Iterable[Delegate]) -> list[Message]:
    """The messages that tell the delegates named that they are booked."""
    return [
        Message(booking.id, MessageKind.DELEGATE_CONFIRMATION, delegate.number)
        for delegate in delegates
        if delegate.named
    ]


# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Settlement:
    """One look at a session beside its booking."""

    session: CheckoutSession
    booking: Booking
    bookings: Bookings
    catalogue: Catalogue
    now: Now

    def carry_over(self) -> Outcome:
        match self.session.status:
            case SessionStatus.OPEN:
                return Outcome.NOTHING
            case SessionStatus.EXPIRED:
                return self._expired()
            case SessionStatus.COMPLETE:
                return self._complete()

    def _expired(self) -> Outcome:
        current = self.booking.session == self.session.id
        if self.booking.state is not BookingState.HELD or not current:
            return Outcome.NOTHING
        self.bookings.release(self.booking, at=self.now.machine)
        return Outcome.DONE

    def _complete(self) -> Outcome:
        if self.bookings.has_payment(self.booking.id, self._payment().id):
            return Outcome.NOTHING
        if self.session.amount_total != self.booking.quote.total.gross or self.session.currency != "gbp":
            return self._mismatch()
        return self._unpaid() if self.session.payment_status == "unpaid" else self._paid()

    def _mismatch(self) -> Outcome:
        if self.booking.attention != MISMATCH:
            self.bookings.flag(self.booking, MISMATCH, at=self.now.machine)
        return Outcome.MISMATCH

    def _unpaid(self) -> Outcome:
        at, state = self.now.machine, self.booking.state
        if self.session.payment_failed and state in {BookingState.HELD, BookingState.AWAITING_FUNDS}:
            self.bookings.release(self.booking, at=at)
        elif state is BookingState.HELD:
            self.bookings.await_funds(self.booking, self.session.id, at=at)
        else:
            return Outcome.NOTHING
        return Outcome.DONE

    def _paid(self) -> Outcome:
        payment, at = self._payment(), self.now.machine
        match self.booking.state:
            case BookingState.HELD | BookingState.AWAITING_FUNDS:
                self.bookings.confirm(self.booking, payment, self._messages(), at=at)
            case BookingState.EXPIRED:
                self._paid_late(payment)
            case _:
                self.bookings.record_second_payment(self.booking, payment, at=at)
        return Outcome.DONE

    def _paid_late(self, payment: Payment) -> None:
        at = self.now.machine
        try:
            self.bookings.reseat(self.booking, payment, self._messages(), limits=self._limits(), at=at)
        except (SoldOut, UnknownRun):  # no places left, or no such run on sale any more
            self.bookings.owe_refund(self.booking, payment, at=at)

    def _limits(self) -> Limits:
        workshop, run = self.catalogue.find(self.booking.workshop, self.booking.run)
        return Limits(run.capacity, {extra.id: extra.limit for extra in workshop.extras})

    def _messages(self) -> list[Message]:
        to_buyer = Message(self.booking.id, MessageKind.BUYER_CONFIRMATION)
        return [to_buyer, *confirmations(self.booking, self.booking.delegates)]

    def _payment(self) -> Payment:
        return Payment(
            id=self.session.payment or self.session.id,
            session=self.session.id,
            gross=Pence(self.session.amount_total),
            invoice=self.session.invoice,
            invoice_url=self.session.invoice_url,
        )
