"""What the use cases need of the world outside, as Protocols; the adapters provide it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from workshops.domain.booking import Booking, BookingId, Delegate, PaymentRequest, SessionId
    from workshops.domain.money import Pence
    from workshops.domain.workshop import ExtraId, RunId, Slug


@dataclass(frozen=True, slots=True)
class Now:
    """One instant on two clocks, in UTC: `business` decides prices and states, `machine` expiry and signatures.

    In the cloud they are equal; `--as-of` moves the business clock on one machine.
    """

    business: datetime
    machine: datetime


FORM_REMEMBERED = timedelta(hours=24)
"""For so long the very same form leads back to the booking it made; later it is a new order."""


# --- bookings ---------------------------------------------------------------------------------------------------------


class SoldOut(WorkshopsError):
    """Fewer places (or extras) are left than were asked for."""

    def __init__(self, what: str, requested: int, left: int) -> None:
        super().__init__(f"{requested} of {what} requested, {left} left")
        self.what, self.requested, self.left = what, requested, left


class AlreadyHeld(WorkshopsError):
    """The same form, or another of the same buyer for the same run, holds places already."""

    def __init__(self, booking: BookingId | None) -> None:
        super().__init__(f"places are held already, by booking {booking}")
        self.booking = booking


class Changed(WorkshopsError):
    """The booking was changed by somebody else since it was read: read it again and decide anew."""

    def __init__(self, booking: BookingId) -> None:
        super().__init__(f"booking {booking} changed meanwhile")
        self.booking = booking


class StoreUnavailable(WorkshopsError):
    """The table cannot be reached or is throttled; nothing was written that was not answered for."""


class MessageKind(StrEnum):
    """What a message is about; with its recipient and revision it is the message's natural key."""

    BUYER_CONFIRMATION = "buyer_confirmation"
    DELEGATE_CONFIRMATION = "delegate_confirmation"


@dataclass(frozen=True, slots=True)
class Message:
    """A message due, by reference only: what it says is worked out when it is sent.

    `delegate` is the number of the delegate it goes to; None is the buyer. The same kind, recipient and revision is
    the same message, however often it is asked for.
    """

    booking: BookingId
    kind: MessageKind
    delegate: int | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a run can be sold, from the catalogue; None is no limit."""

    places: int | None
    extras: Mapping[ExtraId, int | None]


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that the payment provider took for a booking: gross pence, and the provider's own ids."""

    id: str
    session: SessionId
    gross: Pence
    invoice: str | None = None
    invoice_url: str | None = None


class Bookings(Protocol):
    """The register of bookings. Every method is one transaction; what it cannot do whole it does not do at all.

    All raise `StoreUnavailable`.
    """

    def hold(self, booking: Booking, *, limits: Limits, link: str, replaces: Sequence[BookingId], at: datetime) -> None:
        """Keep the places of a new booking, with its people, link (a SHA-256), form and audit entry.

        `replaces` are ended bookings whose claim to the form or the buyer's place it takes over.
        Raises `SoldOut` and `AlreadyHeld`.
        """

    def find(self, booking: BookingId) -> Booking | None:
        """The booking of that id."""

    def of_form(self, form: str) -> BookingId | None:
        """The booking that this very form last made."""

    def of_buyer(self, workshop: Slug, run: RunId, buyer_key: str) -> BookingId | None:
        """The booking that this buyer last made for the run."""

    def of_session(self, session: SessionId) -> BookingId | None:
        """The booking that a checkout session was opened for."""

    def of_link(self, link: str) -> BookingId | None:
        """The booking whose buyer was given the link of this SHA-256."""

    def session_opened(self, booking: Booking, session: SessionId, url: str) -> None:
        """Remember the payment page before anybody is sent there. Raises `Changed`."""

    def release(self, booking: Booking, *, at: datetime) -> None:
        """Give back the places of a booking that holds some. Raises `Changed`."""

    def await_funds(self, booking: Booking, session: SessionId, *, at: datetime) -> None:
        """Keep the places of a booking whose payment is on its way. Raises `Changed`."""

    def confirm(self, booking: Booking, payment: Payment, messages: Sequence[Message], *, at: datetime) -> None:
        """Sell the places held, with payment, messages and audit entry. Raises `Changed`."""

    def reseat(
        self, booking: Booking, payment: Payment, messages: Sequence[Message], *, limits: Limits, at: datetime
    ) -> None:
        """Sell places to a booking that had lost them. Raises `Changed` and `SoldOut`."""

    def owe_refund(self, booking: Booking, payment: Payment, *, at: datetime) -> None:
        """Record a payment that found no places left, for a person's attention. Raises `Changed`."""

    def record_second_payment(self, booking: Booking, payment: Payment, *, at: datetime) -> None:
        """Record a further payment for a booking already paid, for a person's attention. Raises `Changed`."""

    def has_payment(self, booking: BookingId, payment: str) -> bool:
        """Whether a payment of that id is in the booking's ledger."""

    def flag(self, booking: Booking, reason: str, *, at: datetime) -> None:
        """Put a booking under attention; `reason` holds no personal data. Raises `Changed`."""

    def name_delegates(
        self, booking: Booking, delegates: Sequence[Delegate], messages: Sequence[Message], *, at: datetime
    ) -> None:
        """Fill in names left for later, and write to those named. Raises `Changed`."""

    def past_due(self, workshop: Slug, run: RunId, before: datetime) -> Sequence[BookingId]:
        """Bookings of a run whose hold was to end before an instant of the machine clock."""

    def places_left(self, workshop: Slug, run: RunId, capacity: int | None, *, at: datetime) -> int | None:
        """Places that can be booked now, those of holds past their time included; None is no limit."""


