"""What must agree within one file."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from workshops.domain.errors import WorkshopsError
from workshops.domain.moment import Moment, in_daylight_saving_gap
from workshops.site.nodes import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workshops.site.nodes import Loc
    from workshops.site.schema import CancellationFields, DiscountFields, RateFields, RunFields, WorkshopFields

UNWRITTEN = "To be written"
"""How a new draft's placeholders begin; a published workshop may not keep them."""


class Conflict(WorkshopsError):
    """Values that are each sound and do not agree; `{self}` in the sentence is the place that `loc` starts from."""

    def __init__(self, loc: Loc, sentence: str) -> None:
        super().__init__(sentence)
        self.loc, self.sentence = loc, sentence


class Conflicts(WorkshopsError, ValueError):
    """Every conflict within one place."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("; ".join(map(str, conflicts)))
        self.conflicts = tuple(conflicts)


Anything = TypeVar("Anything")


class Dated(NamedTuple):
    """A day of a run and where it is written; `ends` is None where it is left out."""

    loc: Loc
    starts: Moment
    ends: Moment | None

    @property
    def last(self) -> Moment:
        """When the day ends: as written, or with its date."""
        return self.ends or Moment(self.starts.day)


def agreeing(value: Anything, conflicts: Iterable[Conflict]) -> Anything:
    """The value, where nothing conflicts. Raises `Conflicts`."""
    if found := tuple(conflicts):
        raise Conflicts(found)
    return value


def in_zone(when: Moment, zone: str) -> Moment:
    """The same wall time in a zone."""
    return when if zone == when.zone else Moment(when.day, when.time, zone)


def repeated(names: tuple[str, ...]) -> Iterator[Conflict]:
    """Names that stand in a list twice."""
    for place, name in enumerate(names):
        if (earlier := names.index(name)) != place:
            yield Conflict((place,), f"{{self}}[{place}] is the same as {{self}}[{earlier}]: {name}")


def repeated_ids(ids: tuple[str, ...]) -> Iterator[Conflict]:
    """Ids that are given twice."""
    for place, name in enumerate(ids):
        if (earlier := ids.index(name)) != place:
            yield Conflict((place, "id"), f"{{self}}[{place}].id is the same as {{self}}[{earlier}].id: {name}")


def falling_tiers(tiers: tuple[DiscountFields, ...]) -> Iterator[Conflict]:
    """Group discounts that do not rise, in number and in percent."""
    for place, (lower, upper) in enumerate(pairwise(tiers), start=1):
        if upper.at_least <= lower.at_least:
            yield Conflict((place, "from"), f"{{self}}[{place}].from is not above {{self}}[{place - 1}].from")
        elif upper.percent <= lower.percent:
            yield Conflict((place, "percent"), f"{{self}}[{place}].percent is not above {{self}}[{place - 1}].percent")


def lengthening_terms(terms: tuple[CancellationFields, ...]) -> Iterator[Conflict]:
    """Cancellation terms that do not go from the longest notice to the shortest, or give more back for less."""
    for place, (longer, shorter) in enumerate(pairwise(terms), start=1):
        here, there = f"{{self}}[{place}]", f"{{self}}[{place - 1}]"
        if _calendar_days(shorter) >= _calendar_days(longer):
            yield Conflict((place, "notice"), f"{here}.notice is not shorter than {there}.notice")
        elif shorter.refund > longer.refund:
            yield Conflict((place, "refund"), f"{here}.refund is above {there}.refund")


def picture_unsaid(image: str | None, alt: str | None) -> Iterator[Conflict]:
    """A picture without words, or words without a picture."""
    if image and not alt:
        yield Conflict(("image",), "image_alt is missing: say what the picture shows")
    if alt and not image:
        yield Conflict(("image_alt",), "image is missing: name the picture that image_alt tells of")


def unwritten(workshop: WorkshopFields) -> Iterator[Conflict]:
    """A draft's placeholders that are left in a workshop which is no draft."""
    if workshop.summary.startswith(UNWRITTEN):
        yield Conflict(("summary",), "summary: the draft's placeholder is still here: write your own")
    for place, topic in enumerate(workshop.topics):
        if topic == UNWRITTEN.lower():
            yield Conflict(("topics", place), f"topics[{place}]: the draft's placeholder is still here: write your own")


