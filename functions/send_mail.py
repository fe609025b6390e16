"""Mail due, from the queue: each record's body is `{"pk": …, "sk": …}` of an outbox row.

Records that could not be dealt with are answered as failures of their own: the queue brings them again, and after
some tries puts them among the dead letters. Nothing logged here names a person.
"""

from __future__ import annotations

import json
import logging
import traceback
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions import wiring
from workshops.adapters.dynamodb.outbox import DynamoOutbox, message_of
from workshops.adapters.dynamodb.table import Table
from workshops.adapters.dynamodb.table import client as dynamodb
from workshops.adapters.ses import SesMail
from workshops.adapters.ses import client as ses
from workshops.app.confirmation import confirmation, send
from workshops.domain.errors import WorkshopsError
from workshops.settings import settings
from workshops.theme import environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jinja2 import Environment

    from workshops.app.confirmation import Outcome
    from workshops.app.ports import Message

log = logging.getLogger(__name__)


class Malformed(WorkshopsError):
    """A queue message that is not the key of an outbox row in JSON. What it is instead is not told."""

    def __init__(self) -> None:
        super().__init__("the body is not the key of an outbox row")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """AWS SQS event in, partial batch response out."""
    failed = [record["messageId"] for record in event["Records"] if not _dealt_with(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


# ---------------------------------------------------------------------------------------------------------------------


def _dealt_with(record: Mapping[str, Any]) -> bool:
    try:
        message = _message(record["body"])
        outcome = _sent(message)
    except WorkshopsError as error:
        log.error("queue message %s: %s: %s", record["messageId"], type(error).__name__, error)  # noqa: TRY400 - foreseen
        return False
    except Exception as error:  # noqa: BLE001 - a record that trips us up must not keep the others from being sent
        log.error("queue message %s: %s", record["messageId"], _where(error))  # noqa: TRY400 - its words may name people
        return False
    log.info("%s of booking %s, delegate %s: %s", message.kind, message.booking, message.delegate, outcome)
    return True


def _message(body: str) -> Message:
    try:
        key = json.loads(body)
        return message_of(key["pk"], key["sk"])
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed from error


def _sent(message: Message) -> Outcome:
    now = settings().now()
    compose = partial(
        confirmation,
        catalogue=wiring.catalogue(),
        render=_render,
        now=now,
        site_url=settings().site_url,
        secret=settings().token_secret,
    )
    return send(message, bookings=wiring.bookings(), outbox=_outbox(), mail=_mail(), compose=compose, now=now)


def _render(template: str, view: Mapping[str, Any]) -> str:
    return _theme().get_template(template).render(view)


@cache
def _theme() -> Environment:
    return environment(Path(settings().theme))


@cache
def _outbox() -> DynamoOutbox:
    return DynamoOutbox(Table(dynamodb(), settings().table))


@cache
def _mail() -> SesMail:
    return SesMail(ses(), sender=settings().mail_from, clock=_machine_clock)


def _machine_clock() -> datetime:
    return settings().now().machine


def _where(error: Exception) -> str:
    """The kind of an error and the place it arose, without its words."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, {Path(frame.filename).name}:{frame.lineno}"
