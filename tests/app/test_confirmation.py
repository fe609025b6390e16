"""Confirmation mails: who is told what, to the penny and the minute."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from tests.builders import (
    AS_OF,
    SECRET,
    a_booking,
    a_catalogue,
    a_day,
    a_provider,
    a_rate,
    a_run,
    a_workshop,
    delegates,
)
from workshops.app.confirmation import Obsolete, confirmation
from workshops.app.links import link_token
from workshops.app.ports import Message, MessageKind, Now
from workshops.domain.booking import Buyer, Delegate
from workshops.domain.catalogue import UnknownRun
from workshops.domain.moment import Moment
from workshops.domain.money import BasisPoints, Pence
from workshops.domain.vat import VatRate
from workshops.domain.workshop import (
    Delivery,
    DeliveryMode,
    EventStatus,
    Extra,
    ExtraId,
    GroupDiscount,
    Per,
    Venue,
)
from workshops.theme import environment

SITE = "https://training.example.org"
LINK = f"{SITE}/booking/{link_token(SECRET, 'B7K2M9QX', 1)}"
WIDEST = 72

_theme = environment(Path("theme"))


def render(template: str, view) -> str:
    return _theme.get_template(template).render(view)


def mail_to(delegate: int | None, booking, workshop=None, *, at=AS_OF, provider=None):
    kind = MessageKind.DELEGATE_CONFIRMATION if delegate else MessageKind.BUYER_CONFIRMATION
    catalogue = a_catalogue(*([workshop] if workshop else []), provider=provider or a_provider())
    return confirmation(
        Message(booking.id, kind, delegate),
        booking,
        catalogue=catalogue,
        render=render,
        now=Now(business=at, machine=at),
        site_url=SITE,
        secret=SECRET,
    )


def to_buyer(workshop=None, *, at=AS_OF, provider=None, **changes):
    return mail_to(None, a_booking(workshop, at=at, **changes), workshop, at=at, provider=provider)


def to_delegate(workshop=None, *, number=1, at=AS_OF, **changes):
    return mail_to(number, a_booking(workshop, at=at, **changes), workshop, at=at)


class Seen(HTMLParser):
    """What a reader of the HTML sees, its links, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.links, self.tags = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        if self.tags and self.tags[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def seen(mail) -> str:
    return Seen(mail.html).text


def flat(mail) -> str:
    return " ".join(mail.text.split())


def event_of(mail):
    (attachment,) = mail.attachments
    (event,) = Calendar.from_ical(attachment.content).walk("VEVENT")
    return event


# --- money ---


def test_three_delegates_at_209_pounds_cost_752_40_with_vat_in_both_parts():
    mail = to_buyer()

    for told in (flat(mail), seen(mail)):
        assert "3 × £209.00 £627.00 VAT at 20% £125.40 Line total £752.40" in told
        assert "In all Net £627.00 VAT at 20% (on £627.00) £125.40 Total paid £752.40" in told


def test_amounts_of_the_text_stand_in_one_column():
    amounts = [line for line in to_buyer().text.splitlines() if re.search(r"£[\d,.]+$", line)]

    assert {len(line) for line in amounts} == {WIDEST}


def test_two_rates_of_vat_are_summed_apart():
    workshop = a_workshop(
        extras=(
            Extra(ExtraId("dinner"), "Conference dinner", Pence(2917), VatRate.REDUCED),
            Extra(ExtraId("room"), "Room", Pence(8000), VatRate.STANDARD),
        )
    )
    mail = to_buyer(workshop, extras={"dinner": 3, "room": 1})

    for told in (flat(mail), seen(mail)):
        assert "Conference dinner 3 × £29.17 £87.51 VAT at 5% £4.38 Line total £91.89" in told
        assert "Net £794.51 VAT at 20% (on £707.00) £141.40 VAT at 5% (on £87.51) £4.38 Total paid £940.29" in told


def test_an_exempt_workshop_says_so_and_adds_no_vat():
    mail = to_buyer(a_workshop(vat=VatRate.EXEMPT))

    for told in (flat(mail), seen(mail)):
        assert "Net £627.00 Exempt from VAT (on £627.00) £0.00 Total paid £627.00" in told
        assert "VAT at" not in told


def test_a_provider_who_is_not_registered_says_why_there_is_no_vat():
    mail = to_buyer(a_workshop(vat=VatRate.NOT_REGISTERED))

    assert "No VAT: the provider is not registered (on £627.00) £0.00 Total paid £627.00" in flat(mail)


def test_an_organisations_price_is_one_unit_for_all_its_people():
    rate = a_rate(per=Per.ORGANISATION, covers=10, net=Pence(90000))
    mail = to_buyer(a_workshop(a_run(rates=(rate,))), places=4)

    for told in (flat(mail), seen(mail)):
        assert "Your booking of 4 places (this rate covers up to 10) for Example Constabulary" in told
        assert "1 × £900.00 £900.00 VAT at 20% £180.00 Line total £1,080.00" in told


def test_a_discount_is_shown_with_the_price_it_came_from():
    mail = to_buyer(a_workshop(group_discounts=(GroupDiscount(3, BasisPoints(1000)),)))

    for told in (flat(mail), seen(mail)):
        assert "List price £209.00; group of 3, 10% off 3 × £188.10 £564.30" in told


def test_a_booking_paid_later_does_not_claim_to_be_paid():
    told = flat(to_buyer(session=None, purchase_order="PO-4711"))

    assert "Purchase order: PO-4711" in told
    assert "Total £752.40" in told
    assert "Total paid" not in told


def test_the_invoice_is_linked_where_there_is_one():
    mail = to_buyer(invoice_url="https://pay.example.org/i/1")

    assert "Your invoice: https://pay.example.org/i/1" in flat(mail)
    assert "https://pay.example.org/i/1" in Seen(mail.html).links
    assert "not a VAT invoice" in flat(to_buyer())


# --- who is told what ---


def test_the_buyer_gets_the_mail_and_answers_reach_the_provider():
    mail = to_buyer()

    assert mail.to == "chris@example.police.uk"
    assert mail.reply_to == "booking@training.example.org"
    assert mail.tag == "B7K2M9QX-buyer-buyer_confirmation-1"
    assert mail.subject == "Booking confirmed: Technology Assisted Harmful Sexual Behaviour, 28 April 2026"


def test_the_buyer_is_told_who_comes_and_where_the_booking_is():
    mail = to_buyer()

    assert "1. Alex Sample alex.1@example.police.uk 2. Sam Specimen sam.2@example.police.uk 3. Jo Instance" in flat(
        mail
    )
    assert "Alex Sample alex.1@example.police.uk Sam Specimen sam.2@example.police.uk Jo Instance" in seen(mail)
    assert LINK in flat(mail)
    assert LINK in Seen(mail.html).links
    assert "Booking number: B7K2M9QX" in flat(mail)


def test_the_link_is_that_of_the_bookings_revision():
    mail = to_buyer(link_revision=2)

    assert f"{SITE}/booking/{link_token(SECRET, 'B7K2M9QX', 2)}" in mail.text
    assert LINK not in mail.text


def test_names_left_for_later_are_asked_for():
    mail = to_buyer(delegates=delegates(3, named=1))

    for told in (flat(mail), seen(mail)):
        assert "Name to be given" in told
        assert "2 names are still to be given. Please give names and e-mail addresses on your booking" in told
    assert "1 name is still to be given" in flat(to_buyer(delegates=delegates(3, named=2)))
    assert "still to be given" not in flat(to_buyer())


def test_the_buyer_is_told_the_terms_and_whom_to_ask():
    mail = to_buyer()

    assert "write to booking@training.example.org, or telephone +44 20 7946 0000." in flat(mail)
    assert f"Booking and cancellation terms: {SITE}/booking-terms/" in flat(mail)
    assert {f"{SITE}/booking-terms/", "mailto:booking@training.example.org", "tel:+442079460000"} <= set(
        Seen(mail.html).links
    )
    assert "VAT number GB 000 0000 00" in flat(mail)


def test_what_the_provider_has_not_filled_in_is_left_out():
    bare = a_provider(
        telephone=None,
        legal_name=None,
        address=None,
        company_number=None,
        vat_number=None,
        terms_page=None,
        privacy_page=None,
    )
    mail = to_buyer(provider=bare)

    for told in (flat(mail), seen(mail)):
        assert "None" not in told
        assert "telephone" not in told
        assert "VAT number" not in told
        assert "terms" not in told


def test_a_delegate_is_told_of_their_own_place_alone():
    mail = to_delegate(number=2, purchase_order="PO-4711", invoice_url="https://pay.example.org/i/1")

    assert mail.to == "sam.2@example.police.uk"
    assert mail.tag == "B7K2M9QX-D02-delegate_confirmation-1"
    assert mail.subject == "Your place is confirmed: Technology Assisted Harmful Sexual Behaviour, 28 April 2026"
    for told in (mail.text, mail.html):
        assert "Sam Specimen" in told
        for secret in ("£", "Alex", "Jo Instance", "Chris", "Constabulary", "PO-4711", "pay.example.org", "/booking/"):
            assert secret not in told


def test_a_delegate_learns_how_the_address_came_to_us():
    mail = to_delegate()

    assert f"How we use them: {SITE}/privacy/" in flat(mail)
    assert f"{SITE}/privacy/" in Seen(mail.html).links


def test_a_delegate_without_a_name_cannot_be_written_to():
    with pytest.raises(Obsolete):
        to_delegate(number=3, delegates=delegates(3, named=2))


def test_nor_can_one_who_is_not_of_the_booking():
    with pytest.raises(Obsolete):
        to_delegate(number=4)


def test_a_run_that_the_catalogue_does_not_have_cannot_be_told_of():
    with pytest.raises(UnknownRun):
        to_buyer(run="2031-01-01")


# --- dates, places, joining ---


def test_a_date_without_times_is_told_alone_and_is_an_all_day_entry():
    mail = to_buyer()
    event = event_of(mail)

    for told in (flat(mail), seen(mail)):
        assert "Tuesday 28 April 2026 The times of day are to be confirmed." in told
    assert event["DTSTART"].dt == date(2026, 4, 28)
    assert event["DTEND"].dt == date(2026, 4, 29)


def test_a_time_in_summer_is_uk_time_in_words_and_utc_in_the_calendar():
    mail = to_delegate(a_workshop(a_run(days=(a_day(date(2026, 4, 28), "10:00", "15:30"),))))
    event = event_of(mail)

    for told in (flat(mail), seen(mail)):
        assert "Tuesday 28 April 2026, 10:00 to 15:30 UK time" in told
        assert "to be confirmed" not in told
    assert b"DTSTART:20260428T090000Z" in mail.attachments[0].content
    assert event["DTEND"].dt == datetime(2026, 4, 28, 14, 30, tzinfo=UTC)


def test_a_time_in_winter_is_the_same_in_utc():
    mail = to_delegate(a_workshop(a_run(days=(a_day(date(2026, 12, 1), "10:00", "15:30"),))))

    assert event_of(mail)["DTSTART"].dt == datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


def test_each_day_of_several_is_told_with_its_times():
    days = (a_day(date(2026, 10, 24), "10:00", "16:00"), a_day(date(2026, 10, 26), "09:30", "12:00"))
    mail = to_delegate(a_workshop(a_run(days=days)))

    told = "Saturday 24 October 2026, 10:00 to 16:00 UK time Monday 26 October 2026, 09:30 to 12:00 UK time"
    assert told in flat(mail)
    assert told in seen(mail)


def test_a_time_in_another_zone_is_told_in_london_too():
    days = (a_day(date(2026, 4, 28), "00:30", "02:00", zone="Europe/Paris"),)
    mail = to_delegate(a_workshop(a_run(days=days, timezone="Europe/Paris")))

    for told in (flat(mail), seen(mail)):
        assert "Tuesday 28 April 2026, 00:30 to 02:00 Paris time" in told
        assert "In London: Monday 27 April 2026" in told


def test_the_calendar_entry_is_attached_as_one_that_calendars_understand():
    (attachment,) = to_delegate().attachments

    assert attachment.filename == "harmful-sexual-behaviour-2026-04-28.ics"
    assert attachment.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert Calendar.from_ical(attachment.content)["METHOD"] == "PUBLISH"


@pytest.mark.parametrize(
    ("delivery", "told"),
    [
        (Delivery(DeliveryMode.ONLINE, "Microsoft Teams"), "Online, through Microsoft Teams"),
        (Delivery(DeliveryMode.IN_PERSON, venue=Venue("The Hall", "1 Example Street")), "The Hall, 1 Example Street"),
        (
            Delivery(DeliveryMode.HYBRID, "Zoom", Venue("The Hall", "1 Example Street")),
            "The Hall, 1 Example Street Online, through Zoom",
        ),
    ],
)
def test_where_it_is_held_is_told(delivery, told):
    mail = to_delegate(a_workshop(delivery=delivery))

    assert told in flat(mail)
    assert told in seen(mail)


@pytest.mark.parametrize(
    ("before", "at", "told"),
    [
        (7, AS_OF, "The link to join will be sent to you 7 days before, on Tuesday 21 April 2026."),
        (1, AS_OF, "The link to join will be sent to you 1 day before, on Monday 27 April 2026."),
        (0, AS_OF, "The link to join will be sent to you on Tuesday 28 April 2026."),
        (
            7,
            datetime(2026, 4, 20, 22, 59, tzinfo=UTC),
            "The link to join will be sent to you 7 days before, on Tuesday 21 April 2026.",
        ),
        (7, datetime(2026, 4, 20, 23, 0, tzinfo=UTC), "The link to join will be sent to you shortly."),
        (7, datetime(2026, 4, 27, 9, 0, tzinfo=UTC), "The link to join will be sent to you shortly."),
    ],
)
def test_when_the_joining_details_come_is_told_as_of_now(before, at, told):
    assert told in flat(to_delegate(a_workshop(a_run(joining_days_before=before)), at=at))


@pytest.mark.parametrize(
    ("status", "told", "joining"),
    [
        (EventStatus.TENTATIVE, "This date is provisional.", True),
        (EventStatus.POSTPONED, "This date has been postponed.", False),
        (EventStatus.CANCELLED, "This date has been cancelled.", False),
    ],
)
def test_a_date_that_does_not_stand_is_not_told_as_if_it_did(status, told, joining):
    mail = to_buyer(a_workshop(a_run(status=status)))

    for words in (flat(mail), seen(mail)):
        assert told in words
        assert ("The link to join" in words) is joining


def test_a_date_that_moved_is_told_with_the_old_one():
    run = a_run(status=EventStatus.RESCHEDULED, previously=Moment(date(2026, 3, 10)))

    assert "This is the new date. It was Tuesday 10 March 2026." in flat(to_buyer(a_workshop(run)))


# --- hostile and unusual input ---

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    'O\'Neill & Söhne "Ltd"',
    "\u202egnorw\u202c שָׁלוֹם مرحبا",
    "👩🏽‍💻 Zoë",
    "x" * 200,
    "{{ provider }} {% raw %}",
    "Line\r\nTotal £0.00\nBcc: somebody@example.org",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_told_as_it_was_given_and_does_nothing(name):
    hostile = a_booking(
        buyer=Buyer(name, "chris@example.police.uk", name),
        delegates=(Delegate(1, name, "a@example.org"),),
        places=1,
        purchase_order=name,
    )
    plain = a_booking(places=1, purchase_order="PO")
    one_line = " ".join(name.split())

    for number in (None, 1):
        mail = mail_to(number, hostile)
        assert f"Dear {one_line}," in mail.text
        assert one_line in seen(mail)
        assert Seen(mail.html).tags == Seen(mail_to(number, plain).html).tags
        assert name not in mail.subject


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
@settings(max_examples=30, deadline=None)
def test_no_name_begins_a_line_of_its_own_in_the_text(name):
    forged = mail_to(1, a_booking(delegates=(Delegate(1, f"Alex{name}Sample", "a@example.org"),), places=1))
    plain = mail_to(1, a_booking(places=1))

    assert len(forged.text.splitlines()) == len(plain.text.splitlines())


def test_lines_of_the_text_are_at_most_72_columns_but_for_addresses_of_pages():
    workshop = a_workshop(
        title="Technology assisted harmful sexual behaviour: children and young people who engage in online activity"
    )
    mail = to_buyer(workshop, delegates=delegates(3, named=1))

    assert [line for line in mail.text.splitlines() if len(line) > WIDEST and not line.startswith("https://")] == []


def test_the_html_stands_without_pictures_scripts_or_anything_fetched():
    mail = to_buyer()

    assert not {"img", "script", "link", "iframe"} & set(Seen(mail.html).tags)
    assert "url(" not in mail.html
    assert 'content="light dark"' in mail.html
    assert mail.html.startswith("<!doctype html>")
    assert len(mail.html.encode()) < 20_000
