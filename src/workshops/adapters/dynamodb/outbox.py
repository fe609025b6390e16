"""Messages due, as rows of the table: references only, rendered when they are sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workshops.app.ports import Message, MessageKind
from workshops.domain.booking import BookingId
from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from datetime import datetime

PENDING, SENDING, SENT, FAILED = "pending", "sending", "sent", "failed"

DUE = "mail"
"""The attention of a row that is not sent yet: listed by its age, so that one that waits too long is seen."""

GIVEN_UP = "mail_failed"
"""The attention of a row that will not be sent."""


class NoSuchMessage(WorkshopsError):
    """A key that no message of ours has. The key is not told: it came from outside."""

    def __init__(self) -> None:
        super().__init__("this is not the key of an outbox row")


def outbox_key(message: Message) -> tuple[str, str]:
    """The partition and sort key of a message: what makes it the same message however often it is asked for."""
    recipient = "" if message.delegate is None else f"#D{message.delegate:02}"
    return f"OUTBOX#{message.booking}{recipient}", f"{message.kind}#{message.revision}"


def message_of(pk: str, sk: str) -> Message:
    """The message of a key. Raises `NoSuchMessage` for anything that `outbox_key` does not write."""
    partition, sort = _PARTITION.fullmatch(pk), _SORT.fullmatch(sk)
    if not partition or not sort:
        raise NoSuchMessage
    delegate = int(partition["delegate"]) if partition["delegate"] else None
    return Message(BookingId(partition["booking"]), MessageKind(sort["kind"]), delegate, int(sort["revision"]))


def outbox_item(message: Message, *, run: str, at: datetime) -> dict[str, Any]:
    """The row of a new message, for the transaction that makes it due. `run` is the reference of the run it is about.

    It holds no name and no address. The index `attention` lists it until it is sent.
    """
    pk, sk = outbox_key(message)
    instant = at.isoformat()
    return {
        "pk": pk,
        "sk": sk,
        "state": PENDING,
        "run": run,
        "created": instant,
        "attention": DUE,
        "since": instant,
    }


# ---------------------------------------------------------------------------------------------------------------------

_PARTITION = re.compile(r"OUTBOX#(?P<booking>[A-Za-z0-9_-]+)(?:#D(?P<delegate>0[1-9]|[1-9][0-9]))?")
_SORT = re.compile(rf"(?P<kind>{'|'.join(MessageKind)})#(?P<revision>[1-9][0-9]{{0,5}})")
