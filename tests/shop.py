"""The use cases put together as in production, over the real engine and the payment double, with clocks that can be moved."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.builders import AS_OF, SECRET, a_provider, a_workshop
from tests.forms import a_form
from tests.register import Register
from workshops.adapters.dynamodb.bookings import DynamoBookings
from workshops.adapters.dynamodb.table import Table
from workshops.adapters.stripe import StripePayments
from workshops.app import checkout, settlement
from workshops.app.booking_form import read_form
from workshops.app.ports import Now
from workshops.formats.catalogue import catalogue_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.till import Till
    from workshops.app.checkout import SendTo
    from workshops.app.settlement import Outcome
    from workshops.domain.booking import Booking
    from workshops.domain.workshop import Workshop

SITE = "https://training.example.org"
RETURN_PAGE = f"{SITE}/booking/return?session_id="


class Crash(BaseException):
    """The process ends here and now: nothing may catch it and clean up."""


class Shop:
    """A register, a payment account and a catalogue. `business` and `machine` move the clocks on."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, till: Till, *workshops: Workshop) -> None:
        self.dynamodb, self.table, self.till = dynamodb, table, till
        self.bookings: Any = DynamoBookings(Table(dynamodb, table))
        self.payments: Any = StripePayments(till.stripe, site_url=SITE, live=False)
        self.catalogue = catalogue_of(a_provider(), workshops or [a_workshop()], None)
        self.business = self.machine = timedelta(0)

    def sells(self, *workshops: Workshop) -> None:
        self.catalogue = catalogue_of(a_provider(), workshops, None)

    def now(self) -> Now:
        return Now(business=AS_OF + self.business, machine=datetime.now(UTC) + self.machine)

    def post(self, **changes: Any) -> SendTo:
        """A booking form is posted; where it leads."""
        form = a_form(**changes)
        workshop, run = self.catalogue.find(form["workshop"][-1], form["run"][-1])
        return checkout.start(
            request=read_form(form, workshop, run, self.catalogue.provider),
            catalogue=self.catalogue,
            bookings=self.bookings,
            payments=self.payments,
            now=self.now(),
            new_id=lambda: secrets.token_hex(5).upper(),
            secret=SECRET,
            site_url=SITE,
        )

    def settle(self, session: str) -> Outcome:
        return settlement.settle(session, **self._ports())  # type: ignore[arg-type]

    def carry_over(self, session: Any) -> Outcome:
        return settlement.carry_over(session, **self._ports())

    def whole(self) -> Register:
        return Register.of(self.dynamodb, self.table)

    def booking(self, number: int = -1) -> Booking:
        """The bookings in the order in which they were made; the newest unless told."""
        made = sorted(self.whole().bookings, key=lambda item: (item["made_at"], item["expires_at"], item["pk"]))
        found: Booking | None = self.bookings.find(made[number]["pk"].removeprefix("BOOKING#"))
        if found is None:
            raise LookupError(number)
        return found

    def held(self) -> Booking:
        """The one booking that holds places."""
        (item,) = [item for item in self.whole().bookings if item["state"] == "held"]
        found: Booking = self.bookings.find(item["pk"].removeprefix("BOOKING#"))
        return found

    def sessions(self) -> list[dict[str, Any]]:
        """What the payment account has of this register's bookings."""
        ours = {item["pk"].removeprefix("BOOKING#") for item in self.whole().bookings}
        return [session for session in self.till.sessions() if session["metadata"].get("booking") in ours]

    def open_sessions(self) -> list[str]:
        return [session["id"] for session in self.sessions() if session["status"] == "open"]

    def _ports(self) -> Mapping[str, Any]:
        return {
            "bookings": self.bookings,
            "payments": self.payments,
            "catalogue": self.catalogue,
            "now": self.now(),
        }


class Wrapped:
    """A port with something before or after some of its methods: `before` and `after` map a name to what is called."""

    def __init__(
        self, port: Any, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
    ) -> None:
        self._port, self._before, self._after = port, dict(before or {}), dict(after or {})

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in self._before and name not in self._after:
            return found

        def call(*given: Any, **more: Any) -> Any:
            self._before.get(name, _nothing)()
            answer = found(*given, **more)
            self._after.get(name, _nothing)()
            return answer

        return call


def crash() -> None:
    """For `Wrapped`: the process ends."""
    raise Crash


def _nothing() -> None:
    pass
