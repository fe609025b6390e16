"""Ports held in memory. The contract suite of each port runs over these and over the real adapter."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workshops.app.confirmation import BeingSent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from workshops.app.ports import Email, Message
    from workshops.domain.booking import Booking, BookingId


@dataclass
class Row:
    state: str = "pending"
    claimed: datetime | None = None
    lease_until: datetime | None = None
    message_id: str | None = None
    reason: str | None = None


class OutboxInMemory:
    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self.rows: dict[Message, Row] = {message: Row() for message in messages}
        self._turn = threading.Lock()

    def claim(self, message: Message, *, at: datetime, lease: timedelta) -> bool:
        with self._turn:
            row = self.rows.get(message)
            if row is None or row.state in {"sent", "failed"}:
                return False
            if row.lease_until and row.lease_until > at:
                raise BeingSent(message)
            row.state, row.claimed, row.lease_until = "sending", at, at + lease
            return True

    def sent(self, message: Message, message_id: str, *, at: datetime) -> None:  # noqa: ARG002 - the port's
        self.rows[message] = Row("sent", message_id=message_id)

    def put_back(self, message: Message, *, at: datetime) -> None:
        row = self.rows[message]
        if row.state == "sending" and row.claimed == at:
            row.lease_until = at

    def failed(self, message: Message, reason: str, *, at: datetime) -> None:  # noqa: ARG002 - the port's
        if self.rows[message].state != "sent":
            self.rows[message] = Row("failed", reason=reason)


class BookingsInMemory:
    """The register, as far as a mailer reads it."""

    def __init__(self, *bookings: Booking) -> None:
        self._bookings = {booking.id: booking for booking in bookings}

    def find(self, booking: BookingId) -> Booking | None:
        return self._bookings.get(booking)


@dataclass
class MailInMemory:
    """Takes every message, but raises first whatever stands in `raises`."""

    sent: list[Email] = field(default_factory=list)
    raises: list[BaseException] = field(default_factory=list)

    def send(self, email: Email) -> str:
        if self.raises:
            raise self.raises.pop(0)
        self.sent.append(email)
        return f"mail-{len(self.sent)}"
