"""The mail adapter: MIME that any reader understands, and SES's answers told apart."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as modern

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workshops.adapters.ses import SenderInvalid, SesMail, UnsafeHeader, client, mime, sender_of
from workshops.app.ports import Attachment, Email, MailRefused, MailUnavailable
from workshops.local.engine import aws_environment

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENDER = "Example Training <booking@training.example.org>"
ALLOWED_IN_TAGS = re.compile(r"[A-Za-z0-9_.@-]{1,256}")

unhurried = settings(deadline=None, max_examples=50)

not_allowed = st.sampled_from(
    [
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\x0b",
        "\x0c",
        "\x1e",
        "\x85",
        "\u2028",
        "\u2029",
        "\ud800",
        "=?utf-8?q?=0D=0ABcc:_x=40example.org?=",
    ]
)
header_text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300).map(
    lambda text: text.replace("=?", "")
)


def an_email(**changes) -> Email:
    example = {
        "to": "chris@example.police.uk",
        "reply_to": "booking@training.example.org",
        "subject": "Booking confirmed: Harmful Behaviour, 28 April 2026",
        "text": "Total £752.40\n",
        "html": "<p>Total £752.40</p>\n",
        "tag": "B7K2M9QX-buyer-buyer_confirmation-1",
        "attachments": (
            Attachment(
                "run.ics", "text/calendar; charset=utf-8; method=PUBLISH", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
            ),
        ),
    }
    return Email(**(example | changes))


def on_the_wire(email: Email, sender: str = SENDER) -> bytes:
    return mime(email, sender=sender_of(sender), at=AT).as_bytes()


def read(email: Email, sender: str = SENDER):
    return message_from_bytes(on_the_wire(email, sender), policy=modern)


def body(message, kind: str) -> str:
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


# --- the message ---


def test_the_message_is_text_with_an_html_alternative_and_then_the_calendar():
    message = read(an_email())

    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert body(message, "plain") == "Total £752.40\n"
    assert body(message, "html") == "<p>Total £752.40</p>\n"


def test_the_calendar_keeps_its_type_its_method_and_every_byte():
    (calendar,) = read(an_email()).iter_attachments()

    assert dict(calendar["Content-Type"].params) == {"charset": "utf-8", "method": "PUBLISH"}
    assert calendar.get_filename() == "run.ics"
    assert calendar.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def test_the_headers_say_from_whom_to_whom_when_and_that_a_machine_wrote_it():
    message = read(an_email())

    assert message["From"] == SENDER
    assert message["To"] == "chris@example.police.uk"
    assert message["Reply-To"] == "booking@training.example.org"
    assert message["Date"].datetime == AT
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_message_always_has_the_same_id():
    assert read(an_email())["Message-ID"] == "<B7K2M9QX-buyer-buyer_confirmation-1@training.example.org>"
    assert read(an_email())["Message-ID"] == read(an_email(text="Otherwise\n"))["Message-ID"]


@unhurried
@given(header_text)
@example("x" * 300)
def test_any_subject_that_a_header_can_hold_arrives_as_it_was_written(subject):
    written = " ".join(subject.split())
    message = read(an_email(subject=written))

    assert message["Subject"] == written
    assert list(message.keys()) == list(read(an_email()).keys())


@unhurried
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_was_written(text):
    lines = re.sub("\r\n?", "\n", text)

    assert body(read(an_email(text=text)), "plain") == (lines if lines.endswith("\n") else f"{lines}\n")


@unhurried
@given(header_text, st.text(st.characters(exclude_categories=["Cs"]), min_size=1000, max_size=3000))
def test_every_line_on_the_wire_is_short_and_in_ascii(words, long):
    raw = on_the_wire(an_email(subject=" ".join(words.split()), text=long, html=long))

    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


# --- what is refused ---


@pytest.mark.parametrize("field", ["to", "reply_to", "subject", "tag"])
@unhurried
@given(before=header_text, bad=not_allowed, after=header_text)
def test_no_header_can_be_made_to_begin_another(field, before, bad, after):
    with pytest.raises(UnsafeHeader):
        on_the_wire(an_email(**{field: f"{before}{bad}{after}"}))


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment("a\r\nBcc: x@example.org", "text/plain", b""),
        Attachment("a", "text/plain\r\nBcc: x@example.org", b""),
    ],
    ids=["file name", "content type"],
)
def test_nor_can_an_attachment(attachment):
    with pytest.raises(UnsafeHeader):
        on_the_wire(an_email(attachments=(attachment,)))


@pytest.mark.parametrize(
    "to", ["jürgen@example.org", "a@bücher.example", "a@b@c", "a, b@example.org", "Bob <b@example.org>", "", "@"]
)
def test_what_is_no_plain_address_is_refused_for_good(to):
    with pytest.raises(MailRefused) as refusal:
        on_the_wire(an_email(to=to))

    assert "example" not in str(refusal.value)


@pytest.mark.parametrize(
    "sender", ["", "nobody", "Name <>", "Näme <a@bücher.example>", "a@example.org\r\nBcc: b@example.org"]
)
def test_a_sender_that_is_no_address_is_a_fault_of_the_set_up(sender):
    with pytest.raises(SenderInvalid):
        SesMail(client, sender=sender, clock=lambda: AT)


def test_a_sender_may_have_a_name_with_commas_and_accents():
    message = read(an_email(), sender='"Zoë, Ltd" <booking@training.example.org>')

    assert [(box.display_name, box.addr_spec) for box in message["From"].addresses] == [
        ("Zoë, Ltd", "booking@training.example.org")
    ]


# --- what SES answers ---


class Answers:
    """SES at botocore's edge: the request is built and validated for real, then answered from here."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.requests = []
        self.error = error
        self.client = boto3.client(
            "sesv2",
            region_name="eu-west-2",
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-parameter-build.sesv2.SendEmail", self._note)
        self.client.meta.events.register("before-call.sesv2.SendEmail", self._answer)

    def _note(self, params, **_):
        self.requests.append(params)

    def _answer(self, **_):
        if self.error:
            raise self.error
        return type("Response", (), {"status_code": 200})(), {"MessageId": "ses-1"}

    def send(self, email: Email, **options) -> str:
        return SesMail(self.client, sender=SENDER, clock=lambda: AT, **options).send(email)


def refusal(code: str, words: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": words}}, "SendEmail")


def test_a_message_handed_over_returns_the_id_it_has_at_ses():
    assert Answers().send(an_email()) == "ses-1"


def test_the_recipient_the_tag_and_the_whole_message_go_to_ses():
    answers = Answers()
    answers.send(an_email(), configuration_set="transactional")
    (request,) = answers.requests

    assert request["Destination"] == {"ToAddresses": ["chris@example.police.uk"]}
    assert request["FromEmailAddress"] == "booking@training.example.org"
    assert request["ConfigurationSetName"] == "transactional"
    assert message_from_bytes(request["Content"]["Raw"]["Data"], policy=modern)["Subject"] == an_email().subject
    (tag,) = request["EmailTags"]
    assert ALLOWED_IN_TAGS.fullmatch(tag["Value"])


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException"),
        refusal("LimitExceededException"),
        refusal("SendingPausedException"),
        refusal("AccountSuspendedException"),
        refusal("MailFromDomainNotVerifiedException"),
        refusal("InternalFailure"),
        refusal("503"),
        refusal("AccessDeniedException"),
        refusal("MessageRejected", "Email address is not verified: booking@training.example.org"),
        ConnectTimeoutError(endpoint_url="https://email.example.org"),
        ReadTimeoutError(endpoint_url="https://email.example.org"),
    ],
    ids=lambda error: str(error)[:60],
)
def test_a_fault_of_the_moment_or_of_the_account_is_tried_again(error):
    with pytest.raises(MailUnavailable):
        Answers(error=error).send(an_email())


@pytest.mark.parametrize(
    "error",
    [
        refusal("MessageRejected", "Address is on the suppression list"),
        refusal("BadRequestException", "Illegal address"),
        refusal("MessageRejected", "Email address is not verified: Chris@Example.police.uk"),
    ],
)
def test_a_fault_of_the_recipient_is_final_and_names_nobody(error):
    with pytest.raises(MailRefused) as refused:
        Answers(error=error).send(an_email())

    assert "@" not in str(refused.value)


def test_the_client_waits_seconds_and_leaves_repetition_to_the_queue(monkeypatch):
    for name, value in aws_environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    client.cache_clear()
    config = client().meta.config

    assert (config.connect_timeout, config.read_timeout) == (2, 10)
    assert config.retries["total_max_attempts"] == 1
    client.cache_clear()
