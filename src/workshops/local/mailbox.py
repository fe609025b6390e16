"""The local mailbox: every message that SES on this machine accepted, one file each, kept before it is answered for."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import secrets
from dataclasses import dataclass
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any, TypedDict

from workshops.local.files import write_private

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path


class Attachment(TypedDict):
    """A part of a message that is neither its text nor its HTML."""

    filename: str
    content_type: str
    base64: str


# `from` is a word of Python's own, so the field names are given as a mapping.
Mail = TypedDict(
    "Mail",
    {
        "to": list[str],
        "cc": list[str],
        "from": str,
        "reply_to": list[str],
        "subject": str,
        "text": str,
        "html": str,
        "headers": dict[str, str],
        "attachments": list[Attachment],
        "sent_at": str,
    },
)


@dataclass(frozen=True)
class Envelope:
    """Whom SES was told to send to; all empty when the message's own headers say so."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()


class Mailbox:
    """A folder with one file a message, named so that sorting them is sorting by time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, raw: bytes, envelope: Envelope, *, sent_at: datetime) -> None:
        """Store a message on the disk; `sent_at` is aware."""
        record = {
            "sent_at": sent_at.isoformat(timespec="milliseconds"),
            "envelope": {"to": envelope.to, "cc": envelope.cc, "bcc": envelope.bcc},
            "raw": base64.b64encode(raw).decode("ascii"),
        }
        write_private(self._folder / _file_name(sent_at), json.dumps(record) + "\n")

    def names(self) -> list[str]:
        """What `read` and `raw` know the messages by, oldest first."""
        return sorted(path.stem for path in self._folder.glob("[0-9]*.json"))

    def read(self, name: str) -> Mail:
        """One message, taken apart; `name` is one of `names()`."""
        record = self._record(name)
        return _mail(_parsed(_raw(record)), record["envelope"], record["sent_at"])

    def raw(self, name: str) -> bytes:
        """One message as it was sent, in MIME."""
        return _raw(self._record(name))

    def mails(self) -> list[Mail]:
        """Every message, taken apart, oldest first."""
        return [self.read(name) for name in self.names()]

    def _record(self, name: str) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self._folder / f"{name}.json").read_text("utf-8"))
        return record


# ---------------------------------------------------------------------------------------------------------------------


def _file_name(sent_at: datetime) -> str:
    microseconds = int(sent_at.timestamp() * 1_000_000)
    return f"{microseconds:020d}-{secrets.token_hex(4)}.json"


def _raw(record: dict[str, Any]) -> bytes:
    return base64.b64decode(record["raw"])


def _parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def _mail(message: EmailMessage, envelope: dict[str, list[str]], sent_at: str) -> Mail:
    text, html, others = _bodies([part for part in message.walk() if not part.is_multipart()])
    return {
        "to": envelope["to"] or _addresses(message, "To"),
        "cc": envelope["cc"] or _addresses(message, "Cc"),
        "from": str(message.get("From", "")),
        "reply_to": _addresses(message, "Reply-To"),
        "subject": str(message.get("Subject", "")),
        "text": text,
        "html": html,
        "headers": {name: str(value) for name, value in message.items()},
        "attachments": [_attachment(part, number) for number, part in enumerate(others, start=1)],
        "sent_at": sent_at,
    }


def _addresses(message: EmailMessage, header: str) -> list[str]:
    return [address for _, address in getaddresses([str(value) for value in message.get_all(header, [])])]


def _bodies(parts: list[EmailMessage]) -> tuple[str, str, list[EmailMessage]]:
    """The first text, the first HTML, and everything else."""
    inline = [part for part in parts if not part.is_attachment()]
    plain = next((part for part in inline if part.get_content_type() == "text/plain"), None)
    html = next((part for part in inline if part.get_content_type() == "text/html"), None)
    return _text(plain), _text(html), [part for part in parts if part is not plain and part is not html]


def _text(part: EmailMessage | None) -> str:
    if part is None:
        return ""
    written = _content(part).replace(b"\r\n", b"\n")
    try:
        return written.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return written.decode("utf-8", errors="replace")


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _attachment(part: EmailMessage, number: int) -> Attachment:
    return {
        "filename": part.get_filename() or f"part-{number}",
        "content_type": part.get_content_type(),
        "base64": base64.b64encode(_content(part)).decode("ascii"),
    }
