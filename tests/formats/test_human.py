"""Money, dates and counts in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_day, a_run
from workshops.domain.moment import Moment
from workshops.formats.human import clock, count, day, instant, listed, moment, pounds, run_dates, short_day, zone_name


@pytest.mark.parametrize(
    ("pence", "words"),
    [
        (0, "£0.00"),
        (5, "£0.05"),
        (25080, "£250.80"),
        (75240, "£752.40"),
        (1234500, "£12,345.00"),
        (-2010, "−£20.10"),
        (-5, "−£0.05"),
    ],
)
def test_pence_are_written_as_pounds(pence, words):
    assert pounds(pence) == words


@given(st.integers(-(10**12), 10**12))
def test_pounds_lose_no_penny(pence):
    digits = pounds(pence).replace("−", "-").replace("£", "").replace(",", "").replace(".", "")
    assert int(digits) == pence


def test_dates_are_written_in_full():
    assert day(date(2026, 4, 28)) == "Tuesday 28 April 2026"
    assert short_day(date(2026, 4, 1)) == "1 April 2026"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (Moment(date(2026, 4, 28)), "Tuesday 28 April 2026"),
        (Moment(date(2026, 4, 28), time(9, 5)), "Tuesday 28 April 2026 at 09:05"),
        (Moment(date(2026, 4, 28), time(0)), "Tuesday 28 April 2026 at 00:00"),
    ],
)
def test_a_moment_is_written_as_it_was_authored(when, words):
    assert moment(when) == words


@pytest.mark.parametrize(
    ("utc", "zone", "words"),
    [
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "Europe/London", "Monday 2 March 2026 at 09:00"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "Europe/London", "Wednesday 1 July 2026 at 00:30"),
        (datetime(2026, 3, 2, 0, 0, tzinfo=UTC), "America/New_York", "Sunday 1 March 2026 at 19:00"),
    ],
)
def test_an_instant_is_written_as_clocks_there_show_it(utc, zone, words):
    assert instant(utc, zone) == words


TIMED = a_day(starts="10:00", ends="15:30")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (a_run(), "Tuesday 28 April 2026"),
        (a_run(days=(TIMED,)), "Tuesday 28 April 2026, 10:00 to 15:30 UK time"),
        (a_run(days=(a_day(starts="10:00"),)), "Tuesday 28 April 2026 at 10:00"),
        (a_run(days=(a_day(), a_day(date(2026, 5, 5)))), "Tuesday 28 April 2026 to Tuesday 5 May 2026"),
        (a_run(days=(TIMED,), timezone="America/New_York"), "Tuesday 28 April 2026, 10:00 to 15:30 New York time"),
    ],
)
def test_a_run_is_written_with_what_is_known_of_its_days(run, words):
    assert run_dates(run) == words


def test_zones_are_named_as_people_name_them():
    assert [zone_name(a_run(timezone=zone)) for zone in ("Europe/London", "Europe/Paris", "UTC")] == [
        "UK time",
        "Paris time",
        "UTC time",
    ]


def test_times_are_on_the_24_hour_clock():
    assert (clock(time(9, 5)), clock(time(23, 59, 59))) == ("09:05", "23:59")


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 places"), (1, "1 place"), (2, "2 places"), (1200, "1,200 places")]
)
def test_a_number_takes_its_noun(number, words):
    assert count(number, "place") == words


def test_a_noun_may_have_a_plural_of_its_own():
    assert [count(number, "person", "people") for number in (1, 2)] == ["1 person", "2 people"]


@pytest.mark.parametrize(
    ("words", "sentence"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_listed_as_a_sentence_lists_them(words, sentence):
    assert listed(words) == sentence