def undated(run: RunFields) -> Iterator[Conflict]:
    """A run with no date, or with its dates written in two ways."""
    if run.days and (run.starts or run.ends):
        yield Conflict(("days",), "{self}.days stands instead of starts and ends: write one or the other")
    if not run.days and not run.starts:
        yield Conflict(("starts",), "{self}.starts is missing: write the date")


def skipped(run: RunFields) -> Iterator[Conflict]:
    """Moments of a run that its clocks go forward over."""
    for loc, when in _moments(run):
        if in_daylight_saving_gap(in_zone(when, run.timezone)):
            sentence = f"{{self}}.{path_of(loc)} does not exist: clocks in {run.timezone} go forward over it"
            yield Conflict(loc, sentence)


def skipped_until(rates: tuple[RateFields, ...], zone: str) -> Iterator[Conflict]:
    """Ends of early prices that the clocks of a zone go forward over."""
    for place, rate in enumerate(rates):
        if rate.early and in_daylight_saving_gap(in_zone(rate.early.until, zone)):
            sentence = f"{{self}}.rates[{place}].early.until does not exist: clocks in {zone} go forward over it"
            yield Conflict(("rates", place, "early", "until"), sentence)


def days_astray(run: RunFields) -> Iterator[Conflict]:
    """Days that end before they start, or start before the one before them has ended."""
    previous: Dated | None = None
    for day in run.dated:
        yield from _day_astray(day)
        if previous and _wall(day.starts) < _wall_end(previous.last):
            yield Conflict((*day.loc, "starts"), f"{_path(day)}.starts is before {_path(previous)}.ends")
        previous = day


def window_astray(run: RunFields) -> Iterator[Conflict]:
    """A booking window that ends after the run starts, or begins when it is over."""
    if not run.booking:
        return
    opens, closes, starts = run.booking.opens, run.booking.closes, _wall(run.dated[0].starts)
    if closes and _wall_end(closes) > starts:
        why = "" if closes.time else " (a date without a time lasts until its midnight)"
        yield Conflict(("booking", "closes"), "{self}.booking.closes is after {self}.starts" + why)
    elif opens and _wall(opens) >= (_wall_end(closes) if closes else starts):
        end = "booking.closes" if closes else "starts"
        yield Conflict(("booking", "opens"), f"{{self}}.booking.opens is not before {{self}}.{end}")


# ---------------------------------------------------------------------------------------------------------------------


def _calendar_days(term: CancellationFields) -> float:
    days, working = term.notice
    return days * 7 / 5 if working else days


def _moments(run: RunFields) -> Iterator[tuple[Loc, Moment]]:
    for loc, starts, ends in run.dated:
        yield (*loc, "starts"), starts
        if ends:
            yield (*loc, "ends"), ends
    if run.booking and run.booking.opens:
        yield ("booking", "opens"), run.booking.opens
    if run.booking and run.booking.closes:
        yield ("booking", "closes"), run.booking.closes


def _wall(when: Moment) -> datetime:
    return datetime.combine(when.day, when.time or time.min)


def _wall_end(when: Moment) -> datetime:
    return _wall(when) if when.time else _wall(when) + timedelta(days=1)


def _path(day: Dated) -> str:
    return f"{{self}}.days[{day.loc[1]}]" if day.loc else "{self}"


def _day_astray(day: Dated) -> Iterator[Conflict]:
    path, starts, ends = _path(day), day.starts, day.ends
    if ends is None:
        return
    if (starts.time is None) != (ends.time is None):
        yield Conflict((*day.loc, "ends"), f"{path}.starts and {path}.ends: write a time in both or in neither")
    elif _wall(ends) < _wall(starts):
        yield Conflict((*day.loc, "ends"), f"{path}.ends is before {path}.starts")
    elif ends.time and ends == starts:
        yield Conflict((*day.loc, "ends"), f"{path}.ends is the same as {path}.starts")
