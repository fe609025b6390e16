"""Fields that the editor is told are not used, and that nothing uses."""

from workshops.domain.moment import Moment
from workshops.domain.workshop import Delivery, DeliveryMode, EventStatus, Venue, places_most
from workshops.site.reader import load_content, read_content

VENUE = "{name: Example Hall, address: 1 Example Street}"


def workshop(folder):
    return load_content(folder).workshops[0].workshop


def told(folder):
    return [fault.message for fault in read_content(folder).warnings]


def test_people_covered_do_not_limit_a_booking_at_a_price_per_delegate(spoil):
    folder = spoil("    price: 209.00\n", "    price: 209.00\n    covers: 10\n")
    run = workshop(folder).runs[0]
    assert told(folder) == ["rates[0].covers is not used: per is delegate"]
    assert [places_most(run, rate) for rate in run.rates] == [20, 20]


def test_people_covered_limit_a_booking_at_a_price_per_organisation(spoil):
    folder = spoil("    price: 209.00\n", "    price: 209.00\n    per: organisation\n    covers: 10\n")
    run = workshop(folder).runs[0]
    assert told(folder) == []
    assert [places_most(run, rate) for rate in run.rates] == [10, 20]


def test_an_online_workshop_has_no_venue(spoil):
    folder = spoil("  platform: Microsoft Teams\n", f"  platform: Microsoft Teams\n  venue: {VENUE}\n")
    assert told(folder) == ["delivery.venue is not used: mode is online"]
    assert workshop(folder).delivery == Delivery(DeliveryMode.ONLINE, platform="Microsoft Teams")


def test_a_workshop_held_in_person_has_no_platform(spoil):
    folder = spoil("  mode: online\n", f"  mode: in-person\n  venue: {VENUE}\n")
    assert told(folder) == ["delivery.platform is not used: mode is in-person"]
    assert workshop(folder).delivery == Delivery(
        DeliveryMode.IN_PERSON, venue=Venue("Example Hall", "1 Example Street")
    )


def test_a_run_that_was_never_moved_has_no_earlier_date(spoil):
    folder = spoil("    capacity: 60\n", "    capacity: 60\n    previously: 2027-03-10\n")
    assert told(folder) == ["runs[0].previously is not used: status is scheduled"]
    assert workshop(folder).runs[0].previously is None


def test_a_run_that_was_moved_keeps_its_earlier_date(spoil):
    folder = spoil("    capacity: 60\n", "    capacity: 60\n    status: rescheduled\n    previously: 2027-03-10\n")
    run = workshop(folder).runs[0]
    assert (told(folder), run.status) == ([], EventStatus.RESCHEDULED)
    assert run.previously == Moment(run.previously.day)
    assert run.previously.day.isoformat() == "2027-03-10"