# --- payments ---------------------------------------------------------------------------------------------------------


class PaymentsUnavailable(WorkshopsError):
    """The payment provider cannot be reached, is too slow, or fails; what we asked may have been done all the same."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the payment provider is unavailable: {why}")


class PaymentRefused(WorkshopsError):
    """The payment provider refuses what we ask: a fault of ours or of the set-up, never of the buyer."""


class RequestInProgress(WorkshopsError):
    """The very same request is being answered at this moment: ask again for its answer."""


class UnknownSession(WorkshopsError):
    """The payment provider knows no such checkout session."""

    def __init__(self, session: SessionId) -> None:
        super().__init__(f"the payment provider knows no checkout session {session}")
        self.session = session


class SessionStatus(StrEnum):
    """Stripe's checkout session status, verbatim."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A checkout session as the payment provider tells it now. Amounts are gross pence.

    `payment_failed` says that a payment under way came to nothing.
    """

    id: SessionId
    status: SessionStatus
    payment_status: str
    url: str | None
    amount_total: int
    currency: str
    livemode: bool
    booking: BookingId | None
    site: str | None
    payment: str | None = None
    payment_failed: bool = False
    invoice: str | None = None
    invoice_url: str | None = None


class Payments(Protocol):
    """The payment provider. All methods raise `PaymentsUnavailable`."""

    live: bool
    """Whether real money moves."""

    site: str
    """The name of this site in the metadata of whatever it makes there."""

    def prepare(self, booking: Booking, *, title: str, dates: str, page: str) -> PaymentRequest:
        """The exact request that would open a payment page for a booking; `page` is where a buyer goes back to.

        Raises `PaymentRefused` when the account is not set up for it.
        """

    def open(self, request: PaymentRequest) -> CheckoutSession:
        """Open a payment page, or find the one that this very request opened before.

        Raises `PaymentRefused` and `RequestInProgress`.
        """

    def retrieve(self, session: SessionId) -> CheckoutSession:
        """A session as it is now. Raises `UnknownSession`."""

    def expire(self, session: SessionId) -> CheckoutSession:
        """End an open session; one that has ended already is returned as it is. Raises `UnknownSession`."""


# --- mail -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a message."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Email:
    """A message ready to be sent. `tag` is the outbox id, in characters that SES allows."""

    to: str
    reply_to: str
    subject: str
    text: str
    html: str
    tag: str
    attachments: tuple[Attachment, ...] = ()


class MailUnavailable(WorkshopsError):
    """The mail service cannot take the message now; try again later."""


class MailRefused(WorkshopsError):
    """The mail service will never take this message."""


class Mail(Protocol):
    """The mail service."""

    def send(self, email: Email) -> str:
        """Hand over a message; its id at the service. Raises `MailUnavailable` and `MailRefused`."""


class Outbox(Protocol):
    """Messages due. A lease keeps two mailers from sending one message at once."""

    def claim(self, message: Message, *, at: datetime, lease: timedelta) -> bool:
        """Take a message that is pending, or whose lease has run out; False when it is another's, sent or failed."""

    def sent(self, message: Message, message_id: str, *, at: datetime) -> None:
        """Remember that a message went out, and as what."""

    def put_back(self, message: Message, *, at: datetime) -> None:
        """Give up a lease, so that the message is tried again."""

    def failed(self, message: Message, reason: str, *, at: datetime) -> None:
        """Give a message up, for a person's attention."""
