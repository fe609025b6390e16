"""The confirmation mail: from a message due to a message sent."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from workshops.app.links import link_token
from workshops.app.ports import Attachment, Email, MailRefused, MessageKind
from workshops.domain.booking import BookingState
from workshops.domain.errors import WorkshopsError
from workshops.formats.booking_mail import buyer_view, delegate_view, provider_view, run_view
from workshops.formats.ical import CONTENT_TYPE, Publisher, run_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workshops.app.ports import Bookings, Mail, Message, Now, Outbox
    from workshops.domain.booking import Booking, BookingId, Delegate
    from workshops.domain.catalogue import Catalogue

LEASE = timedelta(minutes=1)
"""How long one mailer has a message to itself: more than looking up, composing and handing over take at the slowest."""


class BeingSent(WorkshopsError):
    """Another mailer holds the message under a lease that still runs: look again later, for it may have died."""

    def __init__(self, message: Message) -> None:
        super().__init__(f"the {message.kind} of booking {message.booking} is being sent")
        self.message = message


class Obsolete(WorkshopsError):
    """There is no longer anybody to send the message to, or anything to confirm."""

    def __init__(self, booking: BookingId, reason: str) -> None:
        super().__init__(reason)
        self.booking, self.reason = booking, reason


class Outcome(StrEnum):
    """What became of a message."""

    SENT = "sent"
    SETTLED_BEFORE = "settled before"
    GIVEN_UP = "given up"


class Render(Protocol):
    """A template of the theme, by name, filled with a view."""

    def __call__(self, template: str, view: Mapping[str, Any]) -> str:
        """The text it makes."""


def send(
    message: Message,
    *,
    bookings: Bookings,
    outbox: Outbox,
    mail: Mail,
    compose: Callable[[Message, Booking], Email],
    now: Now,
) -> Outcome:
    """Send a message once, or give it up for a person's attention. Safe when repeated and when run twice at once.

    Raises `BeingSent`, and, the message put back to be tried again, `MailUnavailable`, `StoreUnavailable`,
    `UnknownRun` and whatever else `compose` anticipates.
    """
    if not outbox.claim(message, at=now.machine, lease=LEASE):
        return Outcome.SETTLED_BEFORE
    try:
        message_id = mail.send(compose(message, _confirmed(message, bookings)))
    except (MailRefused, Obsolete) as error:
        outbox.failed(message, str(error), at=now.machine)
        return Outcome.GIVEN_UP
    except WorkshopsError:
        outbox.put_back(message, at=now.machine)
        raise
    outbox.sent(message, message_id, at=now.machine)
    return Outcome.SENT


def confirmation(
    message: Message,
    booking: Booking,
    *,
    catalogue: Catalogue,
    render: Render,
    now: Now,
    site_url: str,
    secret: str,
) -> Email:
    """The mail that tells a buyer or a delegate of a confirmed booking, with the run's calendar entry.

    Raises `UnknownRun` and `Obsolete`.
    """
    workshop, run = catalogue.find(booking.workshop, booking.run)
    delegate = _delegate(message, booking)
    view = {
        "number": booking.id,
        "provider": provider_view(catalogue.provider, site_url),
        **run_view(workshop, run, site_url=site_url, whom="you" if delegate else "each delegate", at=now.business),
        **(delegate_view(delegate) if delegate else buyer_view(booking, run, _link(booking, site_url, secret))),
    }
    subject, text = _subject_and_text(render(f"emails/{message.kind}.txt", view))
    calendar = run_calendar(workshop, run, Publisher.of(catalogue.provider, site_url), stamp=now.business)
    return Email(
        to=_address(delegate, booking),
        reply_to=catalogue.provider.booking_email,
        subject=subject,
        text=text,
        html=render(f"emails/{message.kind}.html", view | {"subject": subject}),
        tag=tag(message),
        attachments=(Attachment(f"{workshop.slug}-{run.id}.ics", CONTENT_TYPE, calendar.encode()),),
    )


def tag(message: Message) -> str:
    """The message's natural key in the characters that SES allows in a tag: letters, digits, _ and -."""
    recipient = "buyer" if message.delegate is None else f"D{message.delegate:02}"
    return f"{message.booking}-{recipient}-{message.kind}-{message.revision}"


# ---------------------------------------------------------------------------------------------------------------------


def _confirmed(message: Message, bookings: Bookings) -> Booking:
    booking = bookings.find(message.booking)
    if booking is None:
        raise Obsolete(message.booking, "the booking is gone")
    if booking.state is not BookingState.CONFIRMED:
        raise Obsolete(message.booking, f"the booking is {booking.state}")
    return booking


def _delegate(message: Message, booking: Booking) -> Delegate | None:
    """Whom the message goes to; None is the buyer."""
    if message.kind is MessageKind.BUYER_CONFIRMATION:
        return None
    for delegate in booking.delegates:
        if delegate.number == message.delegate and delegate.named:
            return delegate
    raise Obsolete(booking.id, f"the booking has no named delegate {message.delegate}")


def _address(delegate: Delegate | None, booking: Booking) -> str:
    return delegate.email if delegate and delegate.email else booking.buyer.email


def _link(booking: Booking, site_url: str, secret: str) -> str:
    return f"{site_url}/booking/{link_token(secret, booking.id, booking.link_revision)}"


def _subject_and_text(rendered: str) -> tuple[str, str]:
    """A mail's text template begins with its subject, on a line of its own, and a blank line."""
    subject, _, text = rendered.partition("\n\n")
    return subject, text.strip() + "\n"
