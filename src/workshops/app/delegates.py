"""Naming the delegates whom a buyer left for later."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from workshops.app.booking_form import Fields, read_delegates
from workshops.app.ports import Changed, StoreUnavailable
from workshops.app.settlement import confirmations
from workshops.domain.booking import BookingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workshops.app.ports import Bookings, Now
    from workshops.domain.booking import Booking, BookingId, Delegate

TRIES = 8

AT_ONCE = 40
"""Each delegate named takes a row and a message, and one DynamoDB transaction has room for 100 items."""


def name_delegates(booking_id: BookingId, fields: Fields, *, bookings: Bookings, now: Now) -> None:
    """Fill in the names that posted fields give, and write to those named.

    Posting the same again changes nothing: who is named stays named. Raises `FormRefused` and `StoreUnavailable`.
    """
    given: tuple[Delegate, ...] = ()
    for _ in range(TRIES):
        booking = bookings.find(booking_id)
        if booking is None or booking.state is not BookingState.CONFIRMED:
            return
        given = given or read_delegates(fields, booking.delegates)
        due = _unnamed(booking, given)[:AT_ONCE]
        if not due:
            return
        with suppress(Changed):  # somebody else named people meanwhile: see whom
            bookings.name_delegates(booking, due, confirmations(booking, due), at=now.machine)
    raise StoreUnavailable("the booking kept changing")


# ---------------------------------------------------------------------------------------------------------------------


def _unnamed(booking: Booking, given: Sequence[Delegate]) -> list[Delegate]:
    waiting = {delegate.number for delegate in booking.delegates if not delegate.named}
    return [delegate for delegate in given if delegate.number in waiting]
