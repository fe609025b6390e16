"""`POST /api/checkout` and `GET /api/availability/…`: statuses, words and headers, as a browser and a program see them."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions import checkout, wiring
from tests.builders import AS_OF, a_day, a_rate, a_run, a_workshop
from tests.office import JSON, PAGE, an_event, errors, forget, invoked, with_body
from workshops.domain.moment import Moment
from workshops.domain.vat import VatRate
from workshops.domain.workshop import EarlyPrice, EventStatus, Extra, ExtraId, GroupDiscount, RateId
from workshops.formats.booking_form import form_view
from workshops.formats.human import pounds

SERIAL = count(1)
PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}
DINNER = Extra(ExtraId("dinner"), "Conference dinner", 2917, VatRate.STANDARD, 2)


# --- booked -----------------------------------------------------------------------------------------------------------


def test_a_form_as_a_browser_posts_it_leads_to_the_payment_page(office):
    answer = invoked(checkout, an_event("checkout"))
    assert answer == {
        "statusCode": 303,
        "headers": {"location": office.held().session_url, **PRIVATE},
        "body": "",
    }
    assert office.held().quote.total.gross == 25080


def test_a_form_posted_twice_at_once_leads_to_one_page(office, till):
    till.trouble("delay", when="after", seconds=0.2)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: office.post(), range(2))
    assert (first["statusCode"], first) == (303, second)
    assert office.whole().states() == ["held"]


def test_a_form_posted_again_after_paying_leads_to_the_return_page(office):
    office.post()
    office.paid()
    location = office.post()["headers"]["location"]
    assert location == f"https://training.example.org/booking/return?session_id={office.confirmed().session}"


def test_a_booking_number_is_easy_to_say_on_the_telephone(office):
    office.post()
    assert len(office.held().id) == 10
    assert not set(office.held().id) & set("01OIUL") - set("UL")


# --- refused ----------------------------------------------------------------------------------------------------------


def test_a_bad_form_is_422_with_a_sentence_for_each_field(office):
    answer = office.post(quantity="0", buyer_email="chris", accept_terms=None)
    assert answer["statusCode"] == 422
    assert answer["headers"] == {"content-type": "application/problem+json", **PRIVATE}
    assert errors(answer) == {
        "quantity": "Enter how many places you need, from 1 to 20; for more, write to us",
        "buyer_email": "Enter an e-mail address in full, such as name@example.org",
        "accept_terms": "Accept the booking terms to book",
    }
    assert office.whole().items == []


def test_a_browser_gets_the_form_again_filled_in_with_an_error_summary(office):
    answer = office.post(accept=PAGE, buyer_name='<b>Chris</b> & "Co"', buyer_email="chris", organisation="")
    html = answer["body"]
    assert answer["statusCode"] == 422
    assert answer["headers"] == {"content-type": "text/html; charset=utf-8", **PRIVATE}
    assert "There is a problem" in html
    assert 'href="#field-buyer_email"' in html
    assert "&lt;b&gt;Chris&lt;/b&gt; &amp; &#34;Co&#34;" in html
    assert "<b>Chris" not in html
    assert 'value="sam@example.police.uk"' in html


def test_a_robot_is_told_in_a_visible_sentence(office):
    answer = office.post(accept=PAGE, website="https://spam.example")
    assert answer["statusCode"] == 422
    assert "Leave the field “website” empty" in answer["body"]


@pytest.mark.parametrize("pay", [{"pay": "invoice"}, {"code": "HALF"}])
def test_what_is_not_yet_taken_is_422(office, pay):
    answer = office.post(**pay)
    assert answer["statusCode"] == 422
    assert "not yet taken here" in errors(answer)[next(iter(pay))]


@pytest.mark.parametrize(
    "unknown", [{"workshop": "nothing"}, {"run": "2026-04-29"}, {"workshop": None}, {"run": "\x00"}]
)
@pytest.mark.parametrize("accept", [JSON, PAGE])
def test_an_unknown_run_is_422_and_leads_to_the_list_of_workshops(office, unknown, accept):
    answer = office.post(accept=accept, **unknown)
    assert answer["statusCode"] == 422
    assert "Choose one from the list of workshops" in answer["body"]


def test_a_forged_price_is_409_with_the_price_in_force(office):
    answer = office.post(**{"shown_public-sector": "1"})
    assert answer["statusCode"] == 409
    assert "£627.00 + £125.40 VAT = £752.40" in errors(answer)["rate"]
    assert office.whole().items == []


def test_after_a_price_change_the_form_offers_the_new_price(office):
    html = office.post(accept=PAGE, shown_total="1")["body"]
    assert "The price has changed" in html
    assert 'name="shown_public-sector" value="20900"' in html


@pytest.mark.parametrize(
    ("places", "capacity", "told"),
    [
        ("3", 3, "No places are left. Write to booking@training.example.org and we will tell you what is possible"),
        ("3", 4, "Only 1 place is left: choose fewer, or write to us"),
        ("3", 5, "Only 2 places are left: choose fewer, or write to us"),
    ],
)
def test_a_run_without_enough_places_is_409_and_says_how_many_are_left(office, places, capacity, told):
    office.sells(a_workshop(a_run(capacity=capacity)))
    office.post(buyer_email="first@example.org", quantity="3")
    answer = office.post(quantity=places)
    assert (answer["statusCode"], errors(answer)) == (409, {"quantity": told})


def test_an_extra_that_has_run_out_is_409_at_its_own_field(office):
    office.sells(a_workshop(extras=(DINNER,)))
    answer = office.post(extra_dinner="3")
    assert (answer["statusCode"], errors(answer)) == (409, {"extra_dinner": "Only 2 of these are left: choose fewer"})


@pytest.mark.parametrize(
    ("changes", "as_of", "told"),
    [
        ({"opens": Moment(date(2026, 3, 5), time(9))}, AS_OF, "Booking opens on Thursday 5 March 2026 at 09:00."),
        ({"closes": Moment(date(2026, 3, 1))}, AS_OF, "Booking for Tuesday 28 April 2026 has closed."),
        ({}, datetime(2026, 5, 1, tzinfo=UTC), "It took place on Tuesday 28 April 2026."),
        ({"status": EventStatus.CANCELLED}, AS_OF, "It will not take place on Tuesday 28 April 2026."),
        ({"status": EventStatus.POSTPONED}, AS_OF, "A new date is not fixed yet."),
        ({"status": EventStatus.TENTATIVE}, AS_OF, "Until then it is booked by purchase order only."),
    ],
)
@pytest.mark.parametrize("accept", [JSON, PAGE])
def test_a_run_that_cannot_be_booked_is_410_and_says_why(office, changes, as_of, told, accept):
    office.sells(a_workshop(a_run(**changes)))
    office.open_as_of(as_of)
    answer = office.post(accept=accept)
    assert answer["statusCode"] == 410
    assert told in answer["body"]
    assert "booking@training.example.org" in answer["body"]
    assert office.whole().items == []


def test_an_archived_workshop_is_410_and_is_still_known_to_those_who_booked_it(office):
    office.post()
    office.paid()
    office.sells(a_workshop(archived=True))

    assert office.post(buyer_email=["else@example.police.uk"])["statusCode"] == 410
    assert "confirmed" in office.buyers_page(office.token())["body"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
@pytest.mark.usefixtures("office")
def test_another_method_is_405_with_the_one_that_is_allowed(method):
    answer = invoked(checkout, an_event("checkout", method=method, accept=JSON))
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")


@pytest.mark.usefixtures("office")
def test_another_content_type_is_415():
    event = an_event("checkout", accept=JSON, **{"content-type": "application/json"})
    assert invoked(checkout, event)["statusCode"] == 415


@pytest.mark.parametrize("accept", [JSON, PAGE])
@pytest.mark.usefixtures("office")
def test_a_body_of_five_megabytes_is_413(accept):
    event = with_body(an_event("checkout", accept=accept), b"buyer_name=" + b"x" * 5_000_000)
    assert invoked(checkout, event)["statusCode"] == 413


@pytest.mark.usefixtures("office")
def test_a_body_that_is_not_utf_8_is_400():
    event = with_body(an_event("checkout", accept=JSON), b"buyer_name=%FF")
    assert invoked(checkout, event)["statusCode"] == 400


@pytest.mark.parametrize("accept", [JSON, PAGE])
@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "error", "status": 500, "times": 2},
        {"kind": "drop", "times": 2},
        {"kind": "error", "status": 429, "times": 2},
    ],
)
def test_without_the_payment_provider_it_is_503_and_nothing_is_kept(office, till, trouble, accept):
    till.trouble(**trouble)
    answer = office.post(accept=accept)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "60")
    assert "Nothing was charged" in answer["body"]
    assert "booking@training.example.org" in answer["body"]
    assert office.whole().states() == ["expired"]
    till.calm()
    assert office.post()["statusCode"] == 303


def test_a_payment_provider_that_is_too_slow_is_503_in_good_time(office, till, monkeypatch):
    monkeypatch.setattr("workshops.adapters.stripe.TIMEOUTS", (0.5, 0.2))
    till.trouble("delay", seconds=0.5, times=2)
    assert office.post()["statusCode"] == 503
    assert office.whole().states() == ["expired"]


def test_an_account_that_is_not_set_up_is_503_and_the_log_says_what_to_do(office, caplog, monkeypatch):
    monkeypatch.setattr("workshops.adapters.stripe.tax_rates", lambda _: {})
    assert office.post()["statusCode"] == 503
    assert "run `workshops setup stripe`" in caplog.text
    assert "Traceback" not in caplog.text


def test_without_the_table_it_is_503(office, monkeypatch):
    office.sells(a_workshop(a_run(capacity=5)))
    monkeypatch.setenv("WORKSHOPS_TABLE", "not-there")
    forget()
    assert office.post()["statusCode"] == 503
    answer = office.availability()
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "60")


# --- availability -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "told"),
    [
        (None, {"places_left": None, "state": "open"}),
        (60, {"places_left": None, "state": "open"}),
        (23, {"places_left": 20, "state": "open"}),
        (8, {"places_left": 5, "state": "few places"}),
        (3, {"places_left": 0, "state": "full"}),
    ],
)
def test_availability_is_told_for_a_minute(office, capacity, told):
    office.sells(a_workshop(a_run(capacity=capacity)))
    office.post()
    answer = office.availability()
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, told)
    assert answer["headers"] == {
        "content-type": "application/json",
        "cache-control": "public, max-age=60",
        "vary": "accept",
    }


def test_a_browser_gets_availability_as_a_page(office):
    office.sells(a_workshop(a_run(capacity=5)))
    html = office.availability(accept=PAGE)["body"]
    assert "Technology Assisted Harmful Sexual Behaviour: few places (5 places left)." in html


@pytest.mark.parametrize(
    "path", ["nothing/2026-04-28", "harmful-sexual-behaviour/2026-04-29", "", "harmful-sexual-behaviour", "a/b/c"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_availability_of_what_is_not_there_is_404(office, path, method):
    assert office.availability(path, method=method)["statusCode"] == 404


def test_availability_cannot_be_posted_to(office):
    answer = office.availability(method="POST")
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD")


# --- people -----------------------------------------------------------------------------------------------------------

PERSONAL = ("Chris", "chris@", "Alex", "alex@", "Constabulary", "police.uk")


def test_no_person_is_named_in_logs_metadata_or_addresses(office, till, caplog):
    caplog.set_level(logging.DEBUG)
    office.post(quantity="0")
    till.trouble("error", status=500, times=2)
    office.post()
    till.calm()
    answer = office.post()
    office.paid()
    office.return_page(office.confirmed().session)
    session = till.sessions_of(office.confirmed().id)[0]
    seen = [answer["headers"]["location"], session["metadata"], session["success_url"], session["cancel_url"]]
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(("botocore", "urllib3"))]
    text = json.dumps([seen, logged])
    assert logged
    assert [personal for personal in PERSONAL if personal in text] == []


# --- every amount -----------------------------------------------------------------------------------------------------

VATS = st.sampled_from(VatRate)


@st.composite
def what_is_ordered(draw):
    """A workshop with prices of all kinds, and an order of it."""
    early = draw(st.one_of(st.none(), st.just(EarlyPrice(draw(st.integers(1000, 20_000)), Moment(date(2026, 4, 1))))))
    rate = a_rate(id=RateId("rate"), net=draw(st.integers(20_000, 99_999)), early=early)
    tiers = draw(st.sampled_from([(), (GroupDiscount(2, 1000), GroupDiscount(5, 1500))]))
    dinner = Extra(ExtraId("dinner"), "Dinner", draw(st.integers(100, 9_999)), draw(VATS))
    run = a_run(rates=(rate,), days=(a_day(),))
    workshop = a_workshop(run, vat=draw(VATS), group_discounts=tiers, extras=(dinner,))
    return workshop, draw(st.sampled_from([1, 2, 3, 5, 10, 20])), draw(st.integers(0, 3))


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=what_is_ordered())
def test_page_quote_session_and_stored_booking_agree_on_every_amount(office, till, order):
    workshop, places, dinners = order
    office.sells(workshop)
    shown = form_view(workshop, workshop.runs[0], AS_OF)["rates"][0]
    net = {"shown_rate": str(shown["net_pence"]), "rate": "rate"}
    left_for_later = {"delegate_name": None, "delegate_email": None, "buyer_email": f"buyer{next(SERIAL)}@example.org"}
    answer = office.post(quantity=str(places), extra_dinner=str(dinners), **net, **left_for_later)
    assert answer["statusCode"] == 303
    booking = next(
        one for one in map(_stored, office.whole().bookings) if one.session_url == answer["headers"]["location"]
    )
    (session,) = till.sessions_of(booking.id)
    (places_line, *_) = booking.quote.lines
    told = next(total for total in shown["totals"] if total["places"] == places)
    assert told["gross"] == pounds(places_line.amount.gross)
    assert session["amount_subtotal"] == booking.quote.total.net
    assert session["total_details"]["amount_tax"] == booking.quote.total.vat
    assert session["amount_total"] == booking.quote.total.gross
    till.pay(session["id"])
    office.webhook(till.event(session["id"], "checkout.session.completed"))
    page = office.return_page(session["id"])["body"]
    assert all(pounds(pence) in page for pence in (booking.quote.total.net, booking.quote.total.gross))


def _stored(item):
    return wiring.bookings().find(item["pk"].removeprefix("BOOKING#"))
