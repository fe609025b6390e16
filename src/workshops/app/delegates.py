"""Naming the delegates whom a buyer left for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.app.booking_form import Fields, read_delegates
from workshops.app.ports import Changed, StoreUnavailable
from workshops.app.settlement import confirmations
from workshops.domain.booking import BookingState

if TYPE_CHECKING:
    from workshops.app.ports import Bookings, Now
    from workshops.domain.booking import BookingId

TRIES = 4


def name_delegates(booking_id: BookingId, fields: Fields, *, bookings: Bookings, now: Now) -> None:
    """Fill in the names that posted fields give, and write to those named.

    Posting the same again changes nothing: who is named stays named. Raises `FormRefused` and `StoreUnavailable`.
    """
    for _ in range(TRIES):
        booking = bookings.find(booking_id)
        if booking is None or booking.state is not BookingState.CONFIRMED:
            return
        named = read_delegates(fields, booking.delegates)
        if not named:
            return
        try:
            bookings.name_delegates(booking, named, confirmations(booking, named), at=now.machine)
        except Changed:
            continue
        return
    raise StoreUnavailable("the booking kept changing")
