"""From a sound form to the payment page, over the real engine and the payment double: one hold, one page, one charge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from threading import Barrier

import pytest

from tests.builders import SECRET, a_rate, a_run, a_workshop
from tests.shop import RETURN_PAGE, SITE, Crash, Shop, Wrapped, crash
from tests.till import KEY, a_till
from workshops.adapters.stripe import NotSetUp, StripePayments, client
from workshops.app.checkout import HOLD, NotBookable, PriceChanged
from workshops.app.links import link_digest, link_token
from workshops.app.ports import AlreadyHeld, PaymentsUnavailable, SoldOut, StoreUnavailable
from workshops.domain.booking import BookingState, SessionId
from workshops.domain.moment import Moment
from workshops.domain.workshop import EarlyPrice, EventStatus, RunState
from workshops.local.payment_double import PaymentDouble


@pytest.fixture(scope="module")
def till(tmp_path_factory):
    with a_till(tmp_path_factory.mktemp("till")) as made:
        yield made


@pytest.fixture
def shop(aws, furniture, till):
    made = Shop(aws.dynamodb, furniture.table, till)
    yield made
    till.calm()
    assert made.whole().faults() == []


def five_places(**changes):
    return a_workshop(a_run(capacity=5, **changes))


def another_buyer(number=1, **changes):
    people = {"buyer_email": f"buyer{number}@example.org", "delegate_name": None, "delegate_email": None}
    return people | changes


def at_once(*work):
    start = Barrier(len(work))

    def run(thing):
        start.wait()
        return thing()

    with ThreadPoolExecutor(len(work)) as pool:
        return [job.result() for job in [pool.submit(run, thing) for thing in work]]


# --- the plain way ----------------------------------------------------------------------------------------------------


def test_a_form_holds_its_places_and_leads_to_its_payment_page(shop):
    sent = shop.post()
    booking = shop.held()
    (session,) = shop.sessions()
    assert sent.url == session["url"] == booking.session_url
    assert booking.session == session["id"]
    assert session["amount_total"] == booking.quote.total.gross == 75240
    assert [one.name for one in booking.delegates] == ["Alex Sample", "Sam Specimen", "Jo Instance"]


def test_a_booking_remembers_what_it_was_sold_under(shop):
    shop.post()
    booking = shop.held()
    assert booking.quote.catalogue_sha256 == shop.catalogue.sha256
    assert booking.terms == shop.catalogue.sha256
    assert booking.made_at == shop.now().business


def test_a_hold_ends_with_its_session_and_not_before_stripe_allows(shop):
    shop.post()
    (session,) = shop.sessions()
    assert session["expires_at"] == int(shop.held().expires_at.timestamp())
    assert HOLD - timedelta(seconds=20) < shop.held().expires_at - shop.now().machine <= HOLD


def test_the_buyers_link_is_stored_as_a_digest_only(shop):
    shop.post()
    booking = shop.held()
    token = link_token(SECRET, booking.id, booking.link_revision)
    assert shop.bookings.of_link(link_digest(token)) == booking.id
    assert token not in str(shop.whole().items)


# --- the same again ---------------------------------------------------------------------------------------------------


def test_the_same_form_again_leads_to_the_same_page(shop):
    assert shop.post() == shop.post() == shop.post()
    assert shop.whole().states() == ["held"]
    assert len(shop.sessions()) == 1


def test_the_same_form_twice_at_once_makes_one_hold_and_one_page(shop, till):
    till.trouble("delay", when="after", seconds=0.3)
    first, second = at_once(shop.post, shop.post)
    assert first == second
    assert shop.whole().states() == ["held"]
    assert len(shop.sessions()) == 1


def test_a_double_click_for_the_last_places_is_not_sold_out(shop, till):
    shop.sells(a_workshop(a_run(capacity=3)))
    till.trouble("delay", when="after", seconds=0.3)
    first, second = at_once(shop.post, shop.post)
    assert first == second
    assert len(shop.sessions()) == 1


def test_a_changed_form_gives_up_the_earlier_hold_first(shop):
    shop.sells(five_places())
    first = shop.post()
    second = shop.post(quantity="5")
    assert first != second
    assert shop.whole().states() == ["expired", "held"]
    assert shop.open_sessions() == [shop.held().session]
    assert shop.held().places == 5


def test_two_tabs_leave_one_hold_and_one_open_page(shop):
    shop.post()
    shop.post(quantity="4")
    back_in_the_first = shop.post()
    assert shop.whole().states() == ["expired", "expired", "held"]
    assert shop.open_sessions() == [shop.held().session]
    assert back_in_the_first.url == shop.held().session_url


def test_two_tabs_at_once_leave_no_page_open_without_its_hold(shop):
    def post(quantity):
        try:
            return shop.post(quantity=quantity).url
        except StoreUnavailable:
            return None

    given = at_once(lambda: post("3"), lambda: post("4"))
    held = [item for item in shop.whole().bookings if item["state"] == "held"]
    handed_out = [one["id"] for one in shop.sessions() if one["status"] == "open" and one["url"] in given]
    assert len(held) == 1
    assert handed_out == [held[0]["session"]]


def test_different_buyers_do_not_disturb_each_other(shop):
    shop.post()
    shop.post(**another_buyer())
    assert shop.whole().states() == ["held", "held"]
    assert len(shop.open_sessions()) == 2


def test_a_form_posted_again_after_paying_leads_to_the_return_page(shop, till):
    shop.post()
    session = shop.held().session
    till.pay(session)
    assert shop.post().url == shop.post().url == f"{RETURN_PAGE}{session}"
    assert shop.whole().states() == ["confirmed"]
    assert len(shop.sessions()) == 1


def test_a_day_after_paying_the_same_form_is_a_new_order(shop, till):
    shop.post()
    till.pay(shop.held().session)
    shop.settle(shop.held().session)
    shop.machine = timedelta(hours=25)
    with till.ahead(shop.machine):
        shop.post()
    assert shop.whole().states() == ["confirmed", "held"]


def test_a_changed_form_after_paying_is_a_further_booking(shop, till):
    shop.post()
    till.pay(shop.held().session)
    shop.post(quantity="1", delegate_name=None, delegate_email=None)
    assert shop.whole().states() == ["confirmed", "held"]
    assert shop.held().places == 1


def test_a_form_posted_again_after_its_time_is_a_new_booking(shop, till):
    shop.post()
    till.expire(shop.held().session)
    shop.post()
    assert shop.whole().states() == ["expired", "held"]
    assert len(shop.open_sessions()) == 1


def test_the_same_form_at_another_price_is_another_order(shop):
    until = Moment(date(2026, 3, 2), time(12))
    rate = a_rate(early=EarlyPrice(18900, until))
    shop.sells(a_workshop(a_run(rates=(rate,))))
    early = shop.post()
    shop.business = timedelta(hours=4)
    assert shop.post() != early
    assert [session["amount_total"] for session in shop.sessions() if session["status"] == "open"] == [75240]
    assert shop.whole().states() == ["expired", "held"]


def test_the_same_form_at_another_price_after_paying_is_paid_already(shop, till):
    rate = a_rate(early=EarlyPrice(18900, Moment(date(2026, 3, 2), time(12))))
    shop.sells(a_workshop(a_run(rates=(rate,))))
    shop.post()
    session = shop.held().session
    till.pay(session)
    shop.business = timedelta(hours=4)
    assert shop.post().url == f"{RETURN_PAGE}{session}"
    assert shop.whole().states() == ["confirmed"]


# --- prices and states ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        {"shown_public-sector": "20900"},
        {"shown_total": "75240"},
        {"shown_public-sector": "20900", "shown_total": "75240"},
        {"shown_public-sector": "", "shown_total": ""},
        {"shown_industry": "1"},
    ],
)
def test_the_price_that_was_shown_is_the_price_that_is_charged(shop, shown):
    shop.post(**shown)
    assert shop.held().quote.total.gross == 75240


@pytest.mark.parametrize(
    "shown",
    [
        {"shown_public-sector": "1"},
        {"shown_public-sector": "20899"},
        {"shown_public-sector": "-20900"},
        {"shown_public-sector": "209.00"},
        {"shown_public-sector": "nothing"},
        {"shown_total": "75239"},
        {"shown_public-sector": "20900", "shown_total": "62700"},
    ],
)
def test_another_price_than_the_one_in_force_is_refused_with_the_new_one(shop, shown):
    with pytest.raises(PriceChanged) as changed:
        shop.post(**shown)
    assert changed.value.quote.total.gross == 75240
    assert shop.whole().items == []


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (a_run(opens=Moment(date(2026, 3, 3))), RunState.NOT_YET_OPEN),
        (a_run(closes=Moment(date(2026, 3, 1))), RunState.CLOSED),
        (a_run(status=EventStatus.CANCELLED), RunState.CANCELLED),
        (a_run(status=EventStatus.POSTPONED), RunState.POSTPONED),
        (a_run(status=EventStatus.TENTATIVE), RunState.TENTATIVE),
    ],
)
def test_a_run_that_takes_no_booking_takes_none(shop, run, state):
    shop.sells(a_workshop(run))
    with pytest.raises(NotBookable) as closed:
        shop.post()
    assert closed.value.state is state
    assert shop.whole().items == []


def test_a_run_closes_between_two_posts_of_one_form(shop):
    shop.sells(a_workshop(a_run(closes=Moment(date(2026, 3, 2), time(12)))))
    shop.post()
    shop.business = timedelta(hours=4)
    with pytest.raises(NotBookable):
        shop.post()
    assert shop.whole().states() == ["held"]


# --- the payment provider is away -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "error", "when": "before", "times": 2},
        {"kind": "error", "when": "after", "times": 2},
        {"kind": "drop", "when": "before", "times": 2},
        {"kind": "drop", "when": "after", "times": 2},
    ],
)
def test_without_an_answer_the_seats_are_released_and_the_next_try_is_clean(shop, till, trouble):
    till.trouble(**trouble)
    with pytest.raises(PaymentsUnavailable):
        shop.post()
    assert shop.whole().states() == ["expired"]
    till.calm()
    sent = shop.post()
    assert shop.whole().states() == ["expired", "held"]
    assert [one["url"] for one in shop.till.sessions_of(shop.held().id)] == [sent.url]


def test_without_an_answer_nobody_waits_for_a_second_try_because_the_seats_are_released_already(shop, till):
    till.trouble("error", when="before", times=None)
    whole = shop.bookings

    def released_already():
        shop.bookings = whole
        whole.release(shop.held(), at=shop.now().machine)

    shop.bookings = Wrapped(whole, before={"release": released_already})
    with pytest.raises(PaymentsUnavailable):
        shop.post()
    assert shop.whole().states() == ["expired"]


def test_one_lost_answer_is_got_over_with_one_session(shop, till):
    till.trouble("drop", when="after")
    shop.post()
    assert len(shop.sessions()) == 1


def test_an_account_that_is_not_set_up_holds_nothing(shop, tmp_path):
    with PaymentDouble(data=tmp_path) as double:
        shop.payments = StripePayments(client(KEY, double.url), site_url=SITE, live=False)
        with pytest.raises(NotSetUp):
            shop.post()
    assert shop.whole().items == []


def test_when_the_account_is_away_a_known_hold_is_kept(shop, till):
    sent = shop.post()
    till.trouble("error", "checkout.sessions.retrieve", times=2)
    with pytest.raises(PaymentsUnavailable):
        shop.post()
    assert shop.post() == sent


def test_a_session_of_an_account_that_was_changed_keeps_no_places(shop, tmp_path):
    shop.post()
    with a_till(tmp_path) as another:
        shop.payments = StripePayments(another.stripe, site_url=SITE, live=False)
        shop.post()
        assert shop.whole().states() == ["expired", "held"]
        assert [one["id"] for one in another.sessions()] == [shop.held().session]


# --- a crash at each step ---------------------------------------------------------------------------------------------


def crashed(shop, port, **where):
    whole = getattr(shop, port)
    setattr(shop, port, Wrapped(whole, **where))
    with pytest.raises(Crash):
        shop.post()
    setattr(shop, port, whole)


@pytest.mark.parametrize(
    ("port", "where", "bookings"),
    [
        ("payments", {"before": {"prepare": crash}}, 0),
        ("bookings", {"before": {"hold": crash}}, 0),
        ("bookings", {"after": {"hold": crash}}, 1),
        ("payments", {"before": {"open": crash}}, 1),
        ("payments", {"after": {"open": crash}}, 1),
        ("bookings", {"before": {"session_opened": crash}}, 1),
        ("bookings", {"after": {"session_opened": crash}}, 1),
    ],
)
def test_after_a_crash_at_any_step_the_same_form_finds_its_way(shop, port, where, bookings):
    crashed(shop, port, **where)
    assert len(shop.whole().bookings) == bookings
    sent = shop.post()
    assert shop.whole().states() == ["held"]
    assert [session["url"] for session in shop.sessions()] == [sent.url]


@pytest.mark.parametrize("where", [{"before": {"open": crash}}, {"after": {"open": crash}}])
def test_a_hold_too_old_to_be_sent_again_makes_way_for_a_new_one(shop, where):
    crashed(shop, "payments", **where)
    shop.machine = timedelta(minutes=5)
    sent = shop.post()
    assert shop.whole().states() == ["expired", "held"]
    assert sent.url == shop.held().session_url


def test_a_crash_while_giving_up_an_earlier_hold_ends_well(shop):
    shop.post()
    whole = shop.payments
    shop.payments = Wrapped(whole, after={"expire": crash})
    with pytest.raises(Crash):
        shop.post(quantity="4")
    shop.payments = whole
    shop.post(quantity="4")
    assert shop.whole().states() == ["expired", "held"]
    assert len(shop.open_sessions()) == 1


def test_the_webhook_may_come_before_the_page_is_stored(shop, till):
    whole = shop.bookings

    def paid_already():
        (session,) = shop.sessions()
        till.pay(session["id"])
        shop.bookings = whole
        shop.settle(session["id"])

    shop.bookings = Wrapped(whole, before={"session_opened": paid_already})
    sent = shop.post()
    booking = shop.booking()
    assert booking.state is BookingState.CONFIRMED
    assert sent.url == f"{RETURN_PAGE}{booking.session}"
    assert shop.bookings.of_session(booking.session) == booking.id


def test_a_slow_payment_may_come_before_the_page_is_stored(shop, till):
    whole = shop.bookings

    def paid_slowly():
        (session,) = shop.sessions()
        till.pay(session["id"], method="delayed")
        shop.bookings = whole
        shop.settle(session["id"])

    shop.bookings = Wrapped(whole, before={"session_opened": paid_slowly})
    sent = shop.post()
    assert shop.booking().state is BookingState.AWAITING_FUNDS
    assert sent.url == f"{RETURN_PAGE}{shop.booking().session}"


def test_a_session_that_ended_before_it_was_stored_is_not_given_out(shop, till):
    whole = shop.bookings

    def ended_already():
        till.expire(shop.sessions()[0]["id"])
        shop.bookings = whole

    crashed(shop, "payments", after={"open": crash})
    ended_already()
    sent = shop.post()
    assert shop.whole().states() == ["expired", "held"]
    assert shop.open_sessions() == [shop.held().session]
    assert sent.url == shop.held().session_url


# --- sold out ---------------------------------------------------------------------------------------------------------


def test_what_is_held_is_not_sold_again(shop):
    shop.sells(five_places())
    shop.post()
    with pytest.raises(SoldOut) as sold_out:
        shop.post(**another_buyer())
    assert (sold_out.value.requested, sold_out.value.left) == (3, 2)
    assert shop.whole().states() == ["held"]


def test_a_hold_past_its_time_makes_way_once_its_session_is_ended(shop):
    shop.sells(five_places())
    shop.post()
    shop.machine = HOLD + timedelta(seconds=2)
    shop.post(**another_buyer())
    assert shop.whole().states() == ["expired", "held"]
    assert shop.open_sessions() == [shop.held().session]


def test_a_hold_past_its_time_that_was_paid_is_confirmed_instead(shop, till):
    shop.sells(five_places())
    shop.post()
    till.pay(shop.held().session)
    shop.machine = HOLD + timedelta(seconds=2)
    with pytest.raises(SoldOut) as sold_out:
        shop.post(**another_buyer())
    assert sold_out.value.left == 2
    assert shop.whole().states() == ["confirmed"]
    shop.post(**another_buyer(quantity="2"))
    assert shop.whole().states() == ["confirmed", "held"]


def test_a_hold_past_its_time_whose_money_is_on_its_way_keeps_its_places(shop, till):
    shop.sells(five_places())
    shop.post()
    till.pay(shop.held().session, method="delayed")
    shop.machine = HOLD + timedelta(seconds=2)
    with pytest.raises(SoldOut):
        shop.post(**another_buyer())
    assert shop.whole().states() == ["awaiting_funds"]


def test_when_the_account_cannot_be_asked_nobody_is_told_sold_out(shop, till):
    shop.sells(five_places())
    shop.post()
    shop.machine = HOLD + timedelta(seconds=2)
    till.trouble("error", "checkout.sessions.expire", times=2)
    with pytest.raises(PaymentsUnavailable):
        shop.post(**another_buyer())
    assert shop.whole().states() == ["held"]


def test_a_hold_that_crashed_before_its_page_makes_way_when_its_time_is_over(shop):
    shop.sells(five_places())
    crashed(shop, "payments", before={"open": crash})
    shop.machine = HOLD + timedelta(seconds=2)
    shop.post(**another_buyer())
    assert shop.whole().states() == ["expired", "held"]


def test_many_buyers_at_once_for_the_last_places(shop):
    shop.sells(five_places())

    def post(number):
        try:
            shop.post(**another_buyer(number, quantity="2"))
        except SoldOut as sold_out:
            return sold_out.left
        return "held"

    answers = at_once(*[lambda number=number: post(number) for number in range(4)])
    assert sorted(map(str, answers)) == ["1", "1", "held", "held"]


def test_a_form_that_can_never_be_stored_ends_in_a_clear_word(shop):
    shop.bookings = AlwaysHeld(shop.bookings)
    with pytest.raises(StoreUnavailable, match="the booking kept changing"):
        shop.post()
    assert shop.sessions() == []


class AlwaysHeld(Wrapped):
    def hold(self, booking, **_):
        raise AlreadyHeld(booking.id)


def test_a_session_id_is_what_stripe_gave(shop):
    shop.post()
    assert shop.bookings.of_session(SessionId(shop.sessions()[0]["id"])) == shop.held().id
