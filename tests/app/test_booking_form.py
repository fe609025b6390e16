"""The booking form as posted: what is sound is read, what is not is refused field by field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import SECRET, a_provider, a_rate, a_run, a_workshop
from tests.forms import a_form
from workshops.app.booking_form import (
    AddressRefused,
    BookingRequest,
    FormRefused,
    email_address,
    read_delegates,
    read_form,
    typed_names,
)
from workshops.domain.booking import Buyer, Delegate
from workshops.domain.vat import VatRate
from workshops.domain.workshop import Extra, Per

DINNER = Extra("dinner", "Conference dinner", 2917, VatRate.STANDARD)
WORKSHOP = a_workshop(extras=(DINNER,))
RUN = WORKSHOP.runs[0]


def read(*, run=RUN, workshop=WORKSHOP, **changes) -> BookingRequest:
    return read_form(a_form(**changes), workshop, run, a_provider())


def refused(*, run=RUN, workshop=WORKSHOP, **changes) -> dict[str, str]:
    """The first sentence for each field that is refused."""
    with pytest.raises(FormRefused) as found:
        read(run=run, workshop=workshop, **changes)
    sentences: dict[str, str] = {}
    for error in found.value.errors:
        sentences.setdefault(error.field, error.message)
    return sentences


# --- what is sound ----------------------------------------------------------------------------------------------------


def test_a_sound_form_is_read_whole():
    request = read(extra_dinner="2", shown_total="75240", **{"shown_public-sector": "20900"})
    assert request == BookingRequest(
        workshop=WORKSHOP,
        run=RUN,
        rate=RUN.rates[0],
        places=3,
        delegates=(
            Delegate(1, "Alex Sample", "alex@example.police.uk"),
            Delegate(2, "Sam Specimen", "sam@example.police.uk"),
            Delegate(3, "Jo Instance", "jo@example.police.uk"),
        ),
        buyer=Buyer("Chris Example", "chris@example.police.uk", "Example Constabulary"),
        extras={"dinner": 2},
        shown_net="20900",
        shown_total="75240",
    )


@pytest.mark.parametrize(
    ("names", "emails"),
    [(None, None), ([], []), ([""], [""]), (["", "", ""], ["", "", ""]), ([" "], ["\t"]), (["", "", "", "", ""], [])],
)
def test_names_may_be_left_for_later(names, emails):
    assert read(delegate_name=names, delegate_email=emails).delegates == (Delegate(1), Delegate(2), Delegate(3))


def test_a_row_left_empty_between_others_is_for_later():
    found = read(
        delegate_name=["Alex Sample", "", "Jo Instance"], delegate_email=["a@example.org", "", "j@example.org"]
    )
    assert [delegate.name for delegate in found.delegates] == ["Alex Sample", None, "Jo Instance"]


@pytest.mark.parametrize(
    "name", ["Zoë O’Neill-Ødegård", "李小龍", "محمد‎", "J", '<b>Alex</b> & "Sam"', "Ms. Alex Sample, QPM", "A" * 200]
)
def test_names_are_as_people_write_them(name):
    assert read(buyer_name=name).buyer.name == name


def test_space_around_what_is_typed_does_not_count():
    found = read(buyer_name="  Chris Example\r\n", buyer_email=" chris@example.police.uk ", quantity=" 3 ")
    assert (found.buyer.name, found.buyer.email, found.places) == ("Chris Example", "chris@example.police.uk", 3)


def test_one_name_in_two_encodings_is_one_name():
    assert read(buyer_name="Zoe\u0308").buyer == read(buyer_name="Zo\u00eb").buyer


def test_the_last_of_several_values_of_a_single_field_counts():
    assert read(quantity=["1", "3"]).places == 3


def test_paying_by_card_is_meant_when_nothing_is_said():
    assert read(pay=None).places == 3


def test_an_organisation_may_send_as_many_as_its_rate_covers():
    run = a_run(rates=(a_rate(per=Per.ORGANISATION, covers=30),))
    assert read(run=run, quantity="30").places == 30


# --- what is not ------------------------------------------------------------------------------------------------------


def test_an_empty_form_is_told_everything_at_once_in_the_order_of_the_form():
    with pytest.raises(FormRefused) as found:
        read_form({}, WORKSHOP, RUN, a_provider())
    assert [(error.field, error.message) for error in found.value.errors] == [
        ("rate", "Choose a rate"),
        ("quantity", "Enter how many places you need, from 1 to 20; for more, write to us"),
        ("buyer_name", "Enter your name"),
        ("buyer_email", "Enter your e-mail address"),
        ("organisation", "Enter the name of your organisation"),
        ("accept_terms", "Accept the booking terms to book"),
        ("on_behalf_of_organisation", "Confirm that you book for an organisation or for your work"),
    ]


@pytest.mark.parametrize(
    "quantity", ["", "0", "-1", "21", "1e9", "1000000000", "9" * 10_000, "3.0", "three", "٣", "³", "+3", "0x3", "3 4"]
)
def test_a_number_of_places_that_cannot_be_booked_is_refused(quantity):
    told = refused(quantity=quantity, delegate_name=None, delegate_email=None)
    assert told == {"quantity": "Enter how many places you need, from 1 to 20; for more, write to us"}


@pytest.mark.parametrize("rate", ["free", "Public-Sector", "industry\x00", "../industry"])
def test_a_rate_that_is_not_on_sale_is_refused(rate):
    assert refused(rate=rate) == {"rate": "Choose one of the rates shown: the one sent is not on sale"}


@pytest.mark.parametrize(
    ("field", "told"),
    [("buyer_name", "Your name"), ("organisation", "The name of your organisation")],
)
@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("N" * 201, "must have 200 characters or fewer"),
        ("N" * 10_000, "must have 200 characters or fewer"),
        ("Alex\r\nBcc: all@example.org", "must be one line of plain text, without control characters"),
        ("Alex\nSample", "must be one line of plain text, without control characters"),
        ("Alex\x00Sample", "must be one line of plain text, without control characters"),
        ("Alex\x85Sample", "must be one line of plain text, without control characters"),
        ("Alex\u2028Sample", "must be one line of plain text, without control characters"),
        ("Alex\u202egnp.elpmaS", "must be one line of plain text, without control characters"),
        ("Alex \u2066Sample", "must be one line of plain text, without control characters"),
        ("\u200b", "must have at least one letter"),
        ("---", "must have at least one letter"),
    ],
)
def test_text_that_is_no_name_is_refused(field, told, value, fault):
    assert refused(**{field: value}) == {field: f"{told} {fault}"}


def test_a_delegate_of_no_name_is_refused_by_number():
    told = refused(delegate_name=["Alex Sample", "Sam\x00", "J" * 10_000])
    assert told == {
        "delegate_name_2": "The name of delegate 2 must be one line of plain text, without control characters",
        "delegate_name_3": "The name of delegate 3 must have 200 characters or fewer",
    }


def test_half_a_delegate_is_refused():
    told = refused(delegate_name=["Alex Sample", ""], delegate_email=["", "sam@example.org"])
    assert told == {
        "delegate_email_1": "Enter the e-mail address of delegate 1, or leave both fields empty",
        "delegate_name_2": "Enter the name of delegate 2, or leave both fields empty",
    }


def test_names_and_addresses_out_of_step_are_refused():
    told = refused(delegate_email=["alex@example.police.uk", "sam@example.police.uk"])
    assert told == {"delegate_email_3": "Enter the e-mail address of delegate 3, or leave both fields empty"}


def test_more_people_than_places_are_refused():
    assert refused(quantity="2") == {"delegate_name_3": "You named more people than 2 places"}
    assert refused(quantity="1") == {"delegate_name_2": "You named more people than 1 place"}


@pytest.mark.parametrize("second", ["alex@example.org", "ALEX@example.org", "Alex@EXAMPLE.ORG"])
def test_two_delegates_with_one_address_are_asked_about(second):
    people = {"delegate_name": ["Alex Sample", "Sam Specimen"], "delegate_email": ["alex@example.org", second]}
    told = refused(**people)
    assert list(told) == ["different_people"]
    assert "tick that they are different people" in told["different_people"]
    assert len(read(**people, different_people="yes").delegates) == 3


def test_robots_are_told_so():
    assert refused(website="https://spam.example") == {
        "website": "Leave the field “website” empty: it is there to catch robots"
    }


def test_what_is_not_yet_taken_says_so():
    assert refused(pay="invoice") == {
        "pay": "Purchase orders are not yet taken here: send yours to booking@training.example.org"
    }
    assert refused(code="HALF") == {"code": "Discount codes are not yet taken here: leave this empty, or write to us"}
    assert refused(pay="cash") == {"pay": "Choose how to pay"}


@pytest.mark.parametrize("number", ["-1", "61", "1e9", "two", "²"])
def test_a_number_of_extras_that_cannot_be_had_is_refused(number):
    assert refused(extra_dinner=number) == {
        "extra_dinner": "Enter how many of “Conference dinner” you need, from 0 to 60"
    }


def test_an_extra_that_is_not_sold_is_no_field_of_the_form():
    assert read(extra_yacht="3").extras == {}


@pytest.mark.parametrize("promise", ["accept_terms", "on_behalf_of_organisation"])
def test_both_promises_are_needed(promise):
    assert list(refused(**{promise: ""})) == list(refused(**{promise: None})) == [promise]


@pytest.mark.parametrize("said", ["no", "No", "false", "0", "off"])
def test_a_promise_that_is_denied_is_not_made(said):
    assert list(refused(accept_terms=said)) == ["accept_terms"]


# --- e-mail addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("alex@example.police.uk", "alex@example.police.uk"),
        ("Alex.Sample+course@EXAMPLE.org", "Alex.Sample+course@example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("alex@münchen.example", "alex@xn--mnchen-3ya.example"),
        ("alex@例え.example", "alex@xn--r8jz45g.example"),
        ("alex@xn--mnchen-3ya.example", "alex@xn--mnchen-3ya.example"),
    ],
)
def test_an_address_is_kept_as_mail_servers_take_it(typed, address):
    assert email_address(typed) == address
    assert read(buyer_email=typed).buyer.email == address


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("alex", "in full"),
        ("alex@example", "no full domain"),
        ("müller@example.org", "only letters a to z"),
        ("\u0430lex@example.org", "only letters a to z"),
        ("alex@@example.org", "Check the e-mail address"),
        ("alex@example..org", "Check the e-mail address"),
        ("alex@[127.0.0.1]", "Check the e-mail address"),
        ('"a b"@example.org', "Check the e-mail address"),
        ("Alex <alex@example.org>", "Check the e-mail address"),
        ("alex@example.org,sam@example.org", "Check the e-mail address"),
        ("alex\r\nBcc: sam@example.org", "Check the e-mail address"),
        ("alex@example.org\r\nBcc: sam@example.org", "Check the e-mail address"),
        ("alex\x00@example.org", "Check the e-mail address"),
        ("alex@exam\u202eple.org", "Check the e-mail address"),
        ("alex@site.invalid", "Check the e-mail address"),
        ("a" * 65 + "@example.org", "Check the e-mail address"),
        ("a@" + "b" * 64 + ".example", "Check the e-mail address"),
        ("a@" + "b.example" * 40, "254 characters or fewer"),
        ("a" * 10_000, "254 characters or fewer"),
    ],
)
def test_an_address_that_mail_cannot_reach_is_refused_with_the_reason(typed, told):
    with pytest.raises(AddressRefused, match=told):
        email_address(typed)
    assert told in refused(buyer_email=typed)["buyer_email"]
    assert told in refused(delegate_email=[typed, *a_form()["delegate_email"][1:]])["delegate_email_1"]


# --- the same form again ----------------------------------------------------------------------------------------------


def test_the_same_form_has_the_same_fingerprint_whatever_the_space_around_its_values():
    tidy, untidy = (
        read(),
        read(buyer_name=" Chris Example ", quantity="03", delegate_name=[*a_form()["delegate_name"], ""]),
    )
    assert tidy.fingerprint(SECRET) == untidy.fingerprint(SECRET)


@pytest.mark.parametrize(
    "change",
    [
        {"rate": "industry"},
        {"quantity": "4"},
        {"buyer_name": "Chris Sample"},
        {"buyer_email": "chris@example.org"},
        {"organisation": "Example Police"},
        {"delegate_name": ["Alex Sample", "Sam Specimen", "Kit Pattern"]},
        {"delegate_email": ["alex@example.police.uk", "sam@example.police.uk", "kit@example.police.uk"]},
        {"extra_dinner": "1"},
    ],
)
def test_any_change_of_what_is_ordered_makes_another_form(change):
    assert read(**change).fingerprint(SECRET) != read().fingerprint(SECRET)


def test_fingerprints_cannot_be_made_without_the_secret():
    assert read().fingerprint(SECRET) != read().fingerprint("another-secret-that-is-long-enough-too")
    assert "chris" not in read().fingerprint(SECRET) + read().buyer_key(SECRET)


def test_a_buyer_is_known_by_the_address_in_any_case():
    assert read(buyer_email="CHRIS@example.police.uk").buyer_key(SECRET) == read().buyer_key(SECRET)
    assert read(buyer_email="alex@example.police.uk").buyer_key(SECRET) != read().buyer_key(SECRET)


# --- names left for later ---------------------------------------------------------------------------------------------

PLACES = (Delegate(1, "Alex Sample", "alex@example.org"), Delegate(2), Delegate(3))


def rows(*people, numbers=()):
    return {
        "delegate_name": [name for name, _ in people],
        "delegate_email": [email for _, email in people],
        "delegate_number": list(numbers),
    }


def test_names_given_later_go_to_the_places_they_are_numbered_for():
    fields = rows(("", ""), ("Jo Instance", "jo@example.org"), numbers=["2", "3"])
    assert read_delegates(fields, PLACES) == (Delegate(3, "Jo Instance", "jo@example.org"),)
    assert typed_names(fields, PLACES)[3] == ("Jo Instance", "jo@example.org")


def test_names_without_numbers_fill_the_places_left_in_order():
    found = read_delegates(rows(("Jo Instance", "jo@example.org")), PLACES)
    assert found == (Delegate(2, "Jo Instance", "jo@example.org"),)


@pytest.mark.parametrize("number", ["1", "4", "999999999"])
def test_a_place_that_is_named_or_not_there_stays_as_it_is(number):
    assert read_delegates(rows(("Eve Intruder", "eve@example.org"), numbers=[number]), PLACES) == ()


def test_a_number_that_is_none_moves_no_name_to_another_place():
    fields = rows(("Jo Instance", "jo@example.org"), ("Kit Pattern", "kit@example.org"), numbers=["x", "3"])
    assert read_delegates(fields, PLACES) == (Delegate(3, "Kit Pattern", "kit@example.org"),)


def test_a_bad_name_given_later_is_refused_by_its_number():
    with pytest.raises(FormRefused) as found:
        read_delegates(rows(("Jo\x00", "jo@example.org"), numbers=["3"]), PLACES)
    assert [error.field for error in found.value.errors] == ["delegate_name_3"]


# --- anything at all --------------------------------------------------------------------------------------------------

FIELD = st.sampled_from([*a_form(), "code", "extra_dinner", "shown_public-sector", "shown_total", "different_people"])
TRICKY = ["", "3", "-1", "card", "invoice", "yes", "a@b.example", "\x00", "\r\n", "\u202e", "<b>", "public-sector", "٣"]
VALUES = st.lists(st.one_of(st.text(max_size=60), st.sampled_from(TRICKY)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(FIELD, VALUES))
def test_any_fields_at_all_are_read_or_refused(changes):
    try:
        request = read_form(a_form() | changes, WORKSHOP, RUN, a_provider())
    except FormRefused:
        return
    assert 1 <= request.places == len(request.delegates) <= 20
    assert request.fingerprint(SECRET)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=100) | st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=40)))
def test_any_text_at_all_is_an_address_or_refused(typed):
    try:
        address = email_address(typed)
    except AddressRefused:
        return
    assert address.isascii()
    assert address.isprintable()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["delegate_name", "delegate_email", "delegate_number"]), VALUES))
def test_any_names_given_later_are_read_or_refused(fields):
    try:
        named = read_delegates(fields, PLACES)
    except FormRefused:
        return
    assert {delegate.number for delegate in named} <= {2, 3}
    assert all(delegate.named for delegate in named)
