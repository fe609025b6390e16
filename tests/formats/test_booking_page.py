"""A booking as two kinds of reader see it: anybody with the address, and the buyer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.builders import a_booking, a_workshop, delegates
from workshops.domain.booking import BookingState
from workshops.domain.vat import VatRate
from workshops.domain.workshop import Extra, ExtraId
from workshops.formats.booking_page import buyers_view, public_view

WORKSHOP = a_workshop(extras=(Extra(ExtraId("dinner"), "Conference dinner", 2917, VatRate.STANDARD),))
RUN = WORKSHOP.runs[0]
ACTION = "/booking/token/delegates"
WAITING = {BookingState.HELD, BookingState.AWAITING_FUNDS}


def for_anybody(**changes):
    return public_view(a_booking(WORKSHOP, **changes), WORKSHOP, RUN, check_again="/again")


def for_the_buyer(typed=None, errors=(), **changes):
    return buyers_view(a_booking(WORKSHOP, **changes), WORKSHOP, RUN, names_action=ACTION, typed=typed, errors=errors)


@pytest.mark.parametrize("state", BookingState)
def test_every_state_is_told_in_words(state):
    view = for_anybody(state=state)
    assert view["state"] == state.value
    assert view["state_heading"]
    assert all(view["state_sentences"])


@pytest.mark.parametrize("state", BookingState)
def test_anybody_may_check_again_while_something_is_awaited(state):
    assert for_anybody(state=state)["check_again_url"] == ("/again" if state in WAITING else None)


@pytest.mark.parametrize("state", BookingState)
def test_anybody_sees_nothing_of_the_people(state):
    private = {"purchase_order": "PO 4711", "invoice_url": "https://pay.example/invoice"}
    text = json.dumps(for_anybody(state=state, **private))
    for personal in ("Chris", "example.police.uk", "Alex", "Constabulary", "PO 4711", "pay.example"):
        assert personal not in text


def test_amounts_are_told_line_by_line_to_the_penny():
    view = for_anybody(places=3, extras={"dinner": 3})
    assert view["lines"] == [
        {
            "description": "Law enforcement and government agencies",
            "quantity": 3,
            "unit_net": "£209.00",
            "list_net": None,
            "vat_label": "VAT at 20%",
            "discount": None,
            "net": "£627.00",
            "vat": "£125.40",
            "gross": "£752.40",
        },
        {
            "description": "Conference dinner",
            "quantity": 3,
            "unit_net": "£29.17",
            "list_net": None,
            "vat_label": "VAT at 20%",
            "discount": None,
            "net": "£87.51",
            "vat": "£17.50",
            "gross": "£105.01",
        },
    ]
    assert view["total"] == {"net": "£714.51", "vat": "£142.90", "gross": "£857.41"}
    assert view["places"] == "3 places"


def test_the_page_leads_to_the_workshop_and_its_calendar_entry():
    view = for_anybody()
    assert view["workshop_url"] == "/workshops/harmful-sexual-behaviour/"
    assert view["calendar_url"] == "/workshops/harmful-sexual-behaviour/2026-04-28.ics"
    assert (view["title"], view["dates"]) == (WORKSHOP.title, "Tuesday 28 April 2026")


def test_the_buyer_sees_the_people_the_invoice_and_the_order():
    view = for_the_buyer(purchase_order="PO 4711", invoice_url="https://pay.example/invoice")
    assert view["organisation"] == "Example Constabulary"
    assert (view["purchase_order"], view["invoice_url"]) == ("PO 4711", "https://pay.example/invoice")
    assert [row["name"] for row in view["delegates"]] == ["Alex Sample", "Sam Specimen", "Jo Instance"]


@pytest.mark.parametrize("state", BookingState)
def test_names_are_asked_for_once_the_booking_is_confirmed(state):
    view = for_the_buyer(state=state, delegates=delegates(3, named=1))
    assert view["names_action"] == (ACTION if state is BookingState.CONFIRMED else None)
    assert [row["needs_name"] for row in view["delegates"]] == [False, True, True]


def test_when_all_are_named_nothing_is_asked():
    assert for_the_buyer()["names_action"] is None


def test_a_refused_form_is_shown_as_it_was_typed_beside_what_is_wrong():
    view = for_the_buyer(
        typed={1: ("Eve", "eve@example.org"), 2: ("Jo", "jo")},
        errors=[("delegate_email_2", "Check it")],
        delegates=delegates(3, named=1),
    )
    assert view["errors"] == [{"field": "delegate_email_2", "message": "Check it"}]
    assert [(row["name"], row["email"], row["email_error"]) for row in view["delegates"]] == [
        ("Alex Sample", "alex.1@example.police.uk", ""),
        ("Jo", "jo", "Check it"),
        ("", "", ""),
    ]


def test_views_are_strings_and_primitives():
    view = for_the_buyer(delegates=delegates(3, named=1))
    assert json.loads(json.dumps(view)) == view


def test_a_discount_is_told_on_its_line():
    booking = a_booking(WORKSHOP)
    line = replace(booking.quote.lines[0], discount="early price")
    quoted = replace(booking, quote=replace(booking.quote, lines=(line,)))
    assert public_view(quoted, WORKSHOP, RUN, check_again="/")["lines"][0]["discount"] == "early price"
