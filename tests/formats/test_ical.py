import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.domain.catalogue import Provider
from workshops.domain.moment import Moment
from workshops.domain.vat import VatRate
from workshops.domain.workshop import Day, Delivery, DeliveryMode, EventStatus, Rate, Run, Venue, Workshop
from workshops.formats.ical import Publisher, calendar_of, run_calendar, uid

STAMP = datetime(2027, 3, 1, tzinfo=UTC)
PUBLISHER = Publisher.of(Provider("Example Training", "booking@example.org"), "https://training.example.org/")
DAY = date(2027, 4, 28)
UNTIMED = Day(Moment(DAY), Moment(DAY))
TIMED = Day(Moment(DAY, time(10)), Moment(DAY, time(15, 30)))
RUN = Run("2027-04-28", (TIMED,), "Europe/London", (Rate("public-sector", "Public sector", 209_00),))
WORKSHOP = Workshop(
    "drafting", "Drafting; a day, or \\ two", VatRate.STANDARD, Delivery(DeliveryMode.ONLINE, "Microsoft Teams"), (RUN,)
)


def parsed(run=RUN, workshop=WORKSHOP, **more):
    return icalendar.Calendar.from_ical(run_calendar(workshop, run, PUBLISHER, stamp=STAMP, **more))


def event(run=RUN, workshop=WORKSHOP, **more):
    (only,) = parsed(run, workshop, **more).walk("VEVENT")
    return only


def test_summer_time_in_london_is_written_in_utc():
    assert event().decoded("DTSTART") == datetime(2027, 4, 28, 9, tzinfo=UTC)
    assert event().decoded("DTEND") == datetime(2027, 4, 28, 14, 30, tzinfo=UTC)


def test_a_start_without_an_end_is_a_start_alone():
    days = (Day(RUN.starts, Moment(RUN.starts.day)),)
    assert event(replace(RUN, days=days)).decoded("DTSTART") == datetime(2027, 4, 28, 9, tzinfo=UTC)
    assert "DTEND" not in event(replace(RUN, days=days))


def test_a_date_without_a_time_is_an_all_day_entry_that_says_so():
    untimed = event(replace(RUN, days=(UNTIMED,)))
    assert untimed.decoded("DTSTART") == DAY
    assert untimed.decoded("DTEND") == DAY + timedelta(days=1)
    assert untimed["DESCRIPTION"].startswith("Times to be confirmed.\n")


def test_several_days_are_an_entry_each_with_a_name_of_its_own():
    days = tuple(Day(Moment(DAY + timedelta(n), time(10)), Moment(DAY + timedelta(n), time(16))) for n in range(3))
    events = parsed(replace(RUN, days=days)).walk("VEVENT")
    assert [found["UID"] for found in events] == [
        "drafting/2027-04-28@training.example.org",
        "drafting/2027-04-28/2@training.example.org",
        "drafting/2027-04-28/3@training.example.org",
    ]
    assert events[1]["SUMMARY"].endswith("(day 2 of 3)")


@pytest.mark.parametrize(
    ("status", "word", "sequence"),
    [
        (EventStatus.SCHEDULED, "CONFIRMED", 0),
        (EventStatus.TENTATIVE, "TENTATIVE", 0),
        (EventStatus.POSTPONED, "CANCELLED", 1),
        (EventStatus.RESCHEDULED, "CONFIRMED", 2),
        (EventStatus.CANCELLED, "CANCELLED", 3),
    ],
)
def test_the_status_of_a_run_is_told_with_a_higher_sequence(status, word, sequence):
    told = event(replace(RUN, status=status))
    assert (told["STATUS"], told["SEQUENCE"]) == (word, sequence)


def test_a_caller_may_count_the_revisions():
    assert event(sequence=7)["SEQUENCE"] == 7


def test_the_stamp_is_the_one_given():
    assert event().decoded("DTSTAMP") == STAMP


def test_the_entry_names_organiser_place_and_page():
    found = event()
    assert found["ORGANIZER"] == "mailto:booking@example.org"
    assert found["ORGANIZER"].params["CN"] == "Example Training"
    assert found["LOCATION"] == "Online: Microsoft Teams"
    assert found["URL"] == "https://training.example.org/workshops/drafting/"


def test_a_venue_is_the_place():
    venue = Delivery(DeliveryMode.IN_PERSON, venue=Venue("Example House", "1 Example Street,\nExampleton"))
    assert (
        event(workshop=replace(WORKSHOP, delivery=venue))["LOCATION"] == "Example House, 1 Example Street,\nExampleton"
    )


def test_one_calendar_holds_many_runs():
    second = replace(RUN, id="autumn")
    text = calendar_of([(WORKSHOP, RUN), (WORKSHOP, second)], PUBLISHER, stamp=STAMP)
    calendar = icalendar.Calendar.from_ical(text)
    assert [found["UID"] for found in calendar.walk("VEVENT")] == [
        uid(WORKSHOP, run, PUBLISHER) for run in (RUN, second)
    ]
    assert calendar["X-WR-CALNAME"] == "Example Training: workshops"


def test_a_calendar_of_nothing_is_still_a_calendar():
    assert icalendar.Calendar.from_ical(calendar_of([], PUBLISHER, stamp=STAMP)).walk("VEVENT") == []


@given(st.text(max_size=300))
def test_any_title_survives_but_for_control_characters(title):
    text = run_calendar(replace(WORKSHOP, title=title), RUN, PUBLISHER, stamp=STAMP)
    (found,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    breaks = title.replace("\r\n", "\n").replace("\r", "\n")
    assert found["SUMMARY"] == re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", breaks)


@given(st.text(max_size=300))
def test_every_line_ends_in_crlf_and_has_at_most_75_octets(title):
    text = run_calendar(replace(WORKSHOP, title=title), RUN, PUBLISHER, stamp=STAMP)
    assert text.endswith("END:VCALENDAR\r\n")
    lines = text.encode().split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75


def test_a_title_cannot_add_a_property():
    found = event(workshop=replace(WORKSHOP, title="x\r\nATTACH:https://evil.example.org"))
    assert "ATTACH" not in found
