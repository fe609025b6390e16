"""What a booking costs, to the penny and to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import AS_OF, a_rate, a_run, a_workshop
from workshops.domain.moment import Moment
from workshops.domain.money import Amount, total
from workshops.domain.pricing import Line, LineDoesNotAddUp, TooManyPlaces, discounted, quote, unit_price
from workshops.domain.vat import RATES, VatRate, taxed
from workshops.domain.workshop import EarlyPrice, Extra, GroupDiscount, Per, UnknownExtra

SECOND = timedelta(seconds=1)
DINNER = Extra("dinner", "Conference dinner", 2917, VatRate.STANDARD)
BOOK = Extra("book", "Handbook", 1999, VatRate.ZERO)


def priced(places, *, rate=None, workshop=None, at=AS_OF, **extras):
    workshop = workshop or a_workshop()
    rate = rate or workshop.runs[0].rates[0]
    return quote(
        workshop,
        workshop.runs[0],
        rate,
        places,
        at=at,
        extras=extras,
        catalogue_sha256="c" * 64,
        catalogue_commit=None,
    )


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net", "percent", "places", "expected"),
    [
        (20900, 0, 1, Amount(20900, 4180, 25080)),
        (20900, 0, 3, Amount(62700, 12540, 75240)),
        (24950, 0, 1, Amount(24950, 4990, 29940)),
        (24950, 15, 1, Amount(21205, 4241, 25446)),
        (24950, 15, 3, Amount(63615, 12723, 76338)),
    ],
)
def test_the_published_examples_come_out_to_the_penny(net, percent, places, expected):
    workshop = a_workshop(group_discounts=(GroupDiscount(1, percent * 100),) if percent else ())
    assert priced(places, rate=a_rate(net=net), workshop=workshop).total == expected


def test_extras_are_charged_as_written_with_their_own_vat():
    workshop = a_workshop(extras=(DINNER, BOOK))
    lines = priced(3, workshop=workshop, dinner=3, book=2).lines
    assert [(line.id, line.quantity, line.amount) for line in lines] == [
        ("rate:public-sector", 3, Amount(62700, 12540, 75240)),
        ("extra:book", 2, Amount(3998, 0, 3998)),
        ("extra:dinner", 3, Amount(8751, 1750, 10501)),
    ]


def test_extras_that_nobody_wants_make_no_line():
    assert len(priced(1, workshop=a_workshop(extras=(DINNER,)), dinner=0).lines) == 1


def test_an_extra_that_is_not_sold_is_refused():
    with pytest.raises(UnknownExtra):
        priced(1, dinner=1)


def test_an_organisation_pays_once_for_all_it_sends():
    rate = a_rate(net=150000, per=Per.ORGANISATION, covers=10)
    workshop = a_workshop(group_discounts=(GroupDiscount(2, 1000),))
    found = priced(7, rate=rate, workshop=workshop)
    assert (found.places, found.lines[0].quantity, found.total) == (7, 1, Amount(150000, 30000, 180000))


@pytest.mark.parametrize("places", [0, -1, 21, 10**9])
def test_more_places_than_a_booking_takes_are_refused(places):
    with pytest.raises(TooManyPlaces, match=f"takes 1 to 20 places, not {places}") as refused:
        priced(places)
    assert (refused.value.wanted, refused.value.most) == (places, 20)


def test_a_rate_for_an_organisation_takes_as_many_as_it_covers():
    rate = a_rate(per=Per.ORGANISATION, covers=10)
    assert priced(10, rate=rate).places == 10
    with pytest.raises(TooManyPlaces):
        priced(11, rate=rate)


def test_a_quote_says_from_which_catalogue_it_was_made():
    found = priced(1)
    assert (found.catalogue_sha256, found.catalogue_commit) == ("c" * 64, None)


# --- the early price --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "instant"),
    [
        (Moment(date(2026, 3, 1)), datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        (Moment(date(2026, 4, 1)), datetime(2026, 4, 1, 23, 0, tzinfo=UTC)),
        (Moment(date(2026, 3, 29)), datetime(2026, 3, 29, 23, 0, tzinfo=UTC)),
        (Moment(date(2026, 4, 1), time(17)), datetime(2026, 4, 1, 16, 0, tzinfo=UTC)),
        (Moment(date(2026, 4, 1), None, "America/New_York"), datetime(2026, 4, 2, 4, 0, tzinfo=UTC)),
    ],
)
def test_the_early_price_is_in_force_through_the_last_second_of_its_moment(until, instant):
    rate = a_rate(early=EarlyPrice(18900, until))
    before, after = (priced(3, rate=rate, at=at).lines[0] for at in (instant - SECOND, instant))
    assert (before.unit_net, before.discount, before.amount) == (18900, "early price", Amount(56700, 11340, 68040))
    assert (after.unit_net, after.discount, after.amount) == (20900, None, Amount(62700, 12540, 75240))
    assert before.list_net == after.list_net == 20900


# --- group tiers ------------------------------------------------------------------------------------------------------

TIERS = (GroupDiscount(5, 1000), GroupDiscount(10, 1500))


@pytest.mark.parametrize(
    ("places", "unit_net", "discount"),
    [
        (1, 20900, None),
        (4, 20900, None),
        (5, 18810, "group of 5, 10% off"),
        (9, 18810, "group of 9, 10% off"),
        (10, 17765, "group of 10, 15% off"),
        (20, 17765, "group of 20, 15% off"),
    ],
)
def test_the_best_tier_that_a_group_reaches_counts(places, unit_net, discount):
    line = priced(places, workshop=a_workshop(group_discounts=TIERS)).lines[0]
    assert (line.unit_net, line.discount) == (unit_net, discount)


def test_the_group_tier_comes_off_the_early_price():
    rate = a_rate(early=EarlyPrice(18900, Moment(date(2026, 4, 1))))
    line = priced(5, rate=rate, workshop=a_workshop(group_discounts=TIERS)).lines[0]
    assert (line.list_net, line.unit_net, line.discount) == (20900, 17010, "early price, group of 5, 10% off")


def test_a_tier_of_half_a_per_cent_is_told_as_it_is():
    line = priced(5, workshop=a_workshop(group_discounts=(GroupDiscount(5, 1250),))).lines[0]
    assert (line.unit_net, line.discount) == (18285, "group of 5, 12.5% off")


# --- laws -------------------------------------------------------------------------------------------------------------

RATE = st.sampled_from(VatRate)
PRICE = st.integers(0, 10_000_000)
OFF = st.integers(0, 10_000)


@given(PRICE, OFF, RATE)
def test_a_discount_is_kept_and_exceeded_by_less_than_a_step(net, off, vat):
    reduced = discounted(net, off, vat)
    exact = Fraction(net * (10_000 - off), 10_000)
    assert 0 <= exact - reduced <= 20
    assert reduced * RATES[vat] % 10_000 == 0


@given(PRICE, OFF, RATE, st.integers(1, 20))
def test_many_at_a_discounted_price_cost_as_much_as_each_alone(net, off, vat, places):
    workshop = a_workshop(vat=vat, group_discounts=(GroupDiscount(1, off),))
    rate = a_rate(net=net)
    together = priced(places, rate=rate, workshop=workshop).total
    if off:
        alone = priced(1, rate=rate, workshop=workshop).total
        assert together == total([alone] * places)


@given(PRICE, RATE, st.integers(1, 20), st.integers(0, 60))
def test_a_quote_is_the_sum_of_its_lines_and_each_line_is_taxed_by_itself(net, vat, places, dinners):
    workshop = a_workshop(vat=vat, extras=(DINNER,))
    found = priced(places, rate=a_rate(net=net), workshop=workshop, dinner=dinners)
    assert found.total == total(line.amount for line in found.lines)
    for line in found.lines:
        assert line.amount == taxed(line.unit_net * line.quantity, line.vat)


@given(st.integers(-5, 30), st.integers(-100, 30_000), st.integers(-5, 700_000), st.integers(-5, 150_000), RATE)
def test_a_line_that_does_not_add_up_cannot_be_made(quantity, unit_net, net, vat_pence, vat):
    amount = Amount.of(net, vat_pence)
    if quantity >= 1 and amount == taxed(unit_net * quantity, vat):
        Line("rate:x", "X", quantity, unit_net, unit_net, vat, amount)
        return
    with pytest.raises(LineDoesNotAddUp):
        Line("rate:x", "X", quantity, unit_net, unit_net, vat, amount)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [
        (3, Amount(62700, 12539, 75239)),
        (3, Amount(62701, 12540, 75241)),
        (2, Amount(62700, 12540, 75240)),
        (0, Amount(0, 0, 0)),
    ],
)
def test_a_line_off_by_a_penny_or_a_place_cannot_be_made(quantity, amount):
    with pytest.raises(LineDoesNotAddUp, match="rate:public-sector"):
        Line("rate:public-sector", "Public sector", quantity, 20900, 20900, VatRate.STANDARD, amount)


def test_a_price_for_one_place_is_what_the_page_shows():
    run = a_run()
    assert [unit_price(a_workshop(run), rate, 1, AS_OF).net for rate in run.rates] == [20900, 24950]
