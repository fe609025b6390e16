"""The engine's process: DynamoDB, SQS and SES by ministack on one loopback port, with a mailbox that forgets nothing.

ministack keeps of a sent message neither its attachments nor its headers, and nothing after a restart. So sends pass
through here: once the engine has accepted a message (it refuses unverified senders as SES does), the message is put
into the mailbox on the disk, and only then is the sender answered.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from workshops.local.mailbox import Envelope, Mailbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Scope = dict[str, Any]
    Message = dict[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_SEND_EMAIL = ("POST", "/v2/email/outbound-emails")


class WithMailbox:
    """An ASGI application in front of the engine's that keeps what `SendEmail` sent."""

    def __init__(self, engine: Application, mailbox: Mailbox) -> None:
        self._engine = engine
        self._mailbox = mailbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the engine's life span."""
        if (scope.get("method"), scope.get("path")) != _SEND_EMAIL:
            await self._engine(scope, receive, send)
            return
        body = await _body(receive)
        answer = await self._answer(scope, body)
        if answer.status == HTTPStatus.OK:
            raw, envelope = _sent(json.loads(body))
            self._mailbox.keep(raw, envelope, sent_at=datetime.now(UTC))
        for message in answer.messages:
            await send(message)

    async def _answer(self, scope: Scope, body: bytes) -> _Answer:
        answer = _Answer()
        await self._engine(scope, _replay(body), answer.keep)
        return answer


# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class _Answer:
    messages: list[Message] = field(default_factory=list)

    async def keep(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return next((message["status"] for message in self.messages if "status" in message), 0)


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _sent(request: dict[str, Any]) -> tuple[bytes, Envelope]:
    content = request.get("Content", {})
    destination = request.get("Destination", {})
    envelope = Envelope(*(tuple(destination.get(f"{kind}Addresses", ())) for kind in ("To", "Cc", "Bcc")))
    if "Raw" in content:
        return _decoded(content["Raw"].get("Data", "")), envelope
    return bytes(_composed(request, content.get("Simple", {}), envelope)), envelope


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return data.encode()


def _composed(request: dict[str, Any], simple: dict[str, Any], envelope: Envelope) -> EmailMessage:
    """A simple message as SES makes it; one sent from a stored template comes out without its body."""
    message = EmailMessage()
    message["From"] = request.get("FromEmailAddress", "")
    message["To"], message["Cc"] = ", ".join(envelope.to), ", ".join(envelope.cc)
    message["Reply-To"] = ", ".join(request.get("ReplyToAddresses", ()))
    message["Subject"] = simple.get("Subject", {}).get("Data", "")
    message.set_content(simple.get("Body", {}).get("Text", {}).get("Data", ""))
    if html := simple.get("Body", {}).get("Html", {}).get("Data"):
        message.add_alternative(html, subtype="html")
    return message


def _run() -> None:
    from ministack.app import app  # noqa: PLC0415 - it reads its environment and takes its time when imported

    arguments = _arguments()
    config = Config()
    config.bind = [f"127.0.0.1:{arguments.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    asyncio.run(serve(WithMailbox(app, Mailbox(arguments.mail)), config))  # type: ignore[arg-type] # plain dicts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mail", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    _run()
