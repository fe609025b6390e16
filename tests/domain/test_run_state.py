"""The states of a run, each at both sides of each of its boundaries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_catalogue, a_day, a_rate, a_run, a_workshop
from workshops.domain.catalogue import UnknownRun
from workshops.domain.moment import Moment
from workshops.domain.workshop import (
    BOOKABLE,
    EventStatus,
    Per,
    RunState,
    UnknownExtra,
    UnknownRate,
    places_most,
    state_of,
    state_on_offer,
)

SECOND = timedelta(seconds=1)
OPEN_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def either_side(run, instant, left=None):
    return state_of(run, instant - SECOND, left), state_of(run, instant, left)


def test_of_an_archived_workshop_nothing_is_bookable_and_nothing_else_changes():
    run, archived = a_run(), a_workshop(archived=True)
    for days in range(-200, 100):
        at = OPEN_AT + timedelta(days=days)
        then = state_on_offer(archived, run, at)
        assert then not in BOOKABLE
        assert then is state_of(run, at) or state_of(run, at) in BOOKABLE
        assert state_on_offer(a_workshop(), run, at) is state_of(run, at)


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "instant"),
    [
        (Moment(date(2026, 1, 5)), "2026-01-05T00:00"),
        (Moment(date(2026, 4, 1)), "2026-03-31T23:00"),
        (Moment(date(2026, 4, 1), time(9)), "2026-04-01T08:00"),
        (Moment(date(2026, 4, 1), time(9), NEW_YORK), "2026-04-01T13:00"),
    ],
)
def test_booking_opens_with_the_first_second_of_its_moment(opens, instant):
    assert either_side(a_run(opens=opens), utc(instant)) == (RunState.NOT_YET_OPEN, RunState.OPEN)


@pytest.mark.parametrize(
    ("closes", "instant"),
    [
        (Moment(date(2026, 3, 10)), "2026-03-11T00:00"),
        (Moment(date(2026, 4, 20)), "2026-04-20T23:00"),
        (Moment(date(2026, 4, 20), time(17)), "2026-04-20T16:00"),
        (Moment(date(2026, 4, 20), None, NEW_YORK), "2026-04-21T04:00"),
        (Moment(date(2026, 3, 28)), "2026-03-29T00:00"),
        (Moment(date(2026, 3, 29)), "2026-03-29T23:00"),
    ],
)
def test_a_date_to_close_on_lasts_through_its_last_second(closes, instant):
    assert either_side(a_run(closes=closes), utc(instant)) == (RunState.OPEN, RunState.CLOSED)


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (a_day(), "2026-04-27T23:00"),
        (a_day(starts="10:00", ends="15:30"), "2026-04-28T09:00"),
        (a_day(zone=NEW_YORK), "2026-04-28T04:00"),
        (a_day(date(2026, 12, 1)), "2026-12-01T00:00"),
    ],
)
def test_booking_closes_when_the_run_starts_unless_told_otherwise(day, instant):
    assert either_side(a_run(days=(day,)), utc(instant)) == (RunState.OPEN, RunState.CLOSED)


@pytest.mark.parametrize(
    ("days", "instant"),
    [
        ((a_day(),), "2026-04-28T23:00"),
        ((a_day(starts="10:00", ends="15:30"),), "2026-04-28T14:30"),
        ((a_day(zone=NEW_YORK),), "2026-04-29T04:00"),
        ((a_day(), a_day(date(2026, 5, 5))), "2026-05-05T23:00"),
        ((a_day(date(2026, 10, 25)),), "2026-10-26T00:00"),
    ],
)
def test_a_run_is_past_after_its_end(days, instant):
    assert either_side(a_run(days=days), utc(instant)) == (RunState.CLOSED, RunState.PAST)


def test_a_run_of_several_days_is_closed_between_them():
    run = a_run(days=(a_day(), a_day(date(2026, 5, 5))))
    assert state_of(run, utc("2026-05-01T12:00")) is RunState.CLOSED


# --- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "left", "state"),
    [
        (200, None, RunState.OPEN),
        (None, None, RunState.OPEN),
        (200, 21, RunState.OPEN),
        (200, 20, RunState.FEW_PLACES),
        (60, 7, RunState.OPEN),
        (60, 6, RunState.FEW_PLACES),
        (20, 6, RunState.OPEN),
        (20, 5, RunState.FEW_PLACES),
        (20, 1, RunState.FEW_PLACES),
        (20, 0, RunState.FULL),
        (20, -3, RunState.FULL),
    ],
)
def test_at_most_five_or_a_tenth_left_are_few_and_none_is_full(capacity, left, state):
    assert state_of(a_run(capacity=capacity), OPEN_AT, left) is state


# --- what the organiser says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [utc("2020-01-01T00:00"), OPEN_AT, utc("2026-04-28T12:00"), utc("2030-01-01T00:00")])
@pytest.mark.parametrize(
    ("status", "state"),
    [(EventStatus.CANCELLED, RunState.CANCELLED), (EventStatus.POSTPONED, RunState.POSTPONED)],
)
def test_a_run_that_does_not_take_place_says_so_at_any_time(status, state, at):
    assert state_of(a_run(status=status), at, 0) is state


@pytest.mark.parametrize(
    ("at", "left", "state"),
    [
        (utc("2025-12-31T23:59"), None, RunState.NOT_YET_OPEN),
        (OPEN_AT, None, RunState.TENTATIVE),
        (OPEN_AT, 3, RunState.TENTATIVE),
        (OPEN_AT, 0, RunState.FULL),
        (utc("2026-04-28T12:00"), None, RunState.CLOSED),
        (utc("2026-05-01T12:00"), None, RunState.PAST),
    ],
)
def test_a_tentative_run_is_tentative_while_it_could_be_booked(at, left, state):
    run = a_run(status=EventStatus.TENTATIVE, opens=Moment(date(2026, 1, 1)))
    assert state_of(run, at, left) is state


def test_a_rescheduled_run_is_as_its_new_date_says():
    run = a_run(status=EventStatus.RESCHEDULED, previously=Moment(date(2026, 2, 1)))
    assert either_side(run, utc("2026-04-27T23:00")) == (RunState.OPEN, RunState.CLOSED)


@given(
    st.integers(-400 * 24, 400 * 24).map(lambda hours: OPEN_AT + timedelta(hours=hours)),
    st.sampled_from(EventStatus),
    st.one_of(st.none(), st.integers(-5, 100)),
)
def test_a_run_is_bookable_only_before_it_closes_with_places_left(at, status, left):
    run = a_run(status=status, capacity=60)
    if state_of(run, at, left) in BOOKABLE:
        assert at < run.closes_at()
        assert left is None or left > 0
        assert status not in {EventStatus.CANCELLED, EventStatus.POSTPONED}


# --- what a run has ---------------------------------------------------------------------------------------------------


def test_a_rate_that_is_not_of_the_run_is_unknown():
    with pytest.raises(UnknownRate, match="has no rate 'free'"):
        a_run().rate("free")


def test_an_extra_that_is_not_of_the_workshop_is_unknown():
    with pytest.raises(UnknownExtra, match="has no extra 'dinner'"):
        a_workshop().extra("dinner")


@pytest.mark.parametrize(
    ("slug", "run"), [("nothing", "2026-04-28"), ("harmful-sexual-behaviour", "2026-04-29"), ("", "")]
)
def test_a_run_that_is_not_in_the_catalogue_is_unknown(slug, run):
    with pytest.raises(UnknownRun):
        a_catalogue().find(slug, run)


def test_a_booking_takes_up_to_twenty_unless_the_run_or_the_rate_says_otherwise():
    organisation = a_rate(per=Per.ORGANISATION, covers=10)
    assert places_most(a_run(), a_rate()) == 20
    assert places_most(a_run(max_per_booking=60), a_rate()) == 60
    assert places_most(a_run(max_per_booking=60), organisation) == 10
