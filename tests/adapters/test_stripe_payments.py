"""The payment provider's adapter against the local payment double: what is asked, what is heard, what goes wrong."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
import stripe

from tests.builders import a_booking, a_workshop
from tests.till import KEY, a_till
from workshops.adapters.stripe import NotSetUp, StripePayments, client, set_up_tax_rates, tax_rates
from workshops.app.ports import (
    PaymentRefused,
    PaymentsUnavailable,
    RequestInProgress,
    SessionStatus,
    UnknownSession,
)
from workshops.domain.booking import BookingId, SessionId
from workshops.domain.vat import VatRate
from workshops.domain.workshop import Extra, ExtraId
from workshops.local.payment_double import PaymentDouble
from workshops.local.payment_double.desks import random_id

SITE = "https://training.example.org"
PAGE = f"{SITE}/workshops/harmful-sexual-behaviour/"
TITLE = "Technology Assisted Harmful Sexual Behaviour"
DATES = "Tuesday 28 April 2026"


@pytest.fixture(scope="module")
def till(tmp_path_factory):
    with a_till(tmp_path_factory.mktemp("till")) as made:
        yield made


@pytest.fixture
def payments(till):
    yield StripePayments(till.stripe, site_url=SITE, live=False)
    till.calm()


def soon(minutes=35):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)


def prepared(payments, **changes):
    booking = changes.pop("booking", None) or a_booking(expires_at=soon(), **changes)
    return payments.prepare(booking, title=TITLE, dates=DATES, page=PAGE)


def opened(payments, **changes):
    return payments.open(prepared(payments, **changes))


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_the_session_of_a_booking_of_three_is_asked_for_exactly_so(payments, till):
    expires_at = soon()
    request = prepared(payments, booking=a_booking(places=3, expires_at=expires_at))
    metadata = {"booking": "B7K2M9QX", "site": "training.example.org", "schema": "1"}
    what = f"{TITLE}, {DATES}"
    assert json.loads(request.parameters) == {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 3,
                "price_data": {
                    "currency": "gbp",
                    "unit_amount": 20900,
                    "tax_behavior": "exclusive",
                    "product_data": {"name": "Law enforcement and government agencies", "description": what},
                },
                "tax_rates": [tax_rates(till.stripe)[VatRate.STANDARD]],
            }
        ],
        "allowed_payment_method_types": ["card", "paypal"],
        "adaptive_pricing": {"enabled": False},
        "invoice_creation": {
            "enabled": True,
            "invoice_data": {
                "description": what,
                "footer": "Booking B7K2M9QX at training.example.org",
                "custom_fields": [{"name": "Booking", "value": "B7K2M9QX"}],
                "rendering_options": {"amount_tax_display": "exclude_tax"},
                "metadata": metadata,
            },
        },
        "customer_creation": "always",
        "customer_email": "chris@example.police.uk",
        "billing_address_collection": "required",
        "name_collection": {"business": {"enabled": True, "optional": True}},
        "tax_id_collection": {"enabled": True},
        "client_reference_id": "B7K2M9QX",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": "Booking B7K2M9QX"},
        "submit_type": "book",
        "locale": "en-GB",
        "expires_at": int(expires_at.timestamp()),
        "success_url": f"{SITE}/booking/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": PAGE,
    }


def test_stripe_takes_the_request_as_it_is_and_comes_to_the_same_total(payments):
    session = opened(payments, places=3)
    assert (session.status, session.payment_status, session.amount_total) == (SessionStatus.OPEN, "unpaid", 75240)
    assert (session.currency, session.livemode) == ("gbp", False)
    assert (session.booking, session.site) == ("B7K2M9QX", "training.example.org")
    assert session.url.startswith("http://127.0.0.1:")
    assert session.id.startswith("cs_test_")


def test_each_extra_is_a_line_with_its_own_vat(payments, till):
    extras = (
        Extra(ExtraId("dinner"), "Conference dinner", 2917, VatRate.STANDARD),
        Extra(ExtraId("book"), "Handbook", 1999, VatRate.ZERO),
        Extra(ExtraId("leaflet"), "Leaflet", 100, VatRate.REDUCED),
        Extra(ExtraId("gift"), "Donation", 500, VatRate.EXEMPT),
    )
    booking = a_booking(
        a_workshop(extras=extras), extras={"dinner": 3, "book": 1, "leaflet": 1, "gift": 1}, expires_at=soon()
    )
    request = prepared(payments, booking=booking)
    ids = tax_rates(till.stripe)
    lines = json.loads(request.parameters)["line_items"]
    assert [line.get("tax_rates") for line in lines] == [
        [ids[VatRate.STANDARD]],
        [ids[VatRate.ZERO]],
        [ids[VatRate.STANDARD]],
        None,
        [ids[VatRate.REDUCED]],
    ]
    assert lines[3]["price_data"]["product_data"]["description"].endswith(". exempt from VAT")
    assert payments.open(request).amount_total == booking.quote.total.gross


def test_a_discount_is_said_on_its_line(payments):
    booking = a_booking(expires_at=soon())
    line = replace(booking.quote.lines[0], discount="early price")
    request = prepared(payments, booking=replace(booking, quote=replace(booking.quote, lines=(line,))))
    description = json.loads(request.parameters)["line_items"][0]["price_data"]["product_data"]["description"]
    assert description == f"{TITLE}, {DATES}. early price"


def test_a_purchase_order_is_printed_on_the_invoice(payments):
    request = prepared(payments, purchase_order="PO 4711")
    fields = json.loads(request.parameters)["invoice_creation"]["invoice_data"]["custom_fields"]
    assert fields == [{"name": "Booking", "value": "B7K2M9QX"}, {"name": "Purchase order", "value": "PO 4711"}]


def test_our_own_vat_number_is_on_the_invoice_where_the_account_has_one(tmp_path):
    with a_till(tmp_path) as till:
        made = till.stripe.v1.tax_ids.create({"type": "gb_vat", "value": "GB123456789", "owner": {"type": "self"}})
        request = prepared(StripePayments(till.stripe, site_url=SITE, live=False))
    assert json.loads(request.parameters)["invoice_creation"]["invoice_data"]["account_tax_ids"] == [made.id]


def test_no_person_is_named_in_metadata_or_addresses(payments):
    asked = json.loads(prepared(payments).parameters)
    told = [asked["metadata"], asked["payment_intent_data"], asked["success_url"], asked["cancel_url"]]
    text = json.dumps([told, asked["invoice_creation"], asked["line_items"]])
    for personal in ("Chris", "chris", "Alex", "Constabulary", "police.uk"):
        assert personal not in text


def test_every_request_has_a_key_of_its_own(payments):
    assert prepared(payments).key != prepared(payments).key


# --- what is heard ----------------------------------------------------------------------------------------------------


def test_the_same_request_again_finds_the_session_that_it_opened(payments):
    request = prepared(payments)
    assert payments.open(request).id == payments.open(request).id


def test_a_paid_session_tells_its_payment_and_its_invoice(payments, till):
    session = opened(payments)
    till.pay(session.id)
    paid = payments.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.amount_total) == (SessionStatus.COMPLETE, "paid", 75240)
    assert paid.payment.startswith("pi_")
    assert paid.invoice.startswith("in_")
    assert paid.invoice_url.startswith("http://127.0.0.1:")
    assert paid.url is None


def test_a_slow_payment_is_unpaid_until_it_is_paid(payments, till):
    session = opened(payments)
    till.pay(session.id, method="delayed")
    waiting = payments.retrieve(session.id)
    assert (waiting.status, waiting.payment_status, waiting.payment_failed) == (SessionStatus.COMPLETE, "unpaid", False)
    till.settle(session.id, "succeeded")
    assert payments.retrieve(session.id).payment_status == "paid"


def test_a_slow_payment_that_comes_to_nothing_has_failed(payments, till):
    session = opened(payments)
    till.pay(session.id, method="delayed")
    till.settle(session.id, "failed")
    failed = payments.retrieve(session.id)
    assert (failed.payment_status, failed.payment_failed) == ("unpaid", True)


def test_an_open_session_can_be_ended(payments):
    session = opened(payments)
    assert payments.expire(session.id).status is SessionStatus.EXPIRED
    assert payments.expire(session.id).status is SessionStatus.EXPIRED


def test_an_open_session_that_cannot_be_ended_is_not_taken_for_ended(payments, till):
    session = opened(payments)
    till.trouble("error", "checkout.sessions.expire", status=400)
    with pytest.raises(PaymentRefused, match="not ended"):
        payments.expire(session.id)
    assert payments.retrieve(session.id).status is SessionStatus.OPEN


def test_ending_a_session_that_was_paid_tells_so(payments, till):
    session = opened(payments)
    till.pay(session.id)
    assert payments.expire(session.id).payment_status == "paid"


@pytest.mark.parametrize("ask", [StripePayments.retrieve, StripePayments.expire])
def test_a_session_that_nobody_made_is_unknown(payments, ask):
    with pytest.raises(UnknownSession) as unknown:
        ask(payments, SessionId("cs_test_nobody"))
    assert unknown.value.session == "cs_test_nobody"


def test_a_payment_method_that_is_not_enabled_is_noted_for_the_operator(tmp_path, caplog):
    with a_till(tmp_path) as till:
        till._ask("PUT", "account", {"payment_methods": ["card"]})
        opened(StripePayments(till.stripe, site_url=SITE, live=False))
    assert "payment methods not enabled at the payment account: paypal" in caplog.messages


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_two_failures_in_a_row_are_unavailable_and_one_is_not(payments, till):
    till.trouble("error", "checkout.sessions.retrieve", status=500)
    session = opened(payments)
    assert payments.retrieve(session.id).status is SessionStatus.OPEN
    till.trouble("error", "checkout.sessions.retrieve", status=500, times=2)
    with pytest.raises(PaymentsUnavailable):
        payments.retrieve(session.id)


def test_a_line_that_breaks_after_the_work_finds_the_work_done(payments, till):
    request = prepared(payments, id=BookingId("BDROPPED"))
    till.trouble("drop", when="after")
    session = payments.open(request)
    assert [one["id"] for one in till.sessions_of("BDROPPED")] == [session.id]


def test_an_account_that_is_too_slow_is_unavailable_in_good_time(till, monkeypatch):
    monkeypatch.setattr("workshops.adapters.stripe.TIMEOUTS", (0.5, 0.3))
    hasty = StripePayments(client(KEY, till.url), site_url=SITE, live=False)
    request = prepared(hasty)
    till.trouble("delay", seconds=1.0, times=2)
    started = time.monotonic()
    with pytest.raises(PaymentsUnavailable):
        hasty.open(request)
    assert time.monotonic() - started < 3
    till.calm()


def test_two_slow_tries_fit_into_what_a_function_is_given():
    from workshops.adapters import stripe as adapter

    api_gateway_gives_up_after = 30
    longest_pause_of_the_library = 5
    tries = adapter.RETRIES + 1
    assert tries * sum(adapter.TIMEOUTS) + adapter.RETRIES * longest_pause_of_the_library < api_gateway_gives_up_after


def test_an_account_that_is_not_there_is_unavailable():
    away = StripePayments(client(KEY, "http://127.0.0.1:9"), site_url=SITE, live=False)
    with pytest.raises(PaymentsUnavailable):
        away.retrieve(SessionId("cs_test_any"))


def test_the_very_same_request_at_the_same_time_is_in_progress(tmp_path):
    at_work, go_on = Event(), Event()

    def slow_id(prefix):
        if prefix.startswith("cs_"):
            at_work.set()
            go_on.wait(10)
        return random_id(prefix)

    with PaymentDouble(data=tmp_path, new_id=slow_id) as double:
        set_up_tax_rates(client(KEY, double.url))
        impatient = stripe.StripeClient(KEY, base_addresses={"api": double.url}, max_network_retries=0)
        payments = StripePayments(impatient, site_url=SITE, live=False)
        request = prepared(payments)
        first = Thread(target=payments.open, args=(request,))
        first.start()
        at_work.wait(10)
        with pytest.raises(RequestInProgress):
            payments.open(request)
        go_on.set()
        first.join()
        assert payments.open(request).status is SessionStatus.OPEN


def test_what_stripe_refuses_is_told_without_what_the_buyer_typed(payments, caplog):
    caplog.set_level(logging.DEBUG)
    booking = a_booking(expires_at=soon())
    nobody = replace(booking.buyer, email="secret-person")
    with pytest.raises(PaymentRefused) as refused:
        opened(payments, booking=replace(booking, buyer=nobody))
    assert str(refused.value) == "InvalidRequestError email_invalid customer_email"
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert "secret-person" not in "".join(ours)


def test_a_session_that_would_end_too_soon_is_refused(payments):
    with pytest.raises(PaymentRefused, match="expires_at"):
        opened(payments, booking=a_booking(expires_at=soon(minutes=29)))


def test_a_key_that_is_wrong_is_refused(till):
    with pytest.raises(PaymentRefused, match="AuthenticationError"):
        StripePayments(client("sk_live_wrong", till.url), site_url=SITE, live=False).retrieve(SessionId("cs_test_x"))


# --- VAT rates --------------------------------------------------------------------------------------------------------


def test_an_account_without_vat_rates_says_which_command_makes_them(tmp_path):
    with PaymentDouble(data=tmp_path) as double:
        payments = StripePayments(client(KEY, double.url), site_url=SITE, live=False)
        with pytest.raises(NotSetUp, match="no tax rate for VAT at 20%: run `workshops setup stripe`"):
            prepared(payments)
        set_up_tax_rates(client(KEY, double.url))
        assert prepared(payments).parameters


def test_the_three_vat_rates_are_made_once(tmp_path):
    with PaymentDouble(data=tmp_path) as double:
        account = client(KEY, double.url)
        first, second = set_up_tax_rates(account), set_up_tax_rates(account)
        made = account.v1.tax_rates.list({"limit": 100}).data
    assert first == second
    assert sorted(rate.percentage for rate in made) == [0.0, 5.0, 20.0]
    assert {(rate.country, rate.inclusive, rate.tax_type) for rate in made} == {("GB", False, "vat")}
    assert first == {
        VatRate.STANDARD: first[VatRate.STANDARD],
        VatRate.REDUCED: first[VatRate.REDUCED],
        VatRate.ZERO: first[VatRate.ZERO],
    }
