"""The outbox: its keys, and its port's contract over the table and in memory."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from boto3.dynamodb.conditions import Attr, Key
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import OutboxInMemory
from workshops.adapters.dynamodb.outbox import (
    DUE,
    GIVEN_UP,
    DynamoOutbox,
    NoSuchMessage,
    message_of,
    outbox_item,
    outbox_key,
)
from workshops.adapters.dynamodb.table import Table, put, update
from workshops.app.confirmation import BeingSent, tag
from workshops.app.ports import Message, MessageKind
from workshops.domain.booking import BookingId

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=1)
LATER = AT + LEASE
TO_BUYER = Message(BookingId("B7K2M9QX"), MessageKind.BUYER_CONFIRMATION)
TO_DELEGATE = Message(BookingId("B7K2M9QX"), MessageKind.DELEGATE_CONFIRMATION, 2)

messages = st.builds(
    Message,
    st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True),
    st.sampled_from(MessageKind),
    st.none() | st.integers(1, 60),
    st.integers(1, 999_999),
)


# --- keys ---


def test_a_message_to_the_buyer_stands_under_the_booking():
    assert outbox_key(TO_BUYER) == ("OUTBOX#B7K2M9QX", "buyer_confirmation#1")


def test_a_message_to_a_delegate_stands_under_the_delegate():
    assert outbox_key(TO_DELEGATE) == ("OUTBOX#B7K2M9QX#D02", "delegate_confirmation#1")


@settings(deadline=None)
@given(messages)
def test_a_key_tells_its_message(message):
    assert message_of(*outbox_key(message)) == message


@settings(deadline=None)
@given(messages, messages)
def test_tags_are_of_one_message_and_in_the_characters_that_ses_allows(one, other):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", tag(one))
    assert (tag(one) == tag(other)) is (one == other)


@pytest.mark.parametrize(
    ("pk", "sk"),
    [
        ("BOOKING#B7K2M9QX", "buyer_confirmation#1"),
        ("OUTBOX#", "buyer_confirmation#1"),
        ("OUTBOX#B7#D0", "delegate_confirmation#1"),
        ("OUTBOX#B7#D00", "delegate_confirmation#1"),
        ("OUTBOX#B7#D1", "delegate_confirmation#1"),
        ("OUTBOX#B7#D01#x", "delegate_confirmation#1"),
        ("OUTBOX#B7\n", "buyer_confirmation#1"),
        ("OUTBOX#B7", "buyer_confirmation#01"),
        ("OUTBOX#B7", "buyer_confirmation#0"),
        ("OUTBOX#B7", "buyer_confirmation#1\n"),
        ("OUTBOX#B7", "something_else#1"),
        ("OUTBOX#B7", ""),
    ],
)
def test_what_is_no_key_of_ours_is_refused(pk, sk):
    with pytest.raises(NoSuchMessage):
        message_of(pk, sk)


def test_a_row_holds_references_only():
    assert outbox_item(TO_BUYER, run="example/2026-04-28", at=AT) == {
        "pk": "OUTBOX#B7K2M9QX",
        "sk": "buyer_confirmation#1",
        "state": "pending",
        "run": "example/2026-04-28",
        "created": "2026-03-02T09:00:00.000000+00:00",
        "attention": "mail",
        "since": "2026-03-02T09:00:00.000000+00:00",
    }


# --- the port's contract ---


@pytest.fixture
def table(aws, furniture):
    return Table(aws.dynamodb, furniture.table)


@pytest.fixture(params=["in memory", "in the table"])
def outbox(request):
    """An outbox in which the message to the buyer is due."""
    if request.param == "in memory":
        return OutboxInMemory([TO_BUYER])
    table = request.getfixturevalue("table")
    table.write(put(outbox_item(TO_BUYER, run="example/2026-04-28", at=AT)))
    return DynamoOutbox(table)


def test_a_message_due_is_claimed_by_one_mailer(outbox):
    assert outbox.claim(TO_BUYER, at=AT, lease=LEASE)

    with pytest.raises(BeingSent):
        outbox.claim(TO_BUYER, at=LATER - timedelta(microseconds=1), lease=LEASE)


def test_a_claim_whose_lease_has_run_out_is_free_for_another(outbox):
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)

    assert outbox.claim(TO_BUYER, at=LATER, lease=LEASE)


def test_a_message_sent_is_claimed_by_nobody(outbox):
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.sent(TO_BUYER, "ses-1", at=AT)

    assert not outbox.claim(TO_BUYER, at=LATER, lease=LEASE)


def test_a_message_given_up_is_claimed_by_nobody(outbox):
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.failed(TO_BUYER, "MessageRejected", at=AT)

    assert not outbox.claim(TO_BUYER, at=LATER, lease=LEASE)


def test_a_message_put_back_can_be_claimed_at_once(outbox):
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.put_back(TO_BUYER, at=AT)

    assert outbox.claim(TO_BUYER, at=AT + timedelta(seconds=1), lease=LEASE)


def test_a_mailer_overtaken_does_not_put_back_what_another_has_claimed(outbox):
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.claim(TO_BUYER, at=LATER, lease=LEASE)
    outbox.put_back(TO_BUYER, at=AT)

    with pytest.raises(BeingSent):
        outbox.claim(TO_BUYER, at=LATER, lease=LEASE)


def test_a_mailer_overtaken_does_not_give_up_what_another_has_sent(outbox):
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.claim(TO_BUYER, at=LATER, lease=LEASE)
    outbox.sent(TO_BUYER, "ses-1", at=LATER)
    outbox.failed(TO_BUYER, "MessageRejected", at=AT)
    outbox.put_back(TO_BUYER, at=LATER)

    assert not outbox.claim(TO_BUYER, at=LATER + LEASE, lease=LEASE)


def test_a_message_that_was_never_due_is_nobodys(outbox):
    assert not outbox.claim(TO_DELEGATE, at=AT, lease=LEASE)


# --- the rows ---


def due(table: Table, *, attention: str = DUE) -> list[str]:
    return [row["pk"] for row in table.query(Key("attention").eq(attention), index="attention")]


def test_what_is_due_is_listed_oldest_first_until_it_is_sent(table):
    table.write(put(outbox_item(TO_BUYER, run="example/2026-04-28", at=LATER)))
    table.write(put(outbox_item(TO_DELEGATE, run="example/2026-04-28", at=AT)))
    outbox = DynamoOutbox(table)
    assert due(table) == ["OUTBOX#B7K2M9QX#D02", "OUTBOX#B7K2M9QX"]

    outbox.claim(TO_DELEGATE, at=AT, lease=LEASE)
    assert due(table) == ["OUTBOX#B7K2M9QX#D02", "OUTBOX#B7K2M9QX"]

    outbox.sent(TO_DELEGATE, "ses-1", at=AT)
    assert due(table) == ["OUTBOX#B7K2M9QX"]


def test_a_row_that_is_sent_says_as_what_and_when(table):
    table.write(put(outbox_item(TO_BUYER, run="example/2026-04-28", at=AT)))
    outbox = DynamoOutbox(table)
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.sent(TO_BUYER, "ses-1", at=LATER)

    assert table.get(*outbox_key(TO_BUYER)) == {
        "pk": "OUTBOX#B7K2M9QX",
        "sk": "buyer_confirmation#1",
        "state": "sent",
        "run": "example/2026-04-28",
        "created": "2026-03-02T09:00:00.000000+00:00",
        "message_id": "ses-1",
        "sent": "2026-03-02T09:01:00.000000+00:00",
    }


def test_a_row_that_is_given_up_is_listed_with_its_reason(table):
    table.write(put(outbox_item(TO_BUYER, run="example/2026-04-28", at=AT)))
    outbox = DynamoOutbox(table)
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.failed(TO_BUYER, "MessageRejected", at=LATER)

    assert due(table) == []
    assert due(table, attention=GIVEN_UP) == ["OUTBOX#B7K2M9QX"]
    assert table.get(*outbox_key(TO_BUYER))["reason"] == "MessageRejected"


def test_putting_back_does_not_make_the_row_pending_which_would_queue_it_anew(table):
    table.write(put(outbox_item(TO_BUYER, run="example/2026-04-28", at=AT)))
    outbox = DynamoOutbox(table)
    outbox.claim(TO_BUYER, at=AT, lease=LEASE)
    outbox.put_back(TO_BUYER, at=AT)

    assert table.get(*outbox_key(TO_BUYER))["state"] == "sending"


# --- the race ---


def claims_of_twelve_at_once(outbox) -> int:
    def claimed(_) -> bool:
        try:
            return outbox.claim(TO_BUYER, at=AT, lease=LEASE)
        except BeingSent:
            return False

    with ThreadPoolExecutor(12) as mailers:
        return sum(mailers.map(claimed, range(12)))


class UnguardedOutbox(DynamoOutbox):
    """As it would be without its condition."""

    def claim(self, message: Message, *, at: datetime, lease: timedelta) -> bool:
        change = {"state": "sending", "lease_until": (at + lease).isoformat()}
        self._table.write(update(*outbox_key(message), when=Attr("pk").exists(), change=change))
        return True


def test_of_twelve_mailers_at_once_one_has_the_message(outbox):
    assert claims_of_twelve_at_once(outbox) == 1


def test_without_the_condition_several_would(table):
    table.write(put(outbox_item(TO_BUYER, run="example/2026-04-28", at=AT)))

    assert claims_of_twelve_at_once(UnguardedOutbox(table)) > 1
