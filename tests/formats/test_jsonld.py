import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import AS_OF, a_day, a_provider, a_run, a_workshop
from workshops.domain.moment import Moment
from workshops.domain.workshop import Delivery, DeliveryMode, EventStatus, Venue
from workshops.formats.jsonld import course, embedded

PAGE = "https://training.example.org/workshops/harmful-sexual-behaviour/"


def data(run=None, at=AS_OF, *, offered=True, **changes):
    return course(
        a_workshop(run or a_run(), **changes),
        a_provider(),
        summary="A day.",
        speakers=["Alex Example"],
        led_by="Example Centre",
        page_url=PAGE,
        site_url="https://training.example.org",
        at=at,
        offered=offered,
    )


def instance(*given_, **more):
    (only,) = data(*given_, **more)["hasCourseInstance"]
    return only


def test_a_workshop_is_a_course_with_an_instance_a_run_and_an_offer_a_rate():
    told = data()
    assert (told["@context"], told["@type"], told["url"]) == ("https://schema.org", "Course", PAGE)
    assert told["provider"]["name"] == "Example Training"
    (run,) = told["hasCourseInstance"]
    assert run["@type"] == ["CourseInstance", "EducationEvent"]
    assert [offer["price"] for offer in run["offers"]] == ["250.80", "299.40"]
    assert {offer["priceCurrency"] for offer in run["offers"]} == {"GBP"}


def test_a_date_without_a_time_is_told_as_a_date_and_a_time_with_its_offset():
    assert (instance()["startDate"], instance()["endDate"]) == ("2026-04-28", "2026-04-28")
    timed = instance(a_run(days=(a_day(starts="10:00", ends="15:30"),)))
    assert (timed["startDate"], timed["endDate"]) == ("2026-04-28T10:00:00+01:00", "2026-04-28T15:30:00+01:00")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (EventStatus.SCHEDULED, "EventScheduled"),
        (EventStatus.TENTATIVE, "EventScheduled"),
        (EventStatus.POSTPONED, "EventPostponed"),
        (EventStatus.CANCELLED, "EventCancelled"),
    ],
)
def test_the_status_of_a_run_is_told(status, told):
    assert instance(a_run(status=status))["eventStatus"] == f"https://schema.org/{told}"


def test_a_moved_run_tells_the_date_it_had():
    moved = instance(a_run(status=EventStatus.RESCHEDULED, previously=Moment(date(2026, 3, 10))))
    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"
    assert moved["previousStartDate"] == "2026-03-10"


@pytest.mark.parametrize(
    ("at", "availability"),
    [(AS_OF, "InStock"), (AS_OF + timedelta(days=365), "Discontinued")],
)
def test_what_can_be_booked_is_in_stock_and_what_is_over_is_not(at, availability):
    assert {offer["availability"] for offer in instance(at=at)["offers"]} == {f"https://schema.org/{availability}"}


def test_what_is_not_offered_is_not_in_stock():
    assert instance(offered=False)["offers"][0]["availability"] == "https://schema.org/Discontinued"


@pytest.mark.parametrize(
    ("delivery", "mode", "places"),
    [
        (Delivery(DeliveryMode.ONLINE, "Teams"), "Online", ["VirtualLocation"]),
        (Delivery(DeliveryMode.IN_PERSON, venue=Venue("House", "Street")), "Onsite", ["Place"]),
        (Delivery(DeliveryMode.HYBRID, "Teams", Venue("House", "Street")), "Blended", ["Place", "VirtualLocation"]),
    ],
)
def test_where_it_is_held_is_told(delivery, mode, places):
    told = instance(delivery=delivery)
    assert told["courseMode"] == mode
    assert [place["@type"] for place in told["location"]] == places


def test_nothing_unknown_is_told():
    assert "null" not in json.dumps(data())


@given(st.text())
def test_embedded_facts_cannot_leave_their_script_and_say_the_same(text):
    written = embedded({"name": text, "url": f"</script><!--{text}"})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written)["name"] == text


def test_the_opening_and_closing_of_booking_are_told():
    opens = a_run(opens=Moment(date(2026, 1, 5)))
    (offer, _) = instance(opens, at=datetime(2026, 2, 1, tzinfo=UTC))["offers"]
    assert offer["validFrom"] == "2026-01-05T00:00:00+00:00"
    assert offer["validThrough"] == "2026-04-28T00:00:00+01:00"
