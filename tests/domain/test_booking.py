"""What can happen to a booking: the one table, and nothing beside it."""

from __future__ import annotations

from itertools import product

import pytest

from tests.builders import a_booking, delegates
from workshops.domain.booking import HOLDING, TRANSITIONS, BookingState, Delegate, IllegalTransition, Step, after

ENDS = {BookingState.REFUND_DUE, BookingState.CANCELLED}


@pytest.mark.parametrize(("state", "step"), list(product(BookingState, Step)))
def test_a_step_is_in_the_table_or_is_refused(state, step):
    if (state, step) in TRANSITIONS:
        assert after(state, step) is TRANSITIONS[state, step]
    else:
        with pytest.raises(IllegalTransition, match=f"{state} cannot take the step {step}") as refused:
            after(state, step)
        assert (refused.value.state, refused.value.step) == (state, step)


def test_the_table_is_as_it_was_agreed():
    told = {(f"{before}", f"{step}", f"{then}") for (before, step), then in TRANSITIONS.items()}
    assert told == {
        ("held", "pay", "confirmed"),
        ("held", "pay_later", "awaiting_funds"),
        ("held", "expire", "expired"),
        ("awaiting_funds", "pay", "confirmed"),
        ("awaiting_funds", "expire", "expired"),
        ("expired", "pay_reseated", "confirmed"),
        ("expired", "pay_unseated", "refund_due"),
        ("confirmed", "cancel", "cancelled"),
    }


def test_nothing_leads_out_of_an_end():
    assert not [state for state, _ in TRANSITIONS if state in ENDS]


def test_no_step_takes_a_paid_booking_back_to_unpaid():
    paid = {BookingState.CONFIRMED, BookingState.REFUND_DUE, BookingState.CANCELLED}
    assert all(after in paid for (before, _), after in TRANSITIONS.items() if before in paid)


def test_places_are_held_before_they_are_sold_or_given_back():
    assert {BookingState.HELD, BookingState.AWAITING_APPROVAL, BookingState.AWAITING_FUNDS} == HOLDING


@pytest.mark.parametrize(
    ("delegate", "named"),
    [
        (Delegate(1), False),
        (Delegate(1, "Alex Sample"), False),
        (Delegate(1, None, "alex@example.org"), False),
        (Delegate(1, "Alex Sample", "alex@example.org"), True),
    ],
)
def test_a_delegate_is_named_when_both_name_and_address_are_known(delegate, named):
    assert delegate.named is named


def test_a_booking_takes_the_places_that_were_priced():
    assert a_booking(places=5).places == 5
    assert a_booking(places=5, delegates=delegates(5, named=2)).places == 5
