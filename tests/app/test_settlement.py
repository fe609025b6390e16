"""What Stripe says of a session becomes the state of its booking, once, in whatever order and however often it is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from tests.builders import a_run, a_workshop, delegates
from tests.shop import Crash, Shop, Wrapped, crash
from tests.till import a_till
from workshops.app.checkout import HOLD
from workshops.app.delegates import name_delegates
from workshops.app.ports import Changed, PaymentsUnavailable, StoreUnavailable, UnknownSession
from workshops.app.settlement import Outcome
from workshops.domain.booking import BookingId, BookingState, SessionId

STEPS = ["find", "has_payment", "confirm"]


@pytest.fixture(scope="module")
def till(tmp_path_factory):
    with a_till(tmp_path_factory.mktemp("till")) as made:
        yield made


@pytest.fixture
def shop(aws, furniture, till):
    made = Shop(aws.dynamodb, furniture.table, till, a_workshop(a_run(capacity=5)))
    yield made
    till.calm()
    assert made.whole().faults() == []


@pytest.fixture
def session(shop) -> SessionId:
    """The session of a booking of three that is held."""
    shop.post()
    return shop.held().session


def other(number=1, **changes):
    return {"buyer_email": f"buyer{number}@example.org", "delegate_name": None, "delegate_email": None} | changes


def let_it_lapse(shop, session):
    """The hold is given up although its session could still be paid: what an outage or a mistake may bring about."""
    shop.bookings.release(shop.booking(), at=shop.now().machine)
    return session


# --- paid -------------------------------------------------------------------------------------------------------------


def test_a_paid_session_confirms_its_booking_with_one_message_each(shop, session, till):
    till.pay(session)
    assert shop.settle(session) is Outcome.DONE
    booking = shop.booking()
    assert booking.state is BookingState.CONFIRMED
    assert booking.invoice_url.startswith("http://127.0.0.1:")
    assert shop.whole().outbox(booking.id) == [
        "#D01delegate_confirmation#1",
        "#D02delegate_confirmation#1",
        "#D03delegate_confirmation#1",
        "buyer_confirmation#1",
    ]


def test_delegates_who_are_not_named_are_not_written_to(shop, till):
    shop.post(**other())
    till.pay(shop.held().session)
    shop.settle(shop.booking().session)
    assert shop.whole().outbox(shop.booking().id) == ["buyer_confirmation#1"]


def test_settling_again_changes_nothing(shop, session, till):
    till.pay(session)
    shop.settle(session)
    before = shop.whole().items
    assert [shop.settle(session) for _ in range(3)] == [Outcome.NOTHING] * 3
    assert sorted(map(str, shop.whole().items)) == sorted(map(str, before))


def test_three_at_once_confirm_once(shop, session, till):
    till.pay(session)
    start = Barrier(3)

    def settle(_):
        start.wait()
        return shop.settle(session)

    with ThreadPoolExecutor(3) as pool:
        outcomes = sorted(pool.map(settle, range(3)))
    assert outcomes == [Outcome.DONE, Outcome.NOTHING, Outcome.NOTHING]
    assert shop.whole().steps(shop.booking().id) == ["hold", "pay"]
    assert shop.whole().stock(f"{shop.booking().workshop}/{shop.booking().run}")["sold"] == 3


@pytest.mark.parametrize("where", [{when: {step: crash}} for step in STEPS for when in ("before", "after")])
def test_after_a_crash_at_any_step_the_next_delivery_confirms_once(shop, session, till, where):
    till.pay(session)
    whole = shop.bookings
    shop.bookings = Wrapped(whole, **where)
    with pytest.raises(Crash):
        shop.settle(session)
    shop.bookings = whole
    shop.settle(session)
    booking = shop.booking()
    assert booking.state is BookingState.CONFIRMED
    assert len(shop.whole().outbox(booking.id)) == 4
    assert len(shop.whole().payments(booking.id)) == 1


def test_a_declined_card_and_then_another_is_one_confirmation(shop, session, till):
    till.pay(session, card="4000000000000002")
    assert shop.settle(session) is Outcome.NOTHING
    till.pay(session)
    assert shop.settle(session) is Outcome.DONE
    assert shop.whole().steps(shop.booking().id) == ["hold", "pay"]


def test_an_open_session_settles_nothing(shop, session):
    assert shop.settle(session) is Outcome.NOTHING
    assert shop.held().session == session


def test_a_booking_that_keeps_changing_is_tried_again_later(shop, session, till):
    till.pay(session)
    shop.bookings = KeepsChanging(shop.bookings)
    with pytest.raises(StoreUnavailable):
        shop.settle(session)


class KeepsChanging(Wrapped):
    def confirm(self, booking, *_, **__):
        raise Changed(booking.id)

    name_delegates = confirm


def test_without_an_answer_from_stripe_nothing_is_believed(shop, session, till):
    till.pay(session)
    till.trouble("error", "checkout.sessions.retrieve", times=2)
    with pytest.raises(PaymentsUnavailable):
        shop.settle(session)
    assert shop.held()


def test_a_session_that_stripe_does_not_know_is_unknown(shop):
    with pytest.raises(UnknownSession):
        shop.settle(SessionId("cs_test_nobody"))


# --- paid slowly ------------------------------------------------------------------------------------------------------


def test_money_on_its_way_keeps_the_places_until_it_is_there(shop, session, till):
    till.pay(session, method="delayed")
    assert shop.settle(session) is Outcome.DONE
    assert shop.settle(session) is Outcome.NOTHING
    assert shop.whole().states() == ["awaiting_funds"]
    assert shop.whole().outbox(shop.booking().id) == []
    till.settle(session, "succeeded")
    assert shop.settle(session) is Outcome.DONE
    assert shop.whole().steps(shop.booking().id) == ["hold", "pay_later", "pay"]


def test_money_that_does_not_come_gives_the_places_back(shop, session, till):
    till.pay(session, method="delayed")
    shop.settle(session)
    till.settle(session, "failed")
    assert shop.settle(session) is Outcome.DONE
    assert shop.settle(session) is Outcome.NOTHING
    assert shop.whole().states() == ["expired"]


def test_money_whose_failure_is_the_first_we_hear_of_gives_the_places_back(shop, session, till):
    till.pay(session, method="delayed")
    till.settle(session, "failed")
    assert shop.settle(session) is Outcome.DONE
    assert shop.whole().states() == ["expired"]


# --- expired ----------------------------------------------------------------------------------------------------------


def test_an_expired_session_gives_the_places_back_once(shop, session, till):
    till.expire(session)
    assert [shop.settle(session), shop.settle(session)] == [Outcome.DONE, Outcome.NOTHING]
    assert shop.whole().states() == ["expired"]


def test_the_end_of_an_old_session_releases_nothing_of_the_new(shop, session, till):
    shop.post(quantity="4")
    new = shop.held().session
    assert shop.settle(session) is Outcome.NOTHING
    assert shop.held().session == new
    till.pay(new)
    shop.settle(new)
    assert shop.settle(session) is Outcome.NOTHING
    assert shop.whole().states() == ["confirmed", "expired"]


def test_another_expired_session_than_the_current_one_releases_nothing(shop, session, till):
    till.expire(session)
    told = replace(shop.payments.retrieve(session), id=SessionId("cs_test_another"))
    assert shop.carry_over(told) is Outcome.NOTHING
    assert shop.held().session == session


# --- paid too late ----------------------------------------------------------------------------------------------------


def test_a_late_payment_gets_its_places_back_while_there_are_some(shop, session, till):
    till.pay(let_it_lapse(shop, session))
    assert shop.settle(session) is Outcome.DONE
    assert shop.settle(session) is Outcome.NOTHING
    booking = shop.booking()
    assert booking.state is BookingState.CONFIRMED
    assert len(shop.whole().outbox(booking.id)) == 4


def test_a_late_payment_for_a_full_run_is_owed_back_once(shop, session, till):
    let_it_lapse(shop, session)
    late = shop.booking().id
    shop.post(**other())
    till.pay(session)
    assert [shop.settle(session) for _ in range(3)] == [Outcome.DONE, Outcome.NOTHING, Outcome.NOTHING]
    booking = shop.bookings.find(late)
    assert (booking.state, booking.attention) == (BookingState.REFUND_DUE, "refund_due")
    assert len(shop.whole().payments(late)) == 1
    assert shop.whole().outbox(late) == []
    assert shop.bookings.of_session(session) == late


def test_a_late_payment_for_a_run_that_is_sold_no_longer_is_owed_back(shop, session, till):
    till.pay(let_it_lapse(shop, session))
    shop.sells(a_workshop(slug="another"))
    assert shop.settle(session) is Outcome.DONE
    assert shop.booking().state is BookingState.REFUND_DUE


def test_a_payment_in_time_for_a_run_that_left_the_catalogue_still_counts(shop, session, till):
    till.pay(session)
    shop.sells(a_workshop(slug="another"))
    assert shop.settle(session) is Outcome.DONE
    assert shop.booking().state is BookingState.CONFIRMED


def test_an_old_session_paid_after_a_newer_one_was_opened_confirms_once(shop, session, till):
    let_it_lapse(shop, session)
    shop.post(quantity="1", delegate_name=None, delegate_email=None)
    till.pay(session)
    shop.settle(session)
    assert shop.whole().states() == ["confirmed", "held"]
    till.expire(shop.held().session)
    shop.settle(shop.held().session)
    assert shop.whole().states() == ["confirmed", "expired"]


def test_a_payment_told_after_the_hold_ended_by_itself_still_counts(shop, session, till):
    shop.machine = HOLD + timedelta(hours=3)
    till.pay(session)
    shop.settle(session)
    assert shop.whole().states() == ["confirmed"]


# --- what does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"amount_total": 75239}, {"amount_total": 0}, {"currency": "eur"}])
def test_a_total_that_is_not_what_was_quoted_is_flagged_and_not_confirmed(shop, session, till, change):
    till.pay(session)
    told = replace(shop.payments.retrieve(session), **change)
    assert [shop.carry_over(told) for _ in range(3)] == [Outcome.MISMATCH] * 3
    booking = shop.booking()
    assert (booking.state, booking.attention) == (BookingState.HELD, "mismatch")
    assert shop.whole().steps(booking.id) == ["hold", "mismatch"]
    assert shop.whole().outbox(booking.id) == []


def test_a_payment_for_a_booking_that_is_not_here_is_told_apart_from_another_site_s(shop, session, till):
    till.pay(session)
    paid = replace(shop.payments.retrieve(session), booking=BookingId("NOBODY"))
    assert shop.carry_over(paid) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"site": "another.example.org"},
        {"site": None},
        {"livemode": True},
        {"booking": None},
    ],
)
def test_another_site_s_or_mode_s_session_changes_nothing(shop, session, till, change):
    till.pay(session)
    before = shop.whole().items
    assert shop.carry_over(replace(shop.payments.retrieve(session), **change)) is Outcome.FOREIGN
    assert sorted(map(str, shop.whole().items)) == sorted(map(str, before))


def test_a_second_payment_for_one_booking_is_seen_once_and_the_booking_stands(shop, session, till):
    till.pay(session)
    shop.settle(session)
    twice = replace(shop.payments.retrieve(session), id=SessionId("cs_test_second"), payment="pi_second")
    assert [shop.carry_over(twice), shop.carry_over(twice)] == [Outcome.DONE, Outcome.NOTHING]
    booking = shop.booking()
    assert (booking.state, booking.attention) == (BookingState.CONFIRMED, "second_payment")
    assert len(shop.whole().payments(booking.id)) == 2
    assert len(shop.whole().outbox(booking.id)) == 4


# --- names given later ------------------------------------------------------------------------------------------------


def names(numbers):
    return {
        "delegate_number": [str(number) for number in numbers],
        "delegate_name": [f"Person {number}" for number in numbers],
        "delegate_email": [f"person{number}@example.org" for number in numbers],
    }


@pytest.fixture
def confirmed(shop, till):
    """A booking of sixty, nobody named."""
    shop.sells(a_workshop(a_run(max_per_booking=60)))
    shop.post(**other(quantity="60"))
    till.pay(shop.held().session)
    shop.settle(shop.held().session)
    return shop.booking()


def name(shop, booking, fields):
    name_delegates(booking.id, fields, bookings=shop.bookings, now=shop.now())


def test_sixty_people_can_be_named_at_once(shop, confirmed):
    name(shop, confirmed, names(range(1, 61)))
    found = shop.bookings.find(confirmed.id)
    assert [one.name for one in found.delegates] == [f"Person {number}" for number in range(1, 61)]
    assert len(shop.whole().outbox(confirmed.id)) == 61


def test_who_is_named_stays_named_and_is_written_to_once(shop, confirmed):
    name(shop, confirmed, names([2]))
    name(shop, confirmed, names([2]))
    name(shop, confirmed, names([2]) | {"delegate_name": ["Eve Intruder"]})
    assert shop.bookings.find(confirmed.id).delegates[1].name == "Person 2"
    assert shop.whole().outbox(confirmed.id) == ["#D02delegate_confirmation#1", "buyer_confirmation#1"]


def test_two_who_name_people_at_once_both_have_their_say(shop, confirmed):
    start = Barrier(2)

    def post(numbers):
        start.wait()
        name(shop, confirmed, names(numbers))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(post, [[1, 2, 3], [3, 4, 5]]))
    found = shop.bookings.find(confirmed.id)
    assert [one.number for one in found.delegates if one.named] == [1, 2, 3, 4, 5]
    assert len(shop.whole().outbox(confirmed.id)) == 6


def test_names_that_can_never_be_stored_end_in_a_clear_word(shop, confirmed):
    shop.bookings = KeepsChanging(shop.bookings)
    with pytest.raises(StoreUnavailable, match="the booking kept changing"):
        name(shop, confirmed, names([1]))


@pytest.mark.usefixtures("session")
def test_nobody_is_named_before_the_booking_is_confirmed(shop):
    before = shop.held()
    name(shop, before, names([1]))
    assert shop.held() == before
    assert before.delegates == delegates_of_the_form()


def delegates_of_the_form():
    known = [("Alex Sample", "alex"), ("Sam Specimen", "sam"), ("Jo Instance", "jo")]
    return tuple(
        replace(one, name=name, email=f"{local}@example.police.uk")
        for one, (name, local) in zip(delegates(3, named=0), known, strict=True)
    )
