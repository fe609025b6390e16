"""The mail function: a queue's batch in, a partial batch response out, over the real engine."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from icalendar import Calendar

from functions import send_mail, wiring
from tests.builders import AS_OF, SECRET, a_booking, a_provider, a_workshop
from workshops import settings as settings_module
from workshops.adapters import ses
from workshops.adapters.dynamodb import table as table_module
from workshops.adapters.dynamodb.items import booking_item, delegate_item
from workshops.adapters.dynamodb.outbox import outbox_item, outbox_key
from workshops.adapters.dynamodb.table import Table, put
from workshops.app.links import link_token
from workshops.app.ports import Message, MessageKind
from workshops.domain.booking import BookingState, Delegate
from workshops.formats.catalogue import catalogue_of, dump
from workshops.local.engine import aws_environment

MADE_ONCE = [
    settings_module.settings,
    table_module.client,
    ses.client,
    wiring.bookings,
    wiring._catalogue_file,
    send_mail._theme,
    send_mail._outbox,
    send_mail._mail,
]


@pytest.fixture
def table(aws, furniture):
    return Table(aws.dynamodb, furniture.table)


@pytest.fixture
def mails(engine, furniture):
    """What this test's sender has sent."""
    return lambda: [mail for mail in engine.mailbox.mails() if furniture.sender in mail["from"]]


