"""The payment account as one transaction sees it: what an API call, a page or a timer works with."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workshops.local.payment_double import views
from workshops.local.payment_double.refusal import Json, MissingReference, NoSuchObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from workshops.local.payment_double.store import Transaction

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Origin:
    """The API request that caused an event; both empty when a person or a timer did."""

    request: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Desk:
    """One transaction with what it needs from outside.

    `now` is Stripe's clock and `machine_now` the machine's, both in seconds since 1970 UTC; `new_id` makes an
    id with a given prefix; `site` is the address of our pages, without a slash at its end.
    """

    tx: Transaction
    now: int
    machine_now: float
    new_id: Callable[[str], str]
    site: str
    origin: Origin = field(default_factory=Origin)

    def find(self, kind: str, identity: str) -> Json:
        """The object that a path names. Raises NoSuchObject."""
        body = self.tx.get(identity)
        if body is None or body["object"] != kind:
            raise NoSuchObject(kind, identity)
        return body

    def refer(self, kind: str, identity: str, param: str) -> Json:
        """The object that a parameter names. Raises MissingReference."""
        body = self.tx.get(identity)
        if body is None or body["object"] != kind:
            raise MissingReference(kind, identity, param=param)
        return body

    def announce(self, event_type: str, body: Json, previous: Json | None = None) -> None:
        """Records an event about an object as it now is, and queues it for each endpoint that wants its type."""
        data = {"object": views.snapshot(self.tx, body)} | (
            {"previous_attributes": previous} if previous is not None else {}
        )
        event: Json = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "request": {"id": self.origin.request, "idempotency_key": self.origin.idempotency_key},
            "type": event_type,
        }
        self.tx.put(event)
        for endpoint in reversed(list(self.tx.newest("webhook_endpoint"))):
            if endpoint["status"] == "enabled" and wants(endpoint["enabled_events"], event_type):
                self.tx.queue(event["id"], endpoint["id"], self.machine_now)


def wants(patterns: list[str], event_type: str) -> bool:
    """Whether a list such as `["checkout.session.*"]` or `["*"]` covers an event type."""
    return any(fnmatch.fnmatchcase(event_type, pattern) for pattern in patterns)
