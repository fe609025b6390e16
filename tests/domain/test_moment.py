"""Dates with and without a time, in the zone they were written in, across the change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.domain.moment import LONDON, Moment, in_daylight_saving_gap, local

ZONES = st.sampled_from([LONDON, "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"])
DAYS = st.dates(date(1990, 1, 1), date(2037, 12, 31))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "first", "end"),
    [
        (Moment(date(2027, 1, 15)), "2027-01-15T00:00", "2027-01-16T00:00"),
        (Moment(date(2027, 7, 15)), "2027-07-14T23:00", "2027-07-15T23:00"),
        (Moment(date(2027, 1, 15), time(10)), "2027-01-15T10:00", "2027-01-15T10:00"),
        (Moment(date(2027, 7, 15), time(10)), "2027-07-15T09:00", "2027-07-15T09:00"),
        (Moment(date(2027, 7, 15), time(0)), "2027-07-14T23:00", "2027-07-14T23:00"),
        (Moment(date(2027, 7, 15), None, "America/New_York"), "2027-07-15T04:00", "2027-07-16T04:00"),
        (Moment(date(2027, 1, 15), time(10), "Asia/Kolkata"), "2027-01-15T04:30", "2027-01-15T04:30"),
    ],
)
def test_a_moment_begins_and_ends_by_the_clocks_of_its_zone(moment, first, end):
    assert (moment.first_instant(), moment.end_instant()) == (utc(first), utc(end))


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25), (date(2027, 6, 1), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day, hours):
    whole = Moment(day)
    assert (whole.end_instant() - whole.first_instant()).total_seconds() == hours * 3600


@given(DAYS, ZONES)
def test_a_day_ends_where_the_next_begins(day, zone):
    following = date.fromordinal(day.toordinal() + 1)
    assert Moment(day, None, zone).end_instant() == Moment(following, None, zone).first_instant()


@pytest.mark.parametrize(
    ("moment", "skipped"),
    [
        (Moment(date(2027, 3, 28), time(1, 0)), True),
        (Moment(date(2027, 3, 28), time(1, 59)), True),
        (Moment(date(2027, 3, 28), time(0, 59)), False),
        (Moment(date(2027, 3, 28), time(2, 0)), False),
        (Moment(date(2027, 3, 28)), False),
        (Moment(date(2027, 3, 28), time(1, 30), "Europe/Paris"), False),
        (Moment(date(2027, 3, 28), time(2, 30), "Europe/Paris"), True),
        (Moment(date(2027, 10, 31), time(1, 30)), False),
    ],
)
def test_a_wall_time_that_the_clocks_skip_is_found(moment, skipped):
    assert in_daylight_saving_gap(moment) is skipped


def test_a_wall_time_that_comes_twice_is_the_first():
    assert Moment(date(2027, 10, 31), time(1, 30)).first_instant() == utc("2027-10-31T00:30")


@given(DAYS, st.times().map(lambda at: at.replace(microsecond=0, fold=0)), ZONES)
def test_a_wall_time_outside_a_gap_survives_the_way_to_utc_and_back(day, at, zone):
    moment = Moment(day, at, zone)
    if not in_daylight_saving_gap(moment):
        assert local(moment.first_instant(), zone).replace(tzinfo=None, fold=0) == datetime.combine(day, at)
