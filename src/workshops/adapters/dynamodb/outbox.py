"""Messages due, as rows of the table: references only, rendered when they are sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from workshops.adapters.dynamodb.items import instant
from workshops.adapters.dynamodb.table import Refused, update
from workshops.app.confirmation import BeingSent
from workshops.app.ports import Message, MessageKind
from workshops.domain.booking import BookingId
from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from workshops.adapters.dynamodb.table import Table

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
    return {
        "pk": pk,
        "sk": sk,
        "state": PENDING,
        "run": run,
        "created": instant(at),
        "attention": DUE,
        "since": instant(at),
    }


class DynamoOutbox:
    """The `Outbox` port over one table; `at` is everywhere the machine clock's, and all raise `StoreUnavailable`.

    A mail goes out at least once. It goes out twice only where a mailer handed it over and then, before the row
    could say so, died, lost the table, or heard nothing from the mail service: its lease runs out and another
    mailer sends it again. That is preferred to a confirmation that never arrives.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, message: Message, *, at: datetime, lease: timedelta) -> bool:
        """Take a message until the lease runs out. False when there is none, or it is sent or failed.

        Raises `BeingSent` while another mailer's lease runs.
        """
        free = Attr("state").eq(PENDING) | (Attr("state").eq(SENDING) & Attr("lease_until").lte(instant(at)))
        taken = {"state": SENDING, "claimed": instant(at), "lease_until": instant(at + lease)}
        try:
            self._table.write(update(*outbox_key(message), when=free, change=taken))
        except Refused:
            return self._settled(message)
        return True

    def sent(self, message: Message, message_id: str, *, at: datetime) -> None:
        """Remember that a message went out and as what, whoever holds the lease by now."""
        told = {"state": SENT, "message_id": message_id, "sent": instant(at)}
        done = ("attention", "since", "claimed", "lease_until", "reason")
        self._table.write(update(*outbox_key(message), when=Attr("pk").exists(), change=told, remove=done))

    def put_back(self, message: Message, *, at: datetime) -> None:
        """End a lease now; `at` is the instant it was claimed at, so that another mailer's lease is left alone.

        The row stays `sending`: a row that becomes `pending` is put on the queue anew, where its message still is,
        and each attempt during an outage would double the queue.
        """
        ours = Attr("state").eq(SENDING) & Attr("claimed").eq(instant(at))
        try:
            self._table.write(update(*outbox_key(message), when=ours, change={"lease_until": instant(at)}))
        except Refused:
            return

    def failed(self, message: Message, reason: str, *, at: datetime) -> None:
        """Give a message up, for a person's attention; `reason` holds no personal data. One that is sent stays so."""
        told = {"state": FAILED, "reason": reason, "attention": GIVEN_UP, "since": instant(at)}
        unsent = Attr("state").is_in([PENDING, SENDING])
        try:
            self._table.write(update(*outbox_key(message), when=unsent, change=told, remove=("claimed", "lease_until")))
        except Refused:
            return

    # ---

    def _settled(self, message: Message) -> bool:
        row = self._table.get(*outbox_key(message))
        if row and row["state"] in {PENDING, SENDING}:
            raise BeingSent(message)
        return False


# ---------------------------------------------------------------------------------------------------------------------

_PARTITION = re.compile(r"OUTBOX#(?P<booking>[A-Za-z0-9_-]+)(?:#D(?P<delegate>0[1-9]|[1-9][0-9]))?")
_SORT = re.compile(rf"(?P<kind>{'|'.join(MessageKind)})#(?P<revision>[1-9][0-9]{{0,5}})")
