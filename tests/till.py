"""The payment account of a test: the local payment double, with what a buyer, Stripe or ill luck does to it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

from workshops.adapters.stripe import client, set_up_tax_rates
from workshops.local.payment_double import PaymentDouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

KEY = "sk_test_example"


class Till:
    """One payment account. Its sessions are those of all the tests that share it."""

    def __init__(self, double: PaymentDouble) -> None:
        self.url = double.url
        self._host = double.url.removeprefix("http://")
        self.stripe = client(KEY, double.url)

    def pay(self, session: str, **how: Any) -> dict[str, Any]:
        """A buyer pays; `card` and `method` as the double's controls take them."""
        return self._ask("POST", f"sessions/{session}/pay", how)

    def settle(self, session: str, outcome: str) -> dict[str, Any]:
        """The bank's answer to a payment that takes days."""
        return self._ask("POST", f"sessions/{session}/settle", {"outcome": outcome})

    def expire(self, session: str) -> dict[str, Any]:
        return self._ask("POST", f"sessions/{session}/expire", {})

    def trouble(self, kind: str, operation: str = "checkout.sessions.create", **more: Any) -> None:
        """What goes wrong with the next calls; `calm` ends it."""
        self._ask("POST", "faults", {"kind": kind, "operation": operation, **more})

    def calm(self) -> None:
        self._ask("DELETE", "faults", None)

    @contextmanager
    def ahead(self, by: timedelta) -> Iterator[None]:
        """The account's clock runs so far ahead meanwhile."""
        self._ask("PUT", "clock", {"skew": int(by.total_seconds())})
        yield
        self._ask("PUT", "clock", {"skew": 0})

    def sessions(self) -> list[dict[str, Any]]:
        """Every session, the newest first."""
        found: list[dict[str, Any]] = self._ask("GET", "state", None)["sessions"]
        return found

    def sessions_of(self, booking: str) -> list[dict[str, Any]]:
        return [session for session in self.sessions() if session["metadata"].get("booking") == booking]

    def event(self, session: str, kind: str) -> bytes:
        """The newest event of that kind about a session, in the bytes that Stripe would send."""
        for event in self._ask("GET", "state", None)["events"]:
            if event["type"] == kind and event["data"]["object"]["id"] == session:
                told = {name: value for name, value in event.items() if name != "deliveries"}
                return json.dumps(told, indent=2, ensure_ascii=False).encode()
        raise LookupError(f"nothing was said of {kind} of {session}")

    def _ask(self, method: str, path: str, given: dict[str, Any] | None) -> Any:
        connection = HTTPConnection(self._host, timeout=10)
        connection.request(method, f"/_double/{path}", None if given is None else json.dumps(given))
        answer = connection.getresponse()
        told = json.load(answer)
        connection.close()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise LookupError(told)
        return told


@contextmanager
def a_till(folder: Path) -> Iterator[Till]:
    """A payment account that is set up for UK VAT."""
    with PaymentDouble(data=folder) as double:
        till = Till(double)
        set_up_tax_rates(till.stripe)
        yield till
