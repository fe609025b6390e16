"""What one workshop's fields allow and its editor may not have meant: warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.domain.workshop import DeliveryMode, EventStatus, Per
from workshops.site.agreement import Conflict, in_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshops.site.nodes import Loc
    from workshops.site.schema import RateFields, RunFields, WorkshopFields

LONGEST_TITLE = 70
"""Characters that a search engine and a social card show whole."""

REASONS = (3, 6)


def advice(fields: WorkshopFields) -> Iterator[Conflict]:
    """Warnings, each with its place."""
    yield from _title(fields.title)
    yield from _highlights(fields)
    yield from _delivery(fields)
    yield from _rates(fields.rates, fields.runs, ())
    for place, run in enumerate(fields.runs):
        yield from _run(run, ("runs", place))


# ---------------------------------------------------------------------------------------------------------------------


def _title(title: str) -> Iterator[Conflict]:
    """A warning of a title that will be cut short elsewhere."""
    if len(title) > LONGEST_TITLE:
        yield Conflict(("title",), f"title has {len(title)} characters: search engines cut it after {LONGEST_TITLE}")


def _highlights(fields: WorkshopFields) -> Iterator[Conflict]:
    if fields.highlights and not REASONS[0] <= len(fields.highlights) <= REASONS[1]:
        yield Conflict(("highlights",), f"highlights: {len(fields.highlights)} given, three to six read best")


def _delivery(fields: WorkshopFields) -> Iterator[Conflict]:
    mode = fields.delivery.mode
    if mode is DeliveryMode.ONLINE and fields.delivery.venue:
        yield Conflict(("delivery", "venue"), "delivery.venue is not used: mode is online")
    if mode is DeliveryMode.IN_PERSON and fields.delivery.platform:
        yield Conflict(("delivery", "platform"), "delivery.platform is not used: mode is in-person")


def _rates(rates: tuple[RateFields, ...], runs: tuple[RunFields, ...], loc: Loc) -> Iterator[Conflict]:
    path = f"runs[{loc[1]}].rates" if loc else "rates"
    for place, rate in enumerate(rates):
        if rate.covers and rate.per is Per.DELEGATE:
            yield Conflict((*loc, "rates", place, "covers"), f"{path}[{place}].covers is not used: per is delegate")
        if rate.early and all(_starts_before(run, rate) for run in runs):
            sentence = f"{path}[{place}].early.until is after the run starts: the early price never ends"
            yield Conflict((*loc, "rates", place, "early", "until"), sentence)


def _starts_before(run: RunFields, rate: RateFields) -> bool:
    start = in_zone(run.dated[0].starts, run.timezone).first_instant()
    return bool(rate.early and in_zone(rate.early.until, run.timezone).end_instant() > start)


def _run(run: RunFields, loc: Loc) -> Iterator[Conflict]:
    path = f"runs[{loc[1]}]"
    if run.previously and run.status in {EventStatus.SCHEDULED, EventStatus.TENTATIVE}:
        yield Conflict((*loc, "previously"), f"{path}.previously is not used: status is {run.status}")
    if run.ends and run.starts and run.ends.time and run.ends.day != run.starts.day:
        yield Conflict((*loc, "ends"), f"{path}.ends is on another day than {path}.starts: list the days under days")
    for day in run.dated:
        if day.starts.time and not day.ends:
            at = f"{path}.days[{day.loc[1]}]" if day.loc else path
            yield Conflict((*loc, *day.loc, "starts"), f"{at} has no ends: pages cannot say when it is over")
    if run.rates:
        yield from _rates(run.rates, (run,), loc)
