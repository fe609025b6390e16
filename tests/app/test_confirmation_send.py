"""Sending a message due: once, whatever happens, and what may happen twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import AS_OF, a_booking
from tests.fakes import BookingsInMemory, MailInMemory, OutboxInMemory
from workshops.app.confirmation import LEASE, BeingSent, Outcome, send
from workshops.app.ports import Email, MailRefused, MailUnavailable, Message, MessageKind, Now, StoreUnavailable
from workshops.domain.booking import BookingState
from workshops.domain.catalogue import UnknownRun

BOOKING = a_booking()
MESSAGE = Message(BOOKING.id, MessageKind.BUYER_CONFIRMATION)
AFTER_THE_LEASE = AS_OF + LEASE


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


def compose(message, booking) -> Email:
    return Email(booking.buyer.email, "r@example.org", "Subject", "text", "<p>html</p>", f"{message.booking}")


def unknown(_message, booking) -> Email:
    raise UnknownRun(booking.workshop, booking.run)


def sent_by(outbox, mail, *bookings, at=AS_OF, compose=compose):
    register = BookingsInMemory(*(bookings or (BOOKING,)))
    return send(MESSAGE, bookings=register, outbox=outbox, mail=mail, compose=compose, now=Now(at, at))


@pytest.fixture
def outbox():
    return OutboxInMemory([MESSAGE])


@pytest.fixture
def mail():
    return MailInMemory()


def test_a_message_due_is_sent_and_remembered_with_its_id(outbox, mail):
    assert sent_by(outbox, mail) is Outcome.SENT

    assert [email.to for email in mail.sent] == ["chris@example.police.uk"]
    assert outbox.rows[MESSAGE].message_id == "mail-1"


def test_a_message_sent_is_not_sent_again(outbox, mail):
    sent_by(outbox, mail)

    assert sent_by(outbox, mail, at=AFTER_THE_LEASE) is Outcome.SETTLED_BEFORE
    assert len(mail.sent) == 1


def test_of_many_mailers_at_once_one_sends(outbox, mail):
    def outcome(_):
        try:
            return sent_by(outbox, mail)
        except BeingSent:
            return None

    with ThreadPoolExecutor(8) as mailers:
        outcomes = list(mailers.map(outcome, range(8)))

    assert outcomes.count(Outcome.SENT) == 1
    assert len(mail.sent) == 1


def test_when_the_mail_service_is_down_the_message_is_put_back_and_follows(outbox, mail):
    mail.raises.append(MailUnavailable("TooManyRequestsException"))

    with pytest.raises(MailUnavailable):
        sent_by(outbox, mail)

    assert sent_by(outbox, mail, at=AS_OF + timedelta(seconds=1)) is Outcome.SENT


def test_a_message_that_the_mail_service_refuses_is_given_up_with_the_reason(outbox, mail):
    mail.raises.append(MailRefused("MessageRejected"))

    assert sent_by(outbox, mail) is Outcome.GIVEN_UP
    assert outbox.rows[MESSAGE].reason == "MessageRejected"
    assert sent_by(outbox, mail, at=AFTER_THE_LEASE) is Outcome.SETTLED_BEFORE
    assert mail.sent == []


@pytest.mark.parametrize("state", [state for state in BookingState if state is not BookingState.CONFIRMED])
def test_a_booking_that_is_no_longer_confirmed_is_not_confirmed_by_mail(outbox, mail, state):
    assert sent_by(outbox, mail, a_booking(state=state)) is Outcome.GIVEN_UP

    assert outbox.rows[MESSAGE].reason == f"the booking is {state.value}"
    assert mail.sent == []


def test_a_booking_that_is_gone_is_given_up(outbox, mail):
    assert sent_by(outbox, mail, a_booking(id="ANOTHER")) is Outcome.GIVEN_UP
    assert outbox.rows[MESSAGE].reason == "the booking is gone"


def test_a_run_that_the_catalogue_lost_is_tried_again_once_it_is_back(outbox, mail):
    with pytest.raises(UnknownRun):
        sent_by(outbox, mail, compose=unknown)

    assert sent_by(outbox, mail, at=AS_OF + timedelta(seconds=1)) is Outcome.SENT


# --- a crash at each step ---


def test_killed_after_the_claim_the_message_is_sent_once_when_the_lease_is_over(outbox, mail):
    mail.raises.append(Killed())
    with pytest.raises(Killed):
        sent_by(outbox, mail)

    with pytest.raises(BeingSent):
        sent_by(outbox, mail, at=AFTER_THE_LEASE - timedelta(seconds=1))
    assert sent_by(outbox, mail, at=AFTER_THE_LEASE) is Outcome.SENT
    assert len(mail.sent) == 1


class Forgetful(OutboxInMemory):
    """Cannot remember that a message went out, the first time."""

    def __init__(self, error: BaseException) -> None:
        super().__init__([MESSAGE])
        self.errors = [error]

    def sent(self, message, message_id, *, at):
        if self.errors:
            raise self.errors.pop()
        super().sent(message, message_id, at=at)


@pytest.mark.parametrize("error", [Killed(), StoreUnavailable("ThrottlingException")], ids=["killed", "table lost"])
def test_cut_off_between_handing_over_and_remembering_it_is_sent_twice_and_no_more(mail, error):
    outbox = Forgetful(error)
    with pytest.raises(type(error)):
        sent_by(outbox, mail)

    with pytest.raises(BeingSent):
        sent_by(outbox, mail, at=AFTER_THE_LEASE - timedelta(seconds=1))
    assert sent_by(outbox, mail, at=AFTER_THE_LEASE) is Outcome.SENT
    assert sent_by(outbox, mail, at=AFTER_THE_LEASE + LEASE) is Outcome.SETTLED_BEFORE
    assert len(mail.sent) == 2


def test_killed_after_remembering_nothing_is_sent_again(outbox, mail):
    sent_by(outbox, mail)

    assert sent_by(outbox, mail, at=AFTER_THE_LEASE) is Outcome.SETTLED_BEFORE
    assert len(mail.sent) == 1