@pytest.fixture(autouse=True)
def _environment(engine, furniture, tmp_path, monkeypatch):
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(dump(catalogue_of(a_provider(), [a_workshop()], None)), encoding="utf-8")
    environment = aws_environment(engine.url) | {
        "STRIPE_SECRET_KEY": "sk_test_none",
        "STRIPE_WEBHOOK_SECRETS": "whsec_none",
        "WORKSHOPS_SITE_URL": "https://training.example.org",
        "WORKSHOPS_TABLE": furniture.table,
        "WORKSHOPS_CATALOGUE": str(catalogue),
        "WORKSHOPS_MAIL_FROM": f"Example Training <{furniture.sender}>",
        "WORKSHOPS_MAIL_ORGANISER": furniture.sender,
        "WORKSHOPS_TOKEN_SECRET": SECRET,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    forget()


def forget() -> None:
    """As a cold start finds it."""
    for made in MADE_ONCE:
        made.cache_clear()


def sold(table: Table, **changes) -> list[Message]:
    """A booking in the table, with what settling puts into the outbox; its messages."""
    booking = a_booking(**changes)
    to_delegates = [
        Message(booking.id, MessageKind.DELEGATE_CONFIRMATION, one.number) for one in booking.delegates if one.named
    ]
    messages = [Message(booking.id, MessageKind.BUYER_CONFIRMATION), *to_delegates]
    table.write(
        put(booking_item(booking)),
        *(put(delegate_item(booking, one)) for one in booking.delegates),
        *(put(outbox_item(message, run="example/2026-04-28", at=AS_OF)) for message in messages),
    )
    return messages


def queued(message: Message) -> str:
    pk, sk = outbox_key(message)
    return json.dumps({"pk": pk, "sk": sk})


def handled(*bodies: str) -> list[str]:
    """The numbers of the records, from nought, that the function leaves to the queue."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    answer = send_mail.handler({"Records": records}, None)
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_buyer_and_each_delegate_get_a_mail_with_the_calendar(table, mails):
    messages = sold(table)

    assert handled(*map(queued, messages)) == []

    sent = mails()
    assert sorted(mail["to"][0] for mail in sent) == [
        "alex.1@example.police.uk",
        "chris@example.police.uk",
        "jo.3@example.police.uk",
        "sam.2@example.police.uk",
    ]
    for mail in sent:
        (attachment,) = mail["attachments"]
        assert attachment["content_type"] == "text/calendar"
        assert Calendar.from_ical(base64.b64decode(attachment["base64"])).walk("VEVENT")
        assert mail["reply_to"] == ["booking@training.example.org"]


def test_the_amounts_and_the_link_reach_the_buyers_mailbox(table, mails):
    (to_buyer, *_) = sold(table)
    handled(queued(to_buyer))

    (mail,) = mails()
    assert mail["subject"] == "Booking confirmed: Technology Assisted Harmful Sexual Behaviour, 28 April 2026"
    for part in (mail["text"], mail["html"]):
        assert {amount for amount in ("£627.00", "£125.40", "£752.40") if amount in part} == {
            "£627.00",
            "£125.40",
            "£752.40",
        }
        assert f"https://training.example.org/booking/{link_token(SECRET, to_buyer.booking, 1)}" in part


def test_names_in_any_script_arrive_whole(table, mails):
    (_, to_delegate) = sold(table, places=1, delegates=(Delegate(1, "Zoë שלום 👩🏽‍💻", "zoe@example.org"),))
    handled(queued(to_delegate))

    (mail,) = mails()
    assert "Dear Zoë שלום 👩🏽‍💻," in mail["text"]
    assert "Zoë שלום 👩🏽‍💻" in mail["html"]


def test_the_same_record_again_sends_nothing(table, mails):
    (to_buyer, *_) = sold(table)

    assert handled(queued(to_buyer), queued(to_buyer)) == []
    assert handled(queued(to_buyer)) == []
    assert len(mails()) == 1


def test_two_functions_at_once_send_each_message_once(table, mails):
    bodies = [queued(message) for message in sold(table)]

    with ThreadPoolExecutor(2) as functions:
        list(functions.map(lambda _: handled(*bodies), range(2)))

    assert len(mails()) == len(bodies)


def test_one_bad_record_does_not_stop_the_others(table, mails):
    (to_buyer, to_first, *_) = sold(table)
    broken = '{"pk": "OUTBOX#B7", "sk": "buyer_confirmation#x"}'

    assert handled(queued(to_buyer), broken, queued(to_first)) == ["1"]
    assert len(mails()) == 2


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "null", "3", "{}", '{"pk": 1, "sk": 2}', '{"pk": "chris@example.org"}']
)
def test_a_body_that_is_no_key_is_left_to_the_dead_letters_and_kept_out_of_the_log(body, caplog):
    assert handled(body) == ["0"]

    assert "queue message 0: Malformed" in caplog.text or "queue message 0: NoSuchMessage" in caplog.text
    assert "example.org" not in caplog.text


def test_a_message_for_a_cancelled_booking_is_dealt_with_and_not_sent(table, mails):
    (to_buyer, *_) = sold(table, state=BookingState.CANCELLED)

    assert handled(queued(to_buyer)) == []
    assert mails() == []
    assert table.get(*outbox_key(to_buyer))["attention"] == "mail_failed"


def test_with_the_mail_service_out_of_reach_the_record_is_left_and_follows_later(table, mails, monkeypatch):
    (to_buyer, *_) = sold(table)
    with monkeypatch.context() as outage:
        outage.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:9")
        forget()
        assert handled(queued(to_buyer)) == ["0"]

    forget()
    assert handled(queued(to_buyer)) == []
    assert len(mails()) == 1


def test_a_sender_that_ses_does_not_know_leaves_the_record_to_be_sent_later(table, monkeypatch):
    (to_buyer, *_) = sold(table)
    monkeypatch.setenv("WORKSHOPS_MAIL_FROM", "unknown@elsewhere.example.org")
    forget()

    assert handled(queued(to_buyer)) == ["0"]
    assert table.get(*outbox_key(to_buyer))["attention"] == "mail"


def test_a_fault_nobody_foresaw_fails_its_own_record_and_its_words_stay_out_of_the_log(
    table, tmp_path, monkeypatch, caplog
):
    (to_buyer, *_) = sold(table)
    templates = tmp_path / "theme" / "emails"
    templates.mkdir(parents=True)
    (templates / "buyer_confirmation.txt").write_text("{{ {}[name] }}", encoding="utf-8")
    monkeypatch.setenv("WORKSHOPS_THEME", str(tmp_path / "theme"))
    forget()

    assert handled(queued(to_buyer)) == ["0"]
    assert "queue message 0: UndefinedError in" in caplog.text
    assert "Chris" not in caplog.text


def test_what_is_logged_of_a_mail_sent_names_nobody(table, caplog):
    caplog.set_level(logging.INFO, logger="functions.send_mail")
    handled(*map(queued, sold(table)))

    logged = "\n".join(record.getMessage() for record in caplog.records if record.name == "functions.send_mail")
    assert "buyer_confirmation of booking B7K2M9QX, delegate None: sent" in logged
    assert not [word for word in ("@", "Chris", "Alex", "Constabulary") if word in logged]


def test_it_can_be_imported_with_no_environment_at_all():
    bare = {"PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", "import functions.send_mail"], env=bare, check=True, timeout=60)
