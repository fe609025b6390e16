"""A content folder with every field of the content model, and what becomes of each."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from workshops.domain.catalogue import Provider
from workshops.domain.moment import Moment
from workshops.domain.policy import CancellationTerm
from workshops.domain.vat import VatRate
from workshops.domain.workshop import (
    Day,
    Delivery,
    DeliveryMode,
    EarlyPrice,
    EventStatus,
    Extra,
    GroupDiscount,
    Per,
    Question,
    Rate,
    Run,
    Venue,
    Workshop,
)
from workshops.site.content import BankDetails, Content, OutlineSession, Picture
from workshops.site.reader import MODELS, load_content, read_content
from workshops.site.schema import ProviderFields

WHOLE = Path(__file__).parent / "content_examples" / "whole"
NEW_YORK = "America/New_York"


@pytest.fixture(scope="module")
def whole() -> Content:
    return load_content(WHOLE)


def test_it_is_sound_and_raises_no_doubts() -> None:
    reading = read_content(WHOLE)
    assert (reading.faults, reading.warnings, reading.unfilled) == ((), (), ())


def test_it_has_every_field_there_is() -> None:
    texts = {kind: "\n".join(path.read_text() for path in (WHOLE / kind).glob("*.md")) for kind in MODELS}
    written = {(kind, field) for kind, model in MODELS.items() for field in model.model_fields if field in texts[kind]}
    assert {(kind, field) for kind, model in MODELS.items() for field in model.model_fields} - written == {
        ("speakers", "photo_alt")
    }
    provider = (WHOLE / "provider.yaml").read_text()
    assert {field for field in ProviderFields.model_fields if field not in provider} == {"company_registered"}


def test_the_provider_is_read(whole: Content) -> None:
    assert whole.provider.provider == Provider(
        name="Example Training",
        booking_email="booking@training.example.org",
        telephone="+44 20 7946 0000",
        legal_name="Example Training Limited",
        address="1 Example Street\nLondon\nEX1 1MP",
        company_number="01234567",
        vat_number="GB 123 4567 89",
        vat_registered=True,
        purchase_orders_to="Example Training Limited",
        terms_page="booking-terms",
        privacy_page="privacy",
    )
    assert whole.provider.registered_office == "1 Example Street\nLondon"
    assert whole.provider.invoice_terms_days == 30
    assert whole.provider.trusted_domains == ("police.uk", "gov.uk")
    assert whole.provider.bank == BankDetails("Example Training Limited", "12-34-56", "01234567")
    assert whole.provider.cancellation == (
        CancellationTerm(28, working_days=False, refund=10000, fee=0),
        CancellationTerm(10, working_days=True, refund=5000, fee=1250),
        CancellationTerm(0, working_days=False, refund=0, fee=0),
    )
    assert whole.provider.email == "hello@training.example.org"
    assert whole.provider.calendar_replies == "calendar@training.example.org"
    assert whole.provider.unfilled == ()


def test_what_is_sold_is_read(whole: Content) -> None:
    assert whole.workshops[0].workshop == Workshop(
        slug="drafting-surveillance-applications",
        title="Drafting surveillance applications",
        vat=VatRate.REDUCED,
        delivery=Delivery(DeliveryMode.HYBRID, "Microsoft Teams", Venue("Example House", "1 Example Street, London")),
        runs=(
            Run(
                id="2027-04-28",
                days=(Day(at(2027, 4, 28, 10), at(2027, 4, 28, 15, 30)),),
                timezone="Europe/London",
                rates=(Rate("all", "Everybody", 9900, early=EarlyPrice(8950, at(2027, 4, 1, 12))),),
                capacity=60,
                status=EventStatus.RESCHEDULED,
                previously=Moment(date(2027, 3, 10)),
                opens=Moment(date(2027, 1, 5)),
                closes=at(2027, 4, 27, 17),
                joining_days_before=3,
                max_per_booking=40,
            ),
            Run(
                id="2027-09-14",
                days=(
                    Day(at(2027, 9, 14, 10, zone=NEW_YORK), at(2027, 9, 14, 16, zone=NEW_YORK)),
                    Day(at(2027, 9, 15, 9, 30, zone=NEW_YORK), at(2027, 9, 15, 13, zone=NEW_YORK)),
                ),
                timezone=NEW_YORK,
                rates=rates(NEW_YORK),
                status=EventStatus.TENTATIVE,
            ),
            Run(
                id="2027-11-02",
                days=(Day(Moment(date(2027, 11, 2)), Moment(date(2027, 11, 2))),),
                timezone="Europe/London",
                rates=rates("Europe/London"),
            ),
        ),
        group_discounts=(GroupDiscount(5, 1000), GroupDiscount(10, 1250)),
        extras=(Extra("dinner", "Conference dinner", 2917, VatRate.STANDARD, 60),),
        questions=(Question("access", "Anything we can do to help you take part?", "text", 30),),
    )


def test_what_is_told_of_a_workshop_is_read(whole: Content) -> None:
    page = whole.workshops[0]
    assert page.summary == "A step-by-step day on drafting applications that are authorised first time."
    assert page.highlights == (
        "Works through a sample form",
        "Led by a former authorising officer",
        "Ends with an exercise",
    )
    assert (page.status, page.topics, page.series) == ("published", ("covert", "digital"), "sio-2027")
    assert page.picture == Picture("drafting.png", "A form and a pen")
    assert (page.speakers, page.led_by) == (("adrian-example",), "Example Centre")
    assert page.audience == ("Investigators in major crime",)
    assert page.outline == (
        OutlineSession("Session one: the application", "10:00", ("What the form asks", "Golden rules")),
        OutlineSession("Session two: the exercise", "12:30", ()),
    )
    assert (page.cpd_certificate, page.cpd_hours) == (True, "5.5")


def test_prose_knows_its_place_in_the_file(whole: Content) -> None:
    for page in (*whole.workshops, *whole.speakers, *whole.series, *whole.pages):
        lines = page.prose.source.read_text(encoding="utf-8").split("\n")
        assert "\n".join(lines[page.prose.first_line - 1 :]) == page.prose.markdown


def test_speakers_series_and_pages_are_read(whole: Content) -> None:
    (speaker,) = whole.speakers
    assert (speaker.slug, speaker.name, speaker.role) == (
        "adrian-example",
        "Adrian Example",
        "Retired authorising officer",
    )
    assert (speaker.organisation, speaker.picture) == ("Example Centre", Picture("people/adrian.png", "Adrian Example"))
    (series,) = whole.series
    assert (series.slug, series.title, series.summary) == (
        "sio-2027",
        "Senior investigators 2027",
        "A year of workshops.",
    )
    assert [page.slug for page in whole.pages] == ["booking-terms", "privacy"]
    assert [page.summary for page in whole.pages] == ["What you agree to.", None]


def test_a_series_has_the_workshops_it_puts_in_order_and_then_those_that_name_it(whole: Content) -> None:
    assert whole.series[0].workshops == ("working-with-sources", "drafting-surveillance-applications")


def test_a_draft_is_kept_with_its_status(whole: Content) -> None:
    assert [page.status for page in whole.workshops] == ["published", "draft"]


# ---------------------------------------------------------------------------------------------------------------------


def at(year: int, month: int, day: int, hour: int, minute: int = 0, zone: str = "Europe/London") -> Moment:
    return Moment(date(year, month, day), time(hour, minute), zone)


def rates(zone: str) -> tuple[Rate, ...]:
    who = "Police forces, law-enforcement agencies and government departments"
    early = EarlyPrice(18900, Moment(date(2027, 3, 1), zone=zone))
    return (
        Rate("public-sector", "Law enforcement and government agencies", 20900, who, early),
        Rate("whole-force", "A whole force", 150000, per=Per.ORGANISATION, covers=10),
    )
