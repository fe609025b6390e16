"""A run as strings: its dates, its state in words, and where its calendar entry is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workshops.domain.moment import LONDON, local
from workshops.domain.workshop import BOOKABLE, EventStatus, RunState, state_on_offer
from workshops.formats.human import count, day, day_by_day, instant, moment, run_dates, zone_name

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.domain.moment import Moment
    from workshops.domain.workshop import Run, Workshop


def run_view(workshop: Workshop, run: Run, at: datetime, places_left: int | None = None) -> dict[str, Any]:
    """A run as of an instant; without `places_left` it cannot be known to have few places or to be full."""
    state = state_on_offer(workshop, run, at, places_left)
    return {
        "id": run.id,
        "dates": run_dates(run),
        "days": day_by_day(run) if len(run.days) > 1 else [],
        "times_known": run.starts.time is not None,
        "starts": run.starts.day.isoformat(),
        "state": state.value,
        "state_id": state.value.replace(" ", "-"),
        "state_words": state_words(state),
        "state_sentence": _state_sentence(run, state, places_left),
        "moved_from": moment(run.previously) if run.status is EventStatus.RESCHEDULED and run.previously else None,
        "bookable": state in BOOKABLE,
        "online": state in BOOKABLE and state is not RunState.TENTATIVE,
        "over": at >= run.ends.end_instant(),
        "joining": joining(run),
        "calendar_url": f"/workshops/{workshop.slug}/{run.id}.ics",
        "url": f"/workshops/{workshop.slug}/",
    }


def state_words(state: RunState) -> str:
    """A run's state as a label."""
    return _LABELS[state]


def joining(run: Run) -> str:
    """When joining details are sent."""
    before = run.joining_days_before
    return f"{count(before, 'day')} before the workshop" if before else "on the day of the workshop"


# ---------------------------------------------------------------------------------------------------------------------

_LABELS = {
    RunState.NOT_YET_OPEN: "Booking not yet open",
    RunState.OPEN: "Open for booking",
    RunState.FEW_PLACES: "Few places left",
    RunState.FULL: "Full",
    RunState.CLOSED: "Booking closed",
    RunState.PAST: "Past workshop",
    RunState.TENTATIVE: "Date to be confirmed",
    RunState.POSTPONED: "Postponed",
    RunState.CANCELLED: "Cancelled",
}

_SENTENCES = {
    RunState.CLOSED: "Booking has closed for this date.",
    RunState.TENTATIVE: "The date is to be confirmed. Until then places can be booked by purchase order only.",
    RunState.PAST: "This workshop has taken place and can no longer be booked.",
    RunState.FULL: "Every place is taken. Ask us whether one has become free.",
    RunState.POSTPONED: "This workshop will not take place on the date given here. No new date has been set.",
    RunState.CANCELLED: "This workshop will not take place.",
}


def _state_sentence(run: Run, state: RunState, places_left: int | None) -> str:
    """What a run's state means to somebody who would book it."""
    match state:
        case RunState.OPEN:
            return _closing(run)
        case RunState.FEW_PLACES:
            left = f"Only {count(places_left, 'place')} left. " if places_left is not None else ""
            return left + _closing(run)
        case RunState.NOT_YET_OPEN:
            return f"Booking opens on {moment(run.opens)}{_abroad(run)}." if run.opens else ""
        case _:
            return _SENTENCES[state]


def _closing(run: Run) -> str:
    """Until when a run can be booked."""
    if run.closes:
        return f"Booking is open until {_through(run.closes, run.timezone)}{_abroad(run)}."
    if run.starts.time:
        return "Booking is open until the workshop starts."
    last = local(run.closes_at() - timedelta(seconds=1), run.timezone)
    return f"Booking is open until the end of {day(last.date())}{_abroad(run)}."


def _through(closes: Moment, zone: str) -> str:
    return instant(closes.end_instant(), zone) if closes.time else f"the end of {day(closes.day)}"


def _abroad(run: Run) -> str:
    """Whose clocks are meant, where they are not the reader's own."""
    return "" if run.timezone == LONDON else f", {zone_name(run)}"
