"""Pence that cannot be fractions, amounts that cannot disagree, and shares that sum to the whole."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.domain.money import NOTHING, Amount, AmountDoesNotAddUp, proportion, share, total

PENCE = st.integers(-(10**12), 10**12)
BASIS_POINTS = st.integers(0, 20_000)


@given(PENCE, PENCE, PENCE)
def test_an_amount_whose_net_and_vat_do_not_make_its_gross_cannot_be_made(net, vat, gross):
    if net + vat == gross:
        assert Amount(net, vat, gross) == Amount.of(net, vat)
    else:
        with pytest.raises(AmountDoesNotAddUp) as refused:
            Amount(net, vat, gross)
        assert (refused.value.net, refused.value.vat, refused.value.gross) == (net, vat, gross)


@pytest.mark.parametrize("pence", [1.0, "1", True, None, Fraction(1)])
def test_an_amount_takes_whole_pence_only(pence):
    with pytest.raises(TypeError, match="whole numbers"):
        Amount(pence, 0, pence)


def test_a_disagreement_says_what_does_not_add_up():
    with pytest.raises(AmountDoesNotAddUp, match=r"net 20900p \+ VAT 4180p is 25080p, not 25000p"):
        Amount(20900, 4180, 25000)


@given(st.lists(st.builds(Amount.of, PENCE, PENCE)))
def test_a_total_is_the_sum_of_its_parts(amounts):
    summed = total(amounts)
    assert summed.net == sum(amount.net for amount in amounts)
    assert summed.vat == sum(amount.vat for amount in amounts)
    assert summed.gross == sum(amount.gross for amount in amounts)


def test_the_total_of_nothing_is_nothing():
    assert total([]) == NOTHING == Amount(0, 0, 0)


@pytest.mark.parametrize(
    ("pence", "basis_points", "expected"),
    [(2, 2000, 0), (3, 2000, 1), (25, 2000, 5), (10, 500, 1), (9, 500, 0), (8751, 2000, 1750), (-10, 500, -1)],
)
def test_a_proportion_is_rounded_half_up_to_a_penny(pence, basis_points, expected):
    assert proportion(pence, basis_points) == expected


@given(PENCE, BASIS_POINTS)
def test_a_proportion_is_within_half_a_penny_of_the_exact_one(pence, basis_points):
    assert abs(proportion(pence, basis_points) - Fraction(pence * basis_points, 10_000)) <= Fraction(1, 2)


@given(PENCE, BASIS_POINTS)
def test_a_refund_has_the_same_vat_as_the_payment_that_it_undoes(pence, basis_points):
    assert proportion(-pence, basis_points) == -proportion(pence, basis_points)


@given(PENCE, st.integers(1, 100))
def test_shares_sum_to_the_whole_and_differ_by_a_penny_at_most(pence, parts):
    shares = share(pence, parts)
    assert (len(shares), sum(shares)) == (parts, pence)
    assert max(shares) - min(shares) <= 1


def test_the_first_delegates_bear_the_pennies_over():
    assert share(1750, 3) == (584, 583, 583)


@pytest.mark.parametrize("parts", [0, -1])
def test_nothing_is_shared_among_nobody(parts):
    with pytest.raises(ValueError, match="cannot share"):
        share(100, parts)
