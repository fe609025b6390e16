from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from tests.builders import AS_OF, a_day, a_run, a_workshop
from workshops.domain.moment import Moment
from workshops.domain.workshop import EventStatus, RunState
from workshops.formats.run_view import joining, run_view, state_words


def view(run=None, at=AS_OF, left=None):
    run = run or a_run()
    return run_view(a_workshop(run), run, at, left)


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_words(state):
    assert state_words(state)


@pytest.mark.parametrize(
    ("run", "left", "state", "sentence", "bookable"),
    [
        (a_run(), None, "open", "Booking is open until the end of Monday 27 April 2026.", True),
        (
            a_run(days=(a_day(starts="10:00", ends="15:00"),)),
            None,
            "open",
            "Booking is open until the workshop starts.",
            True,
        ),
        (
            a_run(capacity=60),
            2,
            "few places",
            "Only 2 places left. Booking is open until the end of Monday 27 April 2026.",
            True,
        ),
        (a_run(capacity=60), 0, "full", "Every place is taken. Ask us whether one has become free.", False),
        (
            a_run(opens=Moment(date(2026, 4, 1))),
            None,
            "not yet open",
            "Booking opens on Wednesday 1 April 2026.",
            False,
        ),
        (a_run(closes=Moment(date(2026, 3, 1))), None, "closed", "Booking has closed for this date.", False),
        (
            a_run(closes=Moment(date(2026, 4, 1), time(17))),
            None,
            "open",
            "Booking is open until Wednesday 1 April 2026 at 17:00.",
            True,
        ),
        (
            a_run(closes=Moment(date(2026, 4, 1))),
            None,
            "open",
            "Booking is open until the end of Wednesday 1 April 2026.",
            True,
        ),
        (a_run(status=EventStatus.CANCELLED), None, "cancelled", "This workshop will not take place.", False),
    ],
)
def test_the_state_of_a_run_is_told_in_a_sentence(run, left, state, sentence, bookable):
    told = view(run, left=left)
    assert (told["state"], told["state_sentence"], told["bookable"]) == (state, sentence, bookable)


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (a_run(), "Booking is open until the end of Monday 27 April 2026, New York time."),
        (
            a_run(closes=Moment(date(2026, 4, 1), time(17), "America/New_York")),
            "Booking is open until Wednesday 1 April 2026 at 17:00, New York time.",
        ),
        (
            a_run(opens=Moment(date(2026, 4, 1), time(9), "America/New_York")),
            "Booking opens on Wednesday 1 April 2026 at 09:00, New York time.",
        ),
    ],
)
def test_a_booking_window_elsewhere_names_whose_clocks_it_goes_by(run, sentence):
    days = (a_day(zone="America/New_York"),)
    assert view(replace(run, days=days, timezone="America/New_York"))["state_sentence"] == sentence


def test_a_tentative_run_is_bookable_but_not_online():
    told = view(a_run(status=EventStatus.TENTATIVE))
    assert (told["bookable"], told["online"]) == (True, False)


def test_a_run_is_over_after_its_last_midnight():
    end = a_run().ends.end_instant()
    assert not view(at=end - timedelta(seconds=1))["over"]
    assert view(at=end)["over"]


def test_several_days_are_told_one_by_one_with_their_zone():
    days = tuple(a_day(date(2026, 4, day), "10:00", "16:00", "America/New_York") for day in (28, 29))
    told = view(a_run(days=days, timezone="America/New_York"))
    assert told["days"] == [
        "Tuesday 28 April 2026, 10:00 to 16:00 New York time",
        "Wednesday 29 April 2026, 10:00 to 16:00 New York time",
    ]
    assert view()["days"] == []


def test_joining_details_come_so_many_days_before():
    assert joining(a_run()) == "7 days before the workshop"
    assert joining(a_run(joining_days_before=1)) == "1 day before the workshop"
    assert joining(a_run(joining_days_before=0)) == "on the day of the workshop"


def test_the_calendar_entry_is_beside_the_page():
    assert view()["calendar_url"] == "/workshops/harmful-sexual-behaviour/2026-04-28.ics"
