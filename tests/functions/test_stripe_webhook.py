"""`POST /api/stripe/webhook`: what Stripe says, believed only when signed, and answered so that Stripe does the right thing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from functions import stripe_webhook
from tests.office import an_event, forget, invoked, signed, with_body


@pytest.fixture
def completed(office, till):
    """The body of the event that the booking held was paid."""
    office.post()
    session = office.held().session
    till.pay(session)
    return till.event(session, "checkout.session.completed")


def outcome(answer):
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])["outcome"]


def changed(body, **changes):
    event = json.loads(body)
    event["data"]["object"] |= changes.pop("object", {})
    return json.dumps(event | changes).encode()


# --- believed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoded", [False, True])
def test_a_signed_event_confirms_its_booking(office, completed, encoded):
    assert outcome(office.webhook(completed, encoded=encoded)) == "done"
    booking = office.confirmed()
    assert len(office.whole().outbox(booking.id)) == 4


def test_the_same_event_three_times_at_once_confirms_once(office, completed):
    start = Barrier(3)

    def deliver(_):
        start.wait()
        return outcome(office.webhook(completed))

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(deliver, range(3))) == ["done", "nothing to do", "nothing to do"]
    assert len(office.whole().outbox(office.confirmed().id)) == 4


def test_webhook_and_return_page_at_once_confirm_once(office, completed):
    session, start = office.held().session, Barrier(2)

    def deliver():
        start.wait()
        return office.webhook(completed)["statusCode"]

    def look():
        start.wait()
        return office.return_page(session)

    with ThreadPoolExecutor(2) as pool:
        told, shown = pool.submit(deliver), pool.submit(look)
        assert (told.result(), shown.result()["statusCode"]) == (200, 200)
    assert "Your booking is confirmed" in shown.result()["body"]
    assert office.whole().steps(office.confirmed().id) == ["hold", "pay"]


@pytest.mark.parametrize("secrets", [["whsec_next"], ["whsec_wrong", "whsec_example"]])
def test_a_secret_can_be_rotated(office, completed, secrets):
    assert outcome(office.webhook(completed, signed(completed, *secrets))) == "done"


@pytest.mark.usefixtures("office")
def test_the_signature_is_found_in_a_header_of_any_case(completed):
    event = with_body(an_event("stripe_webhook"), completed)
    del event["headers"]["stripe-signature"]
    event["headers"]["Stripe-Signature"] = signed(completed)
    assert outcome(invoked(stripe_webhook, event)) == "done"


def test_what_the_event_says_of_the_session_is_not_believed_but_asked(office):
    office.post()
    lie = {
        "id": office.held().session,
        "metadata": {"site": "training.example.org"},
        "payment_status": "paid",
        "status": "complete",
    }
    event = {"id": "evt_lie", "type": "checkout.session.completed", "livemode": False, "data": {"object": lie}}
    assert outcome(office.webhook(json.dumps(event).encode())) == "nothing to do"
    assert office.held()


def test_an_event_of_another_api_version_with_fields_missing_still_settles(office, completed):
    event = json.loads(completed)
    about = event["data"]["object"]
    event["data"]["object"] = {"id": about["id"], "metadata": about["metadata"]}
    old = {name: event[name] for name in ("id", "type", "data", "livemode")} | {"api_version": "2019-01-01"}
    assert outcome(office.webhook(json.dumps(old).encode())) == "done"


def test_an_expired_session_gives_its_places_back(office, till):
    office.post()
    session = office.held().session
    till.expire(session)
    assert outcome(office.webhook(till.event(session, "checkout.session.expired"))) == "done"
    assert office.whole().states() == ["expired"]


def test_the_late_end_of_an_old_session_releases_nothing(office, till):
    office.post()
    old = office.held().session
    office.post(quantity="4")
    assert outcome(office.webhook(till.event(old, "checkout.session.expired"))) == "nothing to do"
    assert office.whole().states() == ["expired", "held"]


def test_money_that_takes_days_is_awaited_and_then_confirmed(office, till):
    office.post()
    session = office.held().session
    till.pay(session, method="delayed")
    assert outcome(office.webhook(till.event(session, "checkout.session.completed"))) == "done"
    assert office.whole().states() == ["awaiting_funds"]
    till.settle(session, "succeeded")
    assert outcome(office.webhook(till.event(session, "checkout.session.async_payment_succeeded"))) == "done"
    assert office.whole().states() == ["confirmed"]


def test_money_that_never_comes_gives_the_places_back(office, till):
    office.post()
    session = office.held().session
    till.pay(session, method="delayed")
    office.webhook(till.event(session, "checkout.session.completed"))
    till.settle(session, "failed")
    assert outcome(office.webhook(till.event(session, "checkout.session.async_payment_failed"))) == "done"
    assert office.whole().states() == ["expired"]


# --- not ours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"object": {"metadata": {"site": "another.example.org"}}},
        {"object": {"metadata": {}}},
        {"object": {"metadata": None}},
        {"livemode": True},
        {"type": "invoice.paid"},
        {"type": "nobody.knows.it"},
        {"object": {"id": "cs_test_nobody"}},
    ],
)
def test_what_is_not_ours_is_200_and_changes_nothing(office, completed, change):
    before = office.whole().items
    assert outcome(office.webhook(changed(completed, **change))) == "not ours"
    assert sorted(map(str, office.whole().items)) == sorted(map(str, before))


# --- not believed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    ["", "t=1,v1=none", "t=1,v1=é", "nonsense", "t=99999999999,v1=" + "0" * 64],
)
def test_what_is_not_signed_is_400_and_changes_nothing(office, completed, signature):
    answer = office.webhook(completed, signature)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (400, "no-store")
    assert office.held()


def test_a_signature_of_another_secret_is_400(office, completed):
    assert office.webhook(completed, signed(completed, "whsec_wrong"))["statusCode"] == 400


def test_json_that_was_written_anew_is_400(office, completed):
    assert office.webhook(json.dumps(json.loads(completed)).encode(), signed(completed))["statusCode"] == 400


@pytest.mark.usefixtures("office")
def test_a_missing_header_is_400(completed):
    event = with_body(an_event("stripe_webhook"), completed)
    del event["headers"]["stripe-signature"]
    assert invoked(stripe_webhook, event)["statusCode"] == 400


@pytest.mark.parametrize("body", [b"\xff" * 1_000_000, b"x" * 1_000_000, b"", b"{}", b"null", b"[" * 50_000])
@pytest.mark.usefixtures("office")
def test_rubbish_is_400_signed_or_not(office, body):
    assert office.webhook(body, "t=1,v1=none", encoded=True)["statusCode"] == 400
    assert office.webhook(body, signed(body), encoded=True)["statusCode"] == 400


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.usefixtures("office")
def test_another_method_is_405(method):
    answer = invoked(stripe_webhook, an_event("stripe_webhook", method=method))
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")


# --- not now ----------------------------------------------------------------------------------------------------------


def test_when_stripe_cannot_be_asked_it_is_503_so_that_the_event_comes_again(office, completed, till):
    till.trouble("error", "checkout.sessions.retrieve", status=500, times=2)
    assert office.webhook(completed)["statusCode"] == 503
    assert office.held()
    assert outcome(office.webhook(completed)) == "done"


def test_when_the_table_is_away_it_is_503_so_that_the_event_comes_again(office, completed, monkeypatch):
    monkeypatch.setenv("WORKSHOPS_TABLE", "not-there")
    forget()
    assert office.webhook(completed)["statusCode"] == 503
