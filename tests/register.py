"""The whole register as it lies in the table, and whether it keeps the invariants of the data model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from workshops.domain.booking import HOLDING, BookingState, IllegalTransition, Step, after

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOLDS = {state.value for state in HOLDING}
SOLD = {BookingState.CONFIRMED.value}
CONFIRMING = {Step.PAY.value, Step.PAY_RESEATED.value}


@dataclass
class Register:
    """Every item of a table, read at one moment."""

    items: list[dict[str, Any]]

    @classmethod
    def of(cls, dynamodb: DynamoDBClient, table: str) -> Register:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        plain = TypeDeserializer().deserialize
        return cls([{key: plain(value) for key, value in item.items()} for page in pages for item in page["Items"]])

    def sorted_by(self, prefix: str) -> list[dict[str, Any]]:
        found = [item for item in self.items if item["sk"].startswith(prefix)]
        return sorted(found, key=lambda item: (item["pk"], item["sk"]))

    @property
    def bookings(self) -> list[dict[str, Any]]:
        return [item for item in self.items if item["sk"] == "B"]

    def states(self) -> list[str]:
        return sorted(booking["state"] for booking in self.bookings)

    def stock(self, run: str, sk: str = "STOCK") -> dict[str, int]:
        names = ("capacity", "spare", "held", "sold")
        item = next(item for item in self.items if (item["pk"], item["sk"]) == (f"RUN#{run}", sk))
        return {name: int(item[name]) for name in names if name in item}

    def outbox(self, booking: str) -> list[str]:
        rows = [item for item in self.items if item["pk"].startswith(f"OUTBOX#{booking}")]
        return sorted(f"{row['pk'].removeprefix(f'OUTBOX#{booking}')}{row['sk']}" for row in rows)

    def audit(self, booking: str) -> list[dict[str, Any]]:
        rows = [item for item in self.sorted_by("A#") if item["pk"] == f"BOOKING#{booking}"]
        return sorted(rows, key=lambda row: row["version"])

    def steps(self, booking: str) -> list[str]:
        return [row["sk"].split("#")[3] for row in self.audit(booking)]

    def payments(self, booking: str) -> list[str]:
        rows = [item for item in self.sorted_by("PAY#") if item["pk"] == f"BOOKING#{booking}"]
        return [row["sk"].removeprefix("PAY#") for row in rows]

    def faults(self) -> list[str]:
        """What is broken of the invariants, in sentences; nothing, when all is well."""
        return [*self._stock_faults(), *self._pointer_faults(), *self._story_faults()]

    # ---

    def _stock_faults(self) -> list[str]:
        stocks = [item for item in self.items if item["sk"] == "STOCK" or item["sk"].startswith("EXTRA#")]
        return [fault for stock in stocks for fault in self._faults_of(stock)]

    def _faults_of(self, stock: dict[str, Any]) -> list[str]:
        name, faults = f"{stock['pk']} {stock['sk']}", []
        if "capacity" in stock and stock["capacity"] != stock["spare"] + stock["held"] + stock["sold"]:
            faults.append(f"{name} does not add up")
        if min(stock["held"], stock["sold"], stock["spare"] if "capacity" in stock else 0) < 0:
            faults.append(f"{name} is below zero")
        if stock["held"] != self._taken(stock, HOLDS) or stock["sold"] != self._taken(stock, SOLD):
            faults.append(f"{name} is not what the bookings took")
        return faults

    def _taken(self, stock: dict[str, Any], states: set[str]) -> int:
        run = stock["pk"].removeprefix("RUN#")
        bookings = [one for one in self.bookings if one["run"] == run and one["state"] in states]
        if stock["sk"] == "STOCK":
            return sum(booking["seats"] for booking in bookings)
        lines = [line for booking in bookings for line in booking["quote"]["lines"]]
        return sum(line["quantity"] for line in lines if line["id"] == f"extra:{stock['sk'].removeprefix('EXTRA#')}")

    def _pointer_faults(self) -> list[str]:
        pointed = Counter((item["pk"], item["booking"], item["seats"]) for item in self.sorted_by("HOLD#"))
        held = [booking for booking in self.bookings if booking["state"] == BookingState.HELD]
        expected = Counter((f"RUN#{one['run']}", one["pk"].removeprefix("BOOKING#"), one["seats"]) for one in held)
        return [] if pointed == expected else [f"pointers {pointed} are not the held bookings {expected}"]

    def _story_faults(self) -> list[str]:
        return [fault for booking in self.bookings for fault in self._faults_of_story(booking)]

    def _faults_of_story(self, booking: dict[str, Any]) -> list[str]:
        number, faults = booking["pk"].removeprefix("BOOKING#"), []
        steps = self.steps(number)
        if _led_to(steps) != booking["state"]:
            faults.append(f"booking {number} is {booking['state']}, but its audit trail says {steps}")
        mails = [row for row in self.outbox(number) if row.startswith("buyer_confirmation")]
        if len(mails) != len(CONFIRMING & set(steps)):
            faults.append(f"booking {number} has the confirmations {mails}")
        return faults


# ---------------------------------------------------------------------------------------------------------------------


def _led_to(steps: list[str]) -> str | None:
    if not steps or steps[0] != "hold":
        return None
    state = BookingState.HELD
    try:
        for step in steps[1:]:
            state = after(state, Step(step)) if step in set(Step) else state
    except IllegalTransition:
        return None
    return state.value
