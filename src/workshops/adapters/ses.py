"""The `Mail` port over Amazon SES, API version 2: a raw MIME message, so that a calendar entry can go with it."""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from workshops.app.ports import MailRefused, MailUnavailable
from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_sesv2 import SESV2Client

    from workshops.app.ports import Attachment, Email

TAG = "outbox"
"""The name of the tag that bounces and complaints come back with."""


class UnsafeHeader(MailRefused):
    """A header's value holds a character that could begin another header, or that no header can carry."""

    def __init__(self, header: str) -> None:
        super().__init__(f"the {header} header holds a character that is not allowed in a header")
        self.header = header


class SenderInvalid(WorkshopsError):
    """The sender of all mail is no address: a fault of the set-up."""

    def __init__(self, sender: str) -> None:
        super().__init__(f'mail cannot come from {sender!r}: give an address, or "Name <address>"')
        self.sender = sender


@cache
def client() -> SESV2Client:
    """The process's client. One try of a few seconds: the queue tries again, and a try unheard may have been sent."""
    return boto3.Session().client(
        "sesv2",
        config=Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1}),
    )


class SesMail:
    """Mail from one sender, such as "Example Training <booking@example.org>", dated by the machine clock.

    Raises `SenderInvalid`.
    """

    def __init__(
        self,
        client: SESV2Client,
        *,
        sender: str,
        clock: Callable[[], datetime],
        configuration_set: str | None = None,
    ) -> None:
        self._client, self._sender, self._clock = client, sender_of(sender), clock
        self._optional: dict[str, Any] = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, email: Email) -> str:
        """Hand over a message; its id at SES. Raises `MailUnavailable` and `MailRefused`."""
        raw = mime(email, sender=self._sender, at=self._clock()).as_bytes()
        try:
            answer = self._client.send_email(
                FromEmailAddress=self._sender.addr_spec,
                Destination={"ToAddresses": [email.to]},
                Content={"Raw": {"Data": raw}},
                EmailTags=[{"Name": TAG, "Value": email.tag}],
                **self._optional,
            )
        except ClientError as error:
            raise _meaning(error, email.to) from error
        except BotoCoreError as error:
            raise MailUnavailable(type(error).__name__) from error
        return answer["MessageId"]


def sender_of(text: str) -> Address:
    """An address, perhaps with a name before it. Raises `SenderInvalid`."""
    try:
        name, address = parseaddr(_safe("From", text))
        return _mailbox("From", address, name)
    except UnsafeHeader as error:
        raise SenderInvalid(text) from error


def mime(email: Email, *, sender: Address, at: datetime) -> EmailMessage:
    """The message as it goes over the wire, every line of it short and in ASCII.

    Its Message-ID is made from the tag, so that the same message has the same one (SES puts its own in its place).
    Raises `UnsafeHeader`.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _mailbox("To", email.to)
    message["Reply-To"] = _mailbox("Reply-To", email.reply_to)
    message["Subject"] = _safe("Subject", email.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{_safe('Message-ID', email.tag)}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    for attachment in email.attachments:
        _attach(message, attachment)
    return message


# ---------------------------------------------------------------------------------------------------------------------

_NOT_IN_HEADERS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, lone surrogates, and line and paragraph separators."""

_ENCODED = "=?"
"""Begins an encoded word, which the standard library would decode, line breaks and all."""

_ADDRESS = re.compile(r"(?P<username>[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+)@(?P<domain>[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)")

_REFUSED = frozenset({"MessageRejected", "BadRequestException"})

_UNVERIFIED = "not verified"
"""SES says so of the sender, and, in its sandbox, of recipients, whom it then lists."""


def _safe(header: str, value: str) -> str:
    if _ENCODED in value or any(unicodedata.category(character) in _NOT_IN_HEADERS for character in value):
        raise UnsafeHeader(header)
    return value


def _mailbox(header: str, address: str, name: str = "") -> Address:
    """An address with perhaps a name. SES takes none outside ASCII: an international domain comes as punycode."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise UnsafeHeader(header)
    return Address(_safe(header, name), found["username"], found["domain"])


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    content_type: Any = SMTP.header_factory("Content-Type", _safe("Content-Type", attachment.content_type))
    message.add_attachment(
        attachment.content,
        maintype=content_type.maintype,
        subtype=content_type.subtype,
        params=dict(content_type.params),
        filename=_safe("Content-Disposition", attachment.filename),
    )


def _meaning(error: ClientError, to: str) -> MailRefused | MailUnavailable:
    """Refused is what no repetition can help. The words of SES are not kept: they name addresses."""
    code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "").casefold()
    if code not in _REFUSED or (_UNVERIFIED in words and to.casefold() not in words):
        return MailUnavailable(code)
    return MailRefused(code)
