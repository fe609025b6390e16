"""What each field takes, what it refuses, and the sentence that says what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.messages import messages
from workshops.site.faults import ContentFaults
from workshops.site.reader import load_content, read_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


PRICES = [
    ("price: 249.50", "price: 249.5", ["27:12: rates[1].price: 249.5 is not a price: write 249.50"]),
    ("price: 249.50", "price: £249.50", ["27:12: rates[1].price: £249.50 is not a price: write 249.50"]),
    ("price: 249.50", "price: £249.5", ["27:12: rates[1].price: £249.5 is not a price: write 249.50"]),
    ("price: 249.50", 'price: "1,200"', ["27:12: rates[1].price: 1,200 is not a price: write 1200"]),
    ("price: 249.50", "price: 1,200", ["27:12: rates[1].price: 1,200 is not a price: write 1200"]),
    ("price: 249.50", "price: £1,200.50", ["27:12: rates[1].price: £1,200.50 is not a price: write 1200.50"]),
    ("price: 249.50", "price: 1_000", ["27:12: rates[1].price: 1_000 is not a price: write 1000"]),
    ("price: 249.50", "price: 010", ["27:12: rates[1].price: 010 is not a price: write 10"]),
    ("price: 249.50", "price: .5", ["27:12: rates[1].price: .5 is not a price: write 0.50"]),
    ("price: 249.50", "price: 199.", ["27:12: rates[1].price: 199. is not a price: write 199"]),
    ("price: 249.50", "price: -5", ["27:12: rates[1].price: -5 is not a price: it cannot be below zero"]),
    ("price: 249.50", "price: £-5", ["27:12: rates[1].price: £-5 is not a price: it cannot be below zero"]),
    (
        "price: 249.50",
        "price: 1e3",
        ["27:12: rates[1].price: 1e3 is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: 209.005",
        ["27:12: rates[1].price: 209.005 is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: 249,50",
        ["27:12: rates[1].price: 249,50 is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: 1.200,00",
        ["27:12: rates[1].price: 1.200,00 is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: 12:30",
        ["27:12: rates[1].price: 12:30 is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: .inf",
        ["27:12: rates[1].price: .inf is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: free",
        ["27:12: rates[1].price: free is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: ٣.00",
        ["27:12: rates[1].price: ٣.00 is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: 5 + VAT",
        ["27:12: rates[1].price: 5 + VAT is not a price: write pounds and whole pence, such as 199.00"],
    ),
    (
        "price: 249.50",
        "price: 100000.01",
        ["27:12: rates[1].price: 100000.01 is more than a price may be: write at most 100000.00"],
    ),
    (
        "price: 249.50",
        "price: 99999999999",
        ["27:12: rates[1].price: 99999999999 is more than a price may be: write at most 100000.00"],
    ),
    ("price: 249.50", "price: ", ["27:11: rates[1].price: nothing is written here: fill it in"]),
    (
        "price: 249.50",
        "price: [199]",
        ["27:12: rates[1].price: write one text here; in quotes if it begins with [ or {"],
    ),
]

DATES = [
    (
        "starts: 2027-04-28 10:00",
        "starts: 28/04/2027",
        ["33:13: runs[0].starts: 28/04/2027 is not a date: write 2027-04-28"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-4-28",
        ["33:13: runs[0].starts: 2027-4-28 is not a date: write 2027-04-28"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 28 April 2027",
        ["33:13: runs[0].starts: 28 April 2027 is not a date: write 2027-04-28"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 28th Apr 2027 9.30",
        ["33:13: runs[0].starts: 28th Apr 2027 9.30 is not a date: write 2027-04-28 09:30"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-4-28 9:00",
        ["33:13: runs[0].starts: 2027-4-28 9:00 is not a date: write 2027-04-28 09:00"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-04-28 10:00:00",
        ["33:13: runs[0].starts: 2027-04-28 10:00:00 is not a date: write 2027-04-28 10:00"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-04-28 10:00Z",
        [
            "33:13: runs[0].starts: 2027-04-28 10:00Z is not a date: write one such as 2027-04-28, or with a time 2027-04-28 10:00"
        ],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-04-28 10am",
        [
            "33:13: runs[0].starts: 2027-04-28 10am is not a date: write one such as 2027-04-28, or with a time 2027-04-28 10:00"
        ],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-04-28 24:00",
        ["33:13: runs[0].starts: 24:00 is not a time of day: write 00:00 to 23:59"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-02-29",
        ["33:13: runs[0].starts: 2027-02-29 is not a date: the calendar has no such day"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-13-01",
        ["33:13: runs[0].starts: 2027-13-01 is not a date: the calendar has no such day"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 0207-04-28",
        ["33:13: runs[0].starts: 0207-04-28 is not a date: write a year from 2000 to 2099"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: tomorrow",
        [
            "33:13: runs[0].starts: tomorrow is not a date: write one such as 2027-04-28, or with a time 2027-04-28 10:00"
        ],
    ),
    ("starts: 2027-04-28 10:00", "starts: ", ["33:12: runs[0].starts is missing: write the date"]),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-03-28 01:30",
        [
            "33:13: runs[0].starts does not exist: clocks in Europe/London go forward over it",
            "36:42: runs[0].booking.closes is after runs[0].starts",
        ],
    ),
    (
        "early: {price: 189.00, until: 2027-03-01}",
        "early: {price: 189.00, until: 2027-03-28 01:30}",
        ["24:35: rates[0].early.until does not exist: clocks in Europe/London go forward over it"],
    ),
    (
        "closes: 2027-04-27 17:00",
        "closes: 2027-03-28 01:59",
        ["36:42: runs[0].booking.closes does not exist: clocks in Europe/London go forward over it"],
    ),
    ('starts: "10:00"', "starts: 9:30", ["13:13: outline[0].starts: 9:30 is not a time of day: write 09:30"]),
    (
        'starts: "10:00"',
        "starts: 25:30",
        ["13:13: outline[0].starts: 25:30 is not a time of day: write 00:00 to 23:59"],
    ),
]

NAMES = [
    ("    capacity: 60", "    capcity: 60", ["35:5: runs[0].capcity: did you mean capacity?"]),
    (
        "    capacity: 60",
        "    wibble: 60",
        [
            "35:5: runs[0].wibble: there is no such field here, only id, starts, ends, days, timezone, capacity, status, previously, booking, joining_details, max_per_booking and rates"
        ],
    ),
    ("title: Drafting applications", "ttle: Drafting", ["2:1: ttle: did you mean title?"]),
    ("{from: 10, percent: 15}", "{form: 10, percent: 15}", ["30:6: group_discounts[1].form: did you mean from?"]),
    (
        "points: [What the form asks, Golden rules]",
        "poins: [What the form asks]",
        ["14:5: outline[0].poins: did you mean points?"],
    ),
    (
        "status: published",
        "status: publised",
        ["4:9: status: publised is not one of the words for this: did you mean published?"],
    ),
    (
        "    capacity: 60",
        "    status: canceled",
        ["35:13: runs[0].status: canceled is not one of the words for this: did you mean cancelled?"],
    ),
    (
        "mode: online",
        "mode: onlin",
        ["16:9: delivery.mode: onlin is not one of the words for this: did you mean online?"],
    ),
    (
        "vat: standard",
        "vat: 20",
        ["19:6: vat: 20 is not one of the words for this: write standard, reduced, zero or exempt"],
    ),
    (
        "vat: standard",
        "vat: not-registered",
        ["19:6: vat: not-registered is not one of the words for this: write standard, reduced, zero or exempt"],
    ),
    (
        "    capacity: 60",
        "    timezone: Europe/Lodnon",
        ["35:15: runs[0].timezone: Europe/Lodnon is not a time zone: did you mean Europe/London?"],
    ),
    (
        "    capacity: 60",
        "    timezone: GMT+1",
        ["35:15: runs[0].timezone: GMT+1 is not a time zone: did you mean Etc/GMT+1?"],
    ),
    (
        "  - id: industry",
        "  - id: Industry",
        ["25:9: rates[1].id: Industry cannot be part of an address: write industry"],
    ),
    (
        "  - id: industry",
        "  - id: total",
        ["25:9: rates[1].id: total is a name that the booking form uses itself: choose another"],
    ),
    (
        "    capacity: 60",
        "    joining_details: 7",
        ["35:22: runs[0].joining_details: 7 is not understood: write 7 days before, or another number up to 60"],
    ),
    (
        "    capacity: 60",
        "    max_per_booking: 61",
        ["35:22: runs[0].max_per_booking: 61 is out of range: write 1 to 60"],
    ),
    (
        "topics: [covert, digital]",
        "topics: covert",
        ["5:9: topics: write a list, each item on a line of its own after a dash"],
    ),
    ("topics: [covert, digital]", "topics: []", ["5:9: topics: write at least one"]),
    (
        "topics: [covert, digital]",
        'topics: ["!?"]',
        ["5:10: topics[0]: !? has no letter or digit that an address can show"],
    ),
    ("cpd: {certificate: true, hours: 5}", "cpd: yes", ["18:6: cpd: write fields here, each on a line as name: value"]),
    (
        "cpd: {certificate: true, hours: 5}",
        "cpd: {certificate: maybe, hours: many}",
        [
            "18:20: cpd.certificate: maybe is neither true nor false: write one of them",
            "18:34: cpd.hours: many is not a number of hours: write one such as 5 or 5.5",
        ],
    ),
    (
        "{from: 10, percent: 15}",
        "{from: 10, percent: 15%}",
        ["30:25: group_discounts[1].percent: 15% is not a percentage up to 100: write 15"],
    ),
    (
        "{from: 10, percent: 15}",
        "{from: 10, percent: 101}",
        ["30:25: group_discounts[1].percent: 101 is not a percentage up to 100: write one such as 10 or 12.5"],
    ),
    (
        "{from: 10, percent: 15}",
        "{from: 1, percent: 12.555}",
        [
            "30:12: group_discounts[1].from: 1 is out of range: write 2 to 60",
            "30:24: group_discounts[1].percent: 12.555 is not a percentage up to 100: write one such as 10 or 12.5",
        ],
    ),
    (
        "summary: A step-by-step day on drafting applications that are authorised first time.",
        "summary: Too short",
        ["3:10: summary: 9 characters: write 40 to 200"],
    ),
    (
        "summary: A step-by-step day on drafting applications that are authorised first time.",
        "summary: To be written, one sentence of 40 to 200 characters.",
        ["3:10: summary: the draft's placeholder is still here: write your own"],
    ),
]

AGREEMENT = [
    ("starts: 2027-04-28 10:00", "starts: 2027-04-28 16:00", ["34:11: runs[0].ends is before runs[0].starts"]),
    ("starts: 2027-04-28 10:00", "starts: 2027-04-28 15:30", ["34:11: runs[0].ends is the same as runs[0].starts"]),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-04-28",
        ["34:11: runs[0].starts and runs[0].ends: write a time in both or in neither"],
    ),
    (
        "    capacity: 60",
        "    days: [{starts: 2027-04-28}]",
        ["35:11: runs[0].days stands instead of starts and ends: write one or the other"],
    ),
    (
        '  - id: "2027-04-28"\n    starts: 2027-04-28 10:00\n    ends: 2027-04-28 15:30',
        "  - days:\n      - {starts: 2027-04-28 10:00, ends: 2027-04-28 16:00}\n      - {starts: 2027-04-28 15:00, ends: 2027-04-28 17:00}\n      - {starts: 2027-04-29 15:00, ends: 2027-04-29 14:00}",
        [
            "34:18: runs[0].days[1].starts is before runs[0].days[0].ends",
            "35:42: runs[0].days[2].ends is before runs[0].days[2].starts",
        ],
    ),
    (
        '  - id: "2027-04-28"\n    starts: 2027-04-28 10:00\n    ends: 2027-04-28 15:30',
        "  - days:\n      - {starts: 2027-04-29}\n      - {starts: 2027-04-28}",
        ["34:18: runs[0].days[1].starts is before runs[0].days[0].ends"],
    ),
    (
        "booking: {opens: 2027-01-05, closes: 2027-04-27 17:00}",
        "booking: {closes: 2027-04-28 10:01}",
        ["36:23: runs[0].booking.closes is after runs[0].starts"],
    ),
    (
        "booking: {opens: 2027-01-05, closes: 2027-04-27 17:00}",
        "booking: {closes: 2027-04-28}",
        ["36:23: runs[0].booking.closes is after runs[0].starts (a date without a time lasts until its midnight)"],
    ),
    (
        "booking: {opens: 2027-01-05, closes: 2027-04-27 17:00}",
        "booking: {opens: 2027-04-28 10:00}",
        ["36:22: runs[0].booking.opens is not before runs[0].starts"],
    ),
    (
        "booking: {opens: 2027-01-05, closes: 2027-04-27 17:00}",
        "booking: {opens: 2027-04-01, closes: 2027-03-31}",
        ["36:22: runs[0].booking.opens is not before runs[0].booking.closes"],
    ),
    (
        "    capacity: 60",
        "    status: rescheduled",
        ["35:13: runs[0].previously is missing: write the date that the run had"],
    ),
    ("early: {price: 189.00", "early: {price: 209.00", ["24:20: rates[0].early.price is not below rates[0].price"]),
    (
        "early: {price: 189.00, until: 2027-03-01}",
        "per: organisation",
        ["24:10: rates[0].covers is missing: say how many people one price per organisation covers"],
    ),
    (
        "early: {price: 189.00, until: 2027-03-01}",
        "per: organisation\n    covers: 61",
        ["25:13: rates[0].covers: 61 is out of range: write 1 to 60"],
    ),
    ("id: industry", "id: public-sector", ["25:9: rates[1].id is the same as rates[0].id: public-sector"]),
    ("runs:\n", "runs:\n  - starts: 2027-04-28\n", ["33:9: runs[1].id is the same as runs[0].id: 2027-04-28"]),
    (
        "runs:\n",
        'runs:\n  - {id: "2027-04-28", starts: 2027-05-28}\n',
        ["33:9: runs[1].id is the same as runs[0].id: 2027-04-28"],
    ),
    (
        "{from: 10, percent: 15}",
        "{from: 10, percent: 10}",
        ["30:25: group_discounts[1].percent is not above group_discounts[0].percent"],
    ),
    (
        "{from: 10, percent: 15}",
        "{from: 5, percent: 15}",
        ["30:12: group_discounts[1].from is not above group_discounts[0].from"],
    ),
    ("  platform: Microsoft Teams\n", "", ["16:9: delivery.platform is missing: mode online needs it"]),
    ("mode: online", "mode: in-person", ["16:9: delivery.venue is missing: mode in-person needs its name and address"]),
    ("mode: online", "mode: hybrid", ["16:9: delivery.venue is missing: mode hybrid needs its name and address"]),
    ("image: drafting.png\n", "", ["6:12: image is missing: name the picture that image_alt tells of"]),
    ("image_alt: A form and a pen\n", "", ["6:8: image_alt is missing: say what the picture shows"]),
    ("topics: [covert, digital]", "topics: [covert, covert]", ["5:18: topics[1] is the same as topics[0]: covert"]),
    (
        "vat: standard",
        "extras:\n  - {id: dinner, name: Dinner, price: 20, vat: standard}\n  - {id: dinner, name: Lunch, price: 10, vat: zero}",
        ["21:10: extras[1].id is the same as extras[0].id: dinner"],
    ),
]

WARNINGS = [
    (
        "title: Drafting applications",
        "title: Drafting Drafting Drafting Drafting Drafting Drafting Drafting Drafting ",
        ["2:8: warning: title has 71 characters: search engines cut it after 70"],
    ),
    (
        "early: {price: 189.00, until: 2027-03-01}",
        "early: {price: 189.00, until: 2027-04-28}",
        ["24:35: warning: rates[0].early.until is after the run starts: the early price never ends"],
    ),
    (
        "early: {price: 189.00, until: 2027-03-01}",
        "covers: 10",
        ["24:13: warning: rates[0].covers is not used: per is delegate"],
    ),
    (
        "  platform: Microsoft Teams",
        "  platform: Microsoft Teams\n  venue: {name: Example House, address: London}",
        ["18:10: warning: delivery.venue is not used: mode is online"],
    ),
    (
        "    capacity: 60",
        "    previously: 2027-03-10",
        ["35:17: warning: runs[0].previously is not used: status is scheduled"],
    ),
    (
        "ends: 2027-04-28 15:30",
        "ends: 2027-04-29 15:30",
        ["34:11: warning: runs[0].ends is on another day than runs[0].starts: list the days under days"],
    ),
    (
        "    ends: 2027-04-28 15:30\n",
        "",
        ["33:13: warning: runs[0] has no ends: pages cannot say when it is over"],
    ),
    ("vat: standard", "highlights: [Only one]", ["19:13: warning: highlights: 1 given, three to six read best"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), PRICES)
def test_a_price_is_pounds_and_whole_pence_or_is_told_what_to_write(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


@pytest.mark.parametrize("written", ["199", "199.00", '"199.00"', "'199'"])
def test_a_price_means_the_same_pence_however_it_may_be_written(spoil: Callable[..., Path], written: str) -> None:
    content = read_content(spoil("price: 249.50", f"price: {written}")).content
    assert content is not None
    assert content.workshops[0].workshop.runs[0].rate("industry").net == 199_00


@pytest.mark.parametrize(("old", "new", "expected"), DATES)
def test_a_date_is_a_day_of_the_calendar_or_is_told_what_to_write(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), NAMES)
def test_a_misspelt_or_unfit_word_is_told_with_a_suggestion(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), AGREEMENT)
def test_fields_that_do_not_agree_are_told_at_the_one_to_change(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), WARNINGS)
def test_what_may_not_be_meant_is_a_warning(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


def test_a_warning_does_not_stop_the_build(spoil: Callable[..., Path]) -> None:
    reading = read_content(spoil("title: Drafting applications", f"title: {'x' * 71}"))
    assert reading.content is not None
    assert [fault.warning for fault in reading.warnings] == [True]


def test_an_ambiguous_autumn_time_is_its_earlier_reading(spoil: Callable[..., Path]) -> None:
    content = read_content(
        spoil(
            "    starts: 2027-04-28 10:00\n    ends: 2027-04-28 15:30",
            "    starts: 2027-10-31 01:30\n    ends: 2027-10-31 15:30",
        )
    ).content
    assert content is not None
    assert content.workshops[0].workshop.runs[0].starts.first_instant() == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_every_problem_of_every_file_is_told_at_once_by_file_and_line(
    content_folder: Path, spoil: Callable[..., Path]
) -> None:
    spoil("price: 249.50", "price: 249.5")
    spoil("title: Drafting applications", "ttle: Drafting")
    spoil("name: Adrian Example", "nme: Adrian", "speakers/adrian-example.md")
    spoil("name: Example Training", "name:", "provider.yaml")
    (content_folder / "workshops" / "Odd Name.md").write_text("", encoding="utf-8")
    with pytest.raises(ContentFaults) as raised:
        load_content(content_folder)
    assert str(raised.value).splitlines() == [
        "content/provider.yaml:1:6: name: nothing is written here: fill it in",
        "content/speakers/adrian-example.md:2:1: nme: did you mean name?",
        "content/workshops/Odd Name.md:1:1: this name cannot be an address: rename it to odd-name.md",
        "content/workshops/drafting.md:2:1: ttle: did you mean title?",
        "content/workshops/drafting.md:27:12: rates[1].price: 249.5 is not a price: write 249.50",
    ]
    assert [fault.line for fault in raised.value.faults] == [1, 2, 1, 2, 27]
