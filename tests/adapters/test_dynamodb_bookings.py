"""The register of bookings over the real engine: every promise of the port, and the invariants of the data model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.builders import AS_OF, a_booking, a_day, a_run, a_workshop, delegates
from tests.register import Register
from workshops.adapters.dynamodb.bookings import DynamoBookings
from workshops.adapters.dynamodb.table import Table
from workshops.app.ports import AlreadyHeld, Changed, Limits, Message, MessageKind, Payment, SoldOut
from workshops.domain.booking import BookingId, BookingState, Delegate, IllegalTransition, SessionId
from workshops.domain.vat import VatRate
from workshops.domain.workshop import Extra, ExtraId, RunId

SLUG = a_workshop().slug
SERIAL = count(1)
DINNER = Extra(ExtraId("dinner"), "Conference dinner", 2917, VatRate.STANDARD, 10)


class Desk:
    """A register and one run of its own, of so many places; `limits` may be changed as the catalogue changes."""

    def __init__(self, aws, table_name, capacity=10, dinners=10) -> None:
        self.dynamodb, self.table_name = aws.dynamodb, table_name
        self.register = DynamoBookings(Table(aws.dynamodb, table_name))
        self.run = RunId(f"run-{next(SERIAL)}")
        self.limits = Limits(capacity, {ExtraId("dinner"): dinners})

    @property
    def key(self) -> str:
        return f"{SLUG}/{self.run}"

    def a_hold(self, places=2, dinners=0, **changes):
        number = next(SERIAL)
        run = a_run(id=self.run, days=(a_day(date(2026, 4, 28)),), max_per_booking=60)
        fresh = {
            "id": BookingId(f"B{number:07}"),
            "state": BookingState.HELD,
            "session": None,
            "session_url": None,
            "form": f"form-{number}",
            "buyer_key": f"buyer-{number}",
        }
        workshop = a_workshop(run, extras=(DINNER,))
        return a_booking(workshop, places=places, extras={"dinner": dinners}, **fresh | changes)

    def hold(self, places=2, *, replaces=(), at=AS_OF, **changes):
        booking = self.a_hold(places, **changes)
        self.put(booking, replaces=replaces, at=at)
        return self.found(booking)

    def put(self, booking, *, replaces=(), at=AS_OF) -> None:
        link = f"link-of-{booking.id}"
        self.register.hold(booking, limits=self.limits, link=link, replaces=replaces, at=at)

    def found(self, booking):
        return self.register.find(booking.id)

    def confirm(self, booking, payment=None):
        self.register.confirm(booking, payment or a_payment(booking), messages(booking), at=AS_OF)
        return self.found(booking)

    def release(self, booking):
        self.register.release(booking, at=AS_OF)
        return self.found(booking)

    def reseat(self, booking) -> None:
        given = a_payment(booking), messages(booking)
        self.register.reseat(booking, *given, limits=self.limits, at=AS_OF)

    def left(self, capacity=10, at=AS_OF):
        return self.register.places_left(SLUG, self.run, capacity, at=at)

    def stock(self, sk="STOCK"):
        return self.whole().stock(self.key, sk)

    def whole(self) -> Register:
        return Register.of(self.dynamodb, self.table_name)


def a_payment(booking, number="1"):
    gross = booking.quote.total.gross
    return Payment(
        f"pi_{booking.id}_{number}", SessionId(f"cs_test_{booking.id}"), gross, "in_1", "https://pay.example/i"
    )


def messages(booking):
    to_delegates = [Message(booking.id, MessageKind.DELEGATE_CONFIRMATION, one.number) for one in booking.delegates]
    return [Message(booking.id, MessageKind.BUYER_CONFIRMATION), *to_delegates]


@pytest.fixture
def desk(aws, furniture):
    made = Desk(aws, furniture.table)
    yield made
    assert made.whole().faults() == []


# --- holding ----------------------------------------------------------------------------------------------------------


def test_a_booking_comes_back_as_it_was_held(desk):
    booking = desk.a_hold(3, dinners=2, delegates=delegates(3, named=2))
    desk.put(booking)
    assert desk.found(booking) == booking


def test_a_hold_takes_its_places_and_extras_from_the_stock(desk):
    desk.hold(3, dinners=2)
    assert desk.stock() == {"capacity": 10, "spare": 7, "held": 3, "sold": 0}
    assert desk.stock("EXTRA#dinner") == {"capacity": 10, "spare": 8, "held": 2, "sold": 0}
    assert desk.left() == 7


def test_a_booking_is_found_by_its_form_buyer_and_link(desk):
    booking = desk.hold()
    assert desk.register.of_form(booking.form) == booking.id
    assert desk.register.of_buyer(SLUG, desk.run, booking.buyer_key) == booking.id
    assert desk.register.of_link(f"link-of-{booking.id}") == booking.id


def test_what_is_not_there_is_not_found(desk):
    assert desk.register.find(BookingId("NONE")) is None
    assert desk.register.of_form("none") is None
    assert desk.register.of_buyer(SLUG, desk.run, "none") is None
    assert desk.register.of_session(SessionId("cs_none")) is None
    assert desk.register.of_link("none") is None
    assert desk.register.past_due(SLUG, desk.run, AS_OF) == []
    assert desk.left() == 10


def test_more_places_than_are_left_are_sold_out(desk):
    desk.hold(8)
    with pytest.raises(SoldOut) as sold_out:
        desk.hold(3)
    assert (sold_out.value.what, sold_out.value.requested, sold_out.value.left) == ("STOCK", 3, 2)
    assert len([one for one in desk.whole().bookings if one["run"] == desk.key]) == 1


def test_more_than_the_run_ever_had_are_sold_out_at_once(desk):
    with pytest.raises(SoldOut) as sold_out:
        desk.hold(11)
    assert sold_out.value.left == 10


def test_the_last_place_is_sold(desk):
    desk.hold(9)
    desk.hold(1)
    assert desk.left() == 0


def test_extras_run_out_by_themselves_and_take_no_place_with_them(desk):
    desk.hold(2, dinners=9)
    with pytest.raises(SoldOut) as sold_out:
        desk.hold(2, dinners=2)
    assert (sold_out.value.what, sold_out.value.left) == ("EXTRA#dinner", 1)
    assert desk.stock()["held"] == 2


def test_without_a_limit_there_is_always_a_place(desk):
    desk.limits = Limits(None, {})
    for _ in range(3):
        desk.hold(20, dinners=20)
    assert desk.left(None) is None
    assert desk.stock()["held"] == 60


def test_the_largest_booking_fits_one_transaction_at_every_step(desk):
    desk.limits = Limits(60, {ExtraId("dinner"): 60})
    booking = desk.confirm(desk.hold(60, dinners=60))
    assert desk.whole().outbox(booking.id)[-1] == "buyer_confirmation#1"
    assert len(desk.whole().outbox(booking.id)) == 61


def test_the_same_form_again_is_held_already(desk):
    booking = desk.hold(form="one-form")
    with pytest.raises(AlreadyHeld) as held:
        desk.hold(form="one-form")
    assert held.value.booking == booking.id
    assert desk.stock()["held"] == 2


def test_the_same_form_again_is_held_already_even_when_it_took_the_last_place(desk):
    booking = desk.hold(10, form="the-last-places")
    with pytest.raises(AlreadyHeld) as held:
        desk.hold(10, form="the-last-places")
    assert held.value.booking == booking.id


def test_a_buyer_holds_one_booking_a_run(desk):
    booking = desk.hold(buyer_key="one-buyer")
    with pytest.raises(AlreadyHeld):
        desk.hold(buyer_key="one-buyer")
    desk.release(booking)
    again = desk.hold(buyer_key="one-buyer", replaces=[booking.id])
    assert desk.register.of_buyer(SLUG, desk.run, "one-buyer") == again.id


def test_only_the_booking_that_is_replaced_makes_way(desk):
    booking = desk.hold(form="contested")
    with pytest.raises(AlreadyHeld):
        desk.hold(form="contested", replaces=[BookingId("ANOTHER")])
    assert desk.register.of_form("contested") == booking.id


def test_a_form_is_remembered_for_a_day(desk):
    booking = desk.release(desk.hold(form="yesterday"))
    with pytest.raises(AlreadyHeld):
        desk.hold(form="yesterday", at=AS_OF + timedelta(hours=23, minutes=59))
    again = desk.hold(form="yesterday", at=AS_OF + timedelta(hours=24, minutes=1))
    assert desk.register.of_form("yesterday") == again.id != booking.id


def test_a_number_that_is_taken_is_refused(desk):
    booking = desk.hold()
    with pytest.raises(AlreadyHeld):
        desk.hold(id=booking.id)


# --- the capacity of the catalogue ------------------------------------------------------------------------------------


def test_a_capacity_that_grows_is_there_for_the_next_booking(desk):
    desk.hold(10)
    desk.limits = replace(desk.limits, places=12)
    desk.hold(2)
    assert desk.stock() == {"capacity": 12, "spare": 0, "held": 12, "sold": 0}


def test_a_capacity_that_shrinks_leaves_less_to_book(desk):
    desk.hold(4)
    desk.limits = replace(desk.limits, places=5)
    with pytest.raises(SoldOut) as sold_out:
        desk.hold(2)
    assert sold_out.value.left == 1
    assert desk.stock() == {"capacity": 5, "spare": 1, "held": 4, "sold": 0}


def test_a_capacity_below_what_is_taken_closes_sales_until_places_come_back(desk):
    first, second = desk.hold(3), desk.hold(3)
    desk.limits = replace(desk.limits, places=4)
    with pytest.raises(SoldOut) as sold_out:
        desk.hold(1)
    assert sold_out.value.left == 0
    assert desk.left(4) == 0
    desk.confirm(first)
    desk.release(second)
    desk.hold(1)
    assert desk.stock() == {"capacity": 4, "spare": 0, "held": 1, "sold": 3}


def test_a_limit_that_is_taken_away_and_set_again_counts_what_was_sold_between(desk):
    desk.hold(8)
    desk.limits = Limits(None, {})
    desk.confirm(desk.hold(20))
    assert desk.stock() == {"spare": desk.stock()["spare"], "held": 8, "sold": 20}
    desk.limits = Limits(30, {})
    desk.hold(1)
    assert desk.stock() == {"capacity": 30, "spare": 1, "held": 9, "sold": 20}


def test_an_extra_may_be_given_a_limit_later(desk):
    desk.limits = Limits(10, {ExtraId("dinner"): None})
    desk.hold(1, dinners=6)
    desk.limits = Limits(10, {ExtraId("dinner"): 8})
    with pytest.raises(SoldOut):
        desk.hold(1, dinners=3)
    desk.hold(1, dinners=2)


# --- the payment page -------------------------------------------------------------------------------------------------


def test_the_payment_page_is_remembered(desk):
    booking = desk.hold()
    desk.register.session_opened(booking, SessionId("cs_test_page"), "https://pay.example/page")
    found = desk.found(booking)
    assert (found.session, found.session_url) == ("cs_test_page", "https://pay.example/page")
    assert desk.register.of_session(SessionId("cs_test_page")) == booking.id


def test_the_same_payment_page_may_be_remembered_twice(desk):
    booking = desk.hold()
    for _ in range(2):
        desk.register.session_opened(booking, SessionId("cs_test_twice"), "https://pay.example/twice")


def test_another_payment_page_for_the_same_hold_is_refused(desk):
    booking = desk.hold()
    desk.register.session_opened(booking, SessionId("cs_test_first"), "https://pay.example/1")
    with pytest.raises(Changed):
        desk.register.session_opened(booking, SessionId("cs_test_second"), "https://pay.example/2")
    assert desk.register.of_session(SessionId("cs_test_second")) is None


def test_a_payment_page_for_a_hold_that_is_gone_is_refused(desk):
    booking = desk.hold()
    desk.release(booking)
    with pytest.raises(Changed):
        desk.register.session_opened(booking, SessionId("cs_test_gone"), "https://pay.example/gone")


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_a_release_gives_everything_back(desk):
    booking = desk.release(desk.hold(3, dinners=2))
    assert booking.state is BookingState.EXPIRED
    assert desk.stock() == {"capacity": 10, "spare": 10, "held": 0, "sold": 0}
    assert desk.stock("EXTRA#dinner") == {"capacity": 10, "spare": 10, "held": 0, "sold": 0}
    assert desk.whole().steps(booking.id) == ["hold", "expire"]


def test_a_confirmation_sells_the_places_and_leaves_its_evidence(desk):
    booking = desk.confirm(desk.hold(2, dinners=1))
    whole = desk.whole()
    assert (booking.state, booking.invoice_url) == (BookingState.CONFIRMED, "https://pay.example/i")
    assert desk.stock() == {"capacity": 10, "spare": 8, "held": 0, "sold": 2}
    assert desk.stock("EXTRA#dinner") == {"capacity": 10, "spare": 9, "held": 0, "sold": 1}
    assert whole.payments(booking.id) == [f"pi_{booking.id}_1"]
    assert whole.outbox(booking.id) == [
        "#D01delegate_confirmation#1",
        "#D02delegate_confirmation#1",
        "buyer_confirmation#1",
    ]
    assert whole.steps(booking.id) == ["hold", "pay"]
    assert desk.register.has_payment(booking.id, f"pi_{booking.id}_1")
    assert not desk.register.has_payment(booking.id, "pi_other")


def test_a_payment_names_the_session_where_nobody_had_remembered_it(desk):
    booking = desk.confirm(desk.hold())
    assert booking.session == f"cs_test_{booking.id}"
    assert desk.register.of_session(booking.session) == booking.id


def test_money_on_its_way_keeps_the_places(desk):
    booking = desk.hold()
    desk.register.await_funds(booking, SessionId("cs_test_slow"), at=AS_OF)
    waiting = desk.found(booking)
    assert (waiting.state, waiting.session) == (BookingState.AWAITING_FUNDS, "cs_test_slow")
    assert desk.register.past_due(SLUG, desk.run, booking.expires_at + timedelta(days=9)) == []
    assert desk.stock()["held"] == 2
    assert desk.confirm(waiting).state is BookingState.CONFIRMED


def test_money_that_never_comes_gives_the_places_back(desk):
    booking = desk.hold()
    desk.register.await_funds(booking, SessionId("cs_test_failed"), at=AS_OF)
    assert desk.release(desk.found(booking)).state is BookingState.EXPIRED
    assert desk.stock()["spare"] == 10


def test_a_late_payment_gets_places_that_are_free(desk):
    booking = desk.release(desk.hold(3, dinners=1))
    desk.reseat(booking)
    assert desk.found(booking).state is BookingState.CONFIRMED
    assert desk.stock() == {"capacity": 10, "spare": 7, "held": 0, "sold": 3}
    assert desk.whole().steps(booking.id) == ["hold", "expire", "pay_reseated"]


def test_a_late_payment_gets_no_place_that_is_another_s(desk):
    booking = desk.release(desk.hold(3))
    desk.hold(8)
    with pytest.raises(SoldOut) as sold_out:
        desk.reseat(booking)
    assert sold_out.value.left == 2
    desk.register.owe_refund(booking, a_payment(booking), at=AS_OF)
    owed = desk.found(booking)
    assert (owed.state, owed.attention) == (BookingState.REFUND_DUE, "refund_due")
    assert desk.whole().payments(booking.id) == [f"pi_{booking.id}_1"]
    assert desk.whole().outbox(booking.id) == []


def test_a_late_payment_follows_a_capacity_that_has_changed(desk):
    booking = desk.release(desk.hold(10))
    desk.limits = replace(desk.limits, places=9)
    with pytest.raises(SoldOut):
        desk.reseat(booking)
    desk.limits = replace(desk.limits, places=11)
    desk.reseat(booking)
    assert desk.stock() == {"capacity": 11, "spare": 1, "held": 0, "sold": 10}


def test_a_second_payment_is_recorded_for_a_person_to_see(desk):
    booking = desk.confirm(desk.hold())
    desk.register.record_second_payment(booking, a_payment(booking, "2"), at=AS_OF)
    assert desk.found(booking).attention == "second_payment"
    assert desk.whole().payments(booking.id) == [f"pi_{booking.id}_1", f"pi_{booking.id}_2"]
    assert len(desk.whole().outbox(booking.id)) == 3


def test_one_payment_is_recorded_once(desk):
    booking = desk.confirm(desk.hold())
    with pytest.raises(Changed):
        desk.register.record_second_payment(booking, a_payment(booking), at=AS_OF)
    assert desk.found(booking).attention is None


def test_a_flag_is_seen_in_the_index_of_what_needs_attention(desk):
    booking = desk.hold()
    desk.register.flag(booking, "mismatch", at=AS_OF)
    assert desk.found(booking).attention == "mismatch"
    query = {
        "IndexName": "attention",
        "KeyConditionExpression": "attention = :a",
        "ExpressionAttributeValues": {":a": {"S": "mismatch"}},
    }
    found = desk.dynamodb.query(TableName=desk.table_name, **query)["Items"]
    assert f"BOOKING#{booking.id}" in [item["pk"]["S"] for item in found]


def test_several_things_may_happen_to_a_booking_in_one_instant(desk):
    booking = desk.hold()
    for _ in range(3):
        desk.register.flag(desk.found(booking), "mismatch", at=AS_OF)
    assert desk.whole().steps(booking.id) == ["hold", "mismatch", "mismatch", "mismatch"]


def test_names_given_later_are_kept_and_written_to(desk):
    booking = desk.confirm(desk.hold(3, delegates=delegates(3, named=0)))
    named = [Delegate(2, "Jo Instance", "jo@example.org")]
    message = Message(booking.id, MessageKind.DELEGATE_CONFIRMATION, 2, revision=7)
    desk.register.name_delegates(booking, named, [message], at=AS_OF)
    assert desk.found(booking).delegates == (Delegate(1), replace(named[0], version=2), Delegate(3))
    assert "#D02delegate_confirmation#7" in desk.whole().outbox(booking.id)


def test_the_audit_trail_tells_people_by_number_and_never_by_name(desk):
    booking = desk.confirm(desk.hold(2, delegates=delegates(2, named=1)))
    desk.register.name_delegates(booking, [Delegate(2, "Jo Instance", "jo@example.org")], [], at=AS_OF)
    text = str(desk.whole().audit(booking.id))
    for person in ("Jo", "Chris", "Alex", "example.police.uk", "example.org"):
        assert person not in text
    assert "'delegates': '2'" in text


# --- out of date ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "late",
    [
        lambda desk, booking: desk.release(booking),
        lambda desk, booking: desk.confirm(booking, a_payment(booking, "2")),
        lambda desk, booking: desk.register.await_funds(booking, SessionId("cs_late"), at=AS_OF),
        lambda desk, booking: desk.register.flag(booking, "mismatch", at=AS_OF),
        lambda desk, booking: desk.register.record_second_payment(booking, a_payment(booking, "2"), at=AS_OF),
        lambda desk, booking: desk.register.name_delegates(booking, [Delegate(1, "A", "a@b.example")], [], at=AS_OF),
    ],
)
@pytest.mark.parametrize("first", [Desk.release, Desk.confirm])
def test_nothing_is_done_to_a_booking_that_changed_since_it_was_read(desk, first, late):
    booking = desk.hold()
    first(desk, booking)
    before = desk.whole().items
    with pytest.raises(Changed):
        late(desk, booking)
    assert sorted(map(str, desk.whole().items)) == sorted(map(str, before))


@pytest.mark.parametrize("late", [Desk.release, Desk.confirm])
def test_a_hold_is_not_ended_by_one_who_does_not_know_that_its_page_was_given_out(desk, late):
    booking = desk.hold()
    desk.register.session_opened(booking, SessionId("cs_test_given_out"), "https://pay.example/given-out")
    with pytest.raises(Changed):
        late(desk, booking)
    assert desk.found(booking).state is BookingState.HELD


def test_a_reseat_of_a_booking_that_changed_takes_no_place(desk):
    booking = desk.release(desk.hold())
    desk.reseat(booking)
    with pytest.raises(Changed):
        desk.reseat(booking)
    assert desk.stock()["sold"] == 2


@pytest.mark.parametrize("step", [Desk.release, Desk.reseat])
def test_what_the_transition_table_forbids_is_not_even_asked_of_the_table(desk, step):
    booking = desk.confirm(desk.hold())
    with pytest.raises(IllegalTransition):
        step(desk, booking)


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_hold_is_past_due_from_the_second_after_its_time(desk):
    booking = desk.hold()
    due = booking.expires_at
    assert desk.register.past_due(SLUG, desk.run, due) == []
    assert desk.register.past_due(SLUG, desk.run, due + timedelta(seconds=1)) == [booking.id]


def test_holds_are_past_due_in_order_of_their_time(desk):
    late = desk.hold(1, expires_at=AS_OF + timedelta(minutes=50))
    early = desk.hold(1, expires_at=AS_OF + timedelta(minutes=40))
    assert desk.register.past_due(SLUG, desk.run, AS_OF + timedelta(hours=1)) == [early.id, late.id]


def test_places_of_holds_past_their_time_can_be_booked(desk):
    booking = desk.hold(4)
    assert desk.left(at=booking.expires_at) == 6
    assert desk.left(at=booking.expires_at + timedelta(seconds=1)) == 10


def test_nothing_that_a_counter_stands_on_disappears_by_itself(desk):
    desk.confirm(desk.hold())
    desk.hold()
    forgotten = {item["sk"].partition("#")[0] for item in desk.whole().items if "ttl" in item}
    assert forgotten == {"F", "BUYER"}


# --- anything in any order --------------------------------------------------------------------------------------------

OPERATION = st.one_of(
    st.tuples(st.just("hold"), st.integers(1, 6), st.integers(0, 3)),
    st.tuples(
        st.sampled_from(["confirm", "release", "await_funds", "reseat", "second"]), st.integers(0, 9), st.just(0)
    ),
    st.tuples(st.just("limit"), st.sampled_from([None, 0, 5, 10, 15]), st.sampled_from([None, 0, 4])),
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(operations=st.lists(OPERATION, min_size=4, max_size=14))
def test_the_invariants_hold_after_anything_in_any_order(aws, furniture, operations):
    desk = Desk(aws, furniture.table)
    made = []
    for what, number, more in operations:
        _do(desk, made, what, number, more)
    assert desk.whole().faults() == []


def _do(desk, made, what, number, more) -> None:
    if what == "limit":
        desk.limits = Limits(number, {ExtraId("dinner"): more})
        return
    try:
        if what == "hold":
            made.append(desk.hold(number, dinners=more))
        elif made:
            booking = desk.found(made[number % len(made)])
            OPERATIONS[what](desk, booking)
    except (SoldOut, IllegalTransition, Changed):
        pass


OPERATIONS = {
    "confirm": Desk.confirm,
    "release": Desk.release,
    "reseat": Desk.reseat,
    "await_funds": lambda desk, one: desk.register.await_funds(one, SessionId(f"cs_{one.id}"), at=AS_OF),
    "second": lambda desk, one: (
        desk.register.record_second_payment(one, a_payment(one, "2"), at=AS_OF)
        if one.state is BookingState.CONFIRMED
        else None
    ),
}
