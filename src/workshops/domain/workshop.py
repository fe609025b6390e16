"""Workshops, their runs and rates, and the state a run is in as of an instant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.domain.moment import Moment
    from workshops.domain.money import BasisPoints, Pence
    from workshops.domain.vat import VatRate

Slug = NewType("Slug", str)
RunId = NewType("RunId", str)
RateId = NewType("RateId", str)
ExtraId = NewType("ExtraId", str)

MOST_PLACES_A_BOOKING = 60
"""One booking's items must fit one DynamoDB transaction of 100."""

FEW_AT_MOST = 5
"""So many places left are few, however large the room."""


class UnknownRate(WorkshopsError):
    """A run has no rate of that id."""

    def __init__(self, run: RunId, rate: str) -> None:
        super().__init__(f"run {run} has no rate {rate!r}")
        self.run, self.rate = run, rate


class UnknownExtra(WorkshopsError):
    """A workshop has no extra of that id."""

    def __init__(self, workshop: Slug, extra: str) -> None:
        super().__init__(f"workshop {workshop} has no extra {extra!r}")
        self.workshop, self.extra = workshop, extra


class EventStatus(StrEnum):
    """What the organiser says of a run; schema.org EventStatusType and `tentative`."""

    SCHEDULED = "scheduled"
    TENTATIVE = "tentative"
    POSTPONED = "postponed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """What a run is to somebody who would book it, in the words every page, mail and function uses."""

    NOT_YET_OPEN = "not yet open"
    OPEN = "open"
    FEW_PLACES = "few places"
    FULL = "full"
    CLOSED = "closed"
    PAST = "past"
    TENTATIVE = "tentative"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


BOOKABLE = frozenset({RunState.OPEN, RunState.FEW_PLACES, RunState.TENTATIVE})
"""States that take bookings; a tentative run takes them by purchase order only."""


class Per(StrEnum):
    """What one unit of a rate buys."""

    DELEGATE = "delegate"
    ORGANISATION = "organisation"


class DeliveryMode(StrEnum):
    """Where a workshop is held; schema.org EventAttendanceModeEnumeration."""

    ONLINE = "online"
    IN_PERSON = "in-person"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class EarlyPrice:
    """A lower net price in pence, in force through `until`."""

    net: Pence
    until: Moment


@dataclass(frozen=True, slots=True)
class Rate:
    """schema.org Offer: a net price in pence a delegate, or an organisation's for up to `covers` people."""

    id: RateId
    name: str
    net: Pence
    who: str | None = None
    early: EarlyPrice | None = None
    per: Per = Per.DELEGATE
    covers: int | None = None


@dataclass(frozen=True, slots=True)
class GroupDiscount:
    """From so many delegates on, so many basis points off."""

    at_least: int
    off: BasisPoints


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional addition, net pence each, with its own VAT and perhaps a limit a run."""

    id: ExtraId
    name: str
    net: Pence
    vat: VatRate
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a run, in wall time."""

    starts: Moment
    ends: Moment


@dataclass(frozen=True, slots=True)
class Venue:
    """Where people meet."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a workshop reaches its delegates."""

    mode: DeliveryMode
    platform: str | None = None
    venue: Venue | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something each delegate is asked after payment; answers are kept for `keep_days` after the run."""

    id: str
    label: str
    kind: str
    keep_days: int


@dataclass(frozen=True, slots=True)
class Run:
    """schema.org CourseInstance: one dated occurrence. A capacity of None has no limit."""

    id: RunId
    days: tuple[Day, ...]
    timezone: str
    rates: tuple[Rate, ...]
    capacity: int | None = None
    status: EventStatus = EventStatus.SCHEDULED
    previously: Moment | None = None
    opens: Moment | None = None
    closes: Moment | None = None
    joining_days_before: int = 7
    max_per_booking: int = 20

    @property
    def starts(self) -> Moment:
        """When the first day starts."""
        return self.days[0].starts

    @property
    def ends(self) -> Moment:
        """When the last day ends."""
        return self.days[-1].ends

    def rate(self, rate_id: str) -> Rate:
        """The rate of that id. Raises `UnknownRate`."""
        for rate in self.rates:
            if rate.id == rate_id:
                return rate
        raise UnknownRate(self.id, rate_id)

    def opens_at(self) -> datetime | None:
        """When booking opens, in UTC; None is always."""
        return self.opens.first_instant() if self.opens else None

    def closes_at(self) -> datetime:
        """When booking closes, in UTC: as written, or when the run starts."""
        return self.closes.end_instant() if self.closes else self.starts.first_instant()


@dataclass(frozen=True, slots=True)
class Workshop:
    """schema.org Course: what can be booked, as the catalogue knows it.

    An archived one is offered no longer, but is still known, for the sake of those who have booked it.
    """

    slug: Slug
    title: str
    vat: VatRate
    delivery: Delivery
    runs: tuple[Run, ...]
    group_discounts: tuple[GroupDiscount, ...] = ()
    extras: tuple[Extra, ...] = ()
    questions: tuple[Question, ...] = ()
    archived: bool = False

    def run(self, run_id: str) -> Run | None:
        """The run of that id, or None."""
        return next((run for run in self.runs if run.id == run_id), None)

    def extra(self, extra_id: str) -> Extra:
        """The extra of that id. Raises `UnknownExtra`."""
        for extra in self.extras:
            if extra.id == extra_id:
                return extra
        raise UnknownExtra(self.slug, extra_id)


def state_of(run: Run, at: datetime, places_left: int | None = None) -> RunState:
    """The state of a run as of an instant, given the places left where they are known (None: not known, or no limit).

    One function for every page, calendar, function and mail; content-model.md, "States of a run".
    """
    if run.status in _STATED:
        return _STATED[run.status]
    if at >= run.ends.end_instant():
        return RunState.PAST
    if at >= run.closes_at():
        return RunState.CLOSED
    opens_at = run.opens_at()
    if opens_at and at < opens_at:
        return RunState.NOT_YET_OPEN
    return _by_places(run, places_left)


def state_on_offer(workshop: Workshop, run: Run, at: datetime, places_left: int | None = None) -> RunState:
    """The state of a run to somebody who would book it: of an archived workshop nothing is open any more."""
    state = state_of(run, at, places_left)
    return RunState.CLOSED if workshop.archived and state in _OPENABLE else state


def places_most(run: Run, rate: Rate) -> int:
    """The most places one booking may take at a rate."""
    return rate.covers if rate.covers is not None else run.max_per_booking


# ---------------------------------------------------------------------------------------------------------------------

_OPENABLE = BOOKABLE | {RunState.NOT_YET_OPEN, RunState.FULL}

_STATED = {EventStatus.CANCELLED: RunState.CANCELLED, EventStatus.POSTPONED: RunState.POSTPONED}


def _by_places(run: Run, left: int | None) -> RunState:
    if left is not None and left <= 0:
        return RunState.FULL
    if run.status is EventStatus.TENTATIVE:
        return RunState.TENTATIVE
    if left is not None and _few(left, run.capacity):
        return RunState.FEW_PLACES
    return RunState.OPEN


def _few(left: int, capacity: int | None) -> bool:
    return left <= FEW_AT_MOST or (capacity is not None and left * 10 <= capacity)
