"""UK VAT: half-up a line, and discounted prices in steps whose VAT is whole pence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.domain.money import Amount
from workshops.domain.vat import (
    LABELS,
    RATES,
    WHOLE_PENNY_STEPS,
    VatRate,
    charges_vat,
    rounded_down_to_whole_vat,
    taxed,
)

RATE = st.sampled_from(VatRate)
PRICE = st.integers(0, 10_000_000)


@pytest.mark.parametrize(
    ("net", "rate", "vat"),
    [
        (20900, VatRate.STANDARD, 4180),
        (62700, VatRate.STANDARD, 12540),
        (24950, VatRate.STANDARD, 4990),
        (2917, VatRate.STANDARD, 583),
        (8751, VatRate.STANDARD, 1750),
        (10, VatRate.REDUCED, 1),
        (20900, VatRate.REDUCED, 1045),
        (20900, VatRate.ZERO, 0),
        (20900, VatRate.EXEMPT, 0),
        (20900, VatRate.NOT_REGISTERED, 0),
    ],
)
def test_vat_is_worked_out_on_the_line_and_rounded_half_up(net, rate, vat):
    assert taxed(net, rate) == Amount(net, vat, net + vat)


@given(PRICE, RATE)
def test_a_price_rounded_to_its_step_has_vat_in_whole_pence(net, rate):
    rounded = rounded_down_to_whole_vat(net, rate)
    assert rounded * RATES[rate] % 10_000 == 0


@given(PRICE, RATE, st.integers(1, 60))
def test_any_number_of_units_at_a_rounded_price_adds_up_the_same_way(net, rate, units):
    one = taxed(rounded_down_to_whole_vat(net, rate), rate)
    together = taxed(one.net * units, rate)
    assert (together.net, together.vat, together.gross) == (one.net * units, one.vat * units, one.gross * units)


@given(PRICE, RATE)
def test_rounding_keeps_the_discount_that_was_advertised(net, rate):
    rounded = rounded_down_to_whole_vat(net, rate)
    assert net - WHOLE_PENNY_STEPS[rate] < rounded <= net


def test_without_the_rounding_units_do_not_add_up():
    """Shows that the law above can see a fault: three dinners at a list price that has no whole-penny VAT."""
    assert taxed(2917, VatRate.STANDARD).vat * 3 != taxed(2917 * 3, VatRate.STANDARD).vat


def test_a_smaller_step_would_not_be_enough():
    for rate, step in WHOLE_PENNY_STEPS.items():
        fitting = [net for net in range(1, step + 1) if net * RATES[rate] % 10_000 == 0]
        assert fitting == [step]


@pytest.mark.parametrize(
    ("rate", "charged"),
    [
        (VatRate.STANDARD, True),
        (VatRate.REDUCED, True),
        (VatRate.ZERO, True),
        (VatRate.EXEMPT, False),
        (VatRate.NOT_REGISTERED, False),
    ],
)
def test_a_zero_rated_supply_is_taxable_and_an_exempt_one_is_not(rate, charged):
    assert charges_vat(rate) is charged


def test_every_rate_has_its_figures_and_words():
    assert set(RATES) == set(LABELS) == set(WHOLE_PENNY_STEPS) == set(VatRate)
