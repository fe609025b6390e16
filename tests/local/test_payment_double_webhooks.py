"""Signed webhooks: what is sent, how it is repeated, and how what was missed is found."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
import stripe

from tests.local.test_payment_double import SECRET, Till, client_of, control, order, until
from workshops.local.payment_double import PaymentDouble
from workshops.local.payment_double.webhooks import signature

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def till() -> Iterator[Till]:
    running = Till()
    yield running
    running.close()


@pytest.fixture
def double(tmp_path: Path, till: Till) -> Iterator[PaymentDouble]:
    with PaymentDouble(data=tmp_path, webhook_url=till.url, secret=SECRET, first_wait=0.02) as running:
        yield running


@pytest.fixture
def client(double: PaymentDouble) -> stripe.StripeClient:
    return client_of(double)


def paid(double: PaymentDouble, client: stripe.StripeClient, **changes: object) -> str:
    session = client.v1.checkout.sessions.create(order(**changes))
    control(double, f"/sessions/{session.id}/pay")
    return session.id


def test_events_are_signed_as_the_library_verifies(
    double: PaymentDouble, client: stripe.StripeClient, till: Till
) -> None:
    session = paid(double, client, metadata={"note": "naïve – £"})
    event = till.wait("checkout.session.completed")[0]
    assert (event.data.object.id, event.api_version, event.livemode) == (session, "2026-10-28.endive", False)
    assert event.data.object.metadata["note"] == "naïve – £"
    assert till.headers[0]["Content-Type"] == "application/json; charset=utf-8"
    assert client.v1.events.retrieve(event.id).type == "checkout.session.completed"


def test_another_secret_does_not_verify() -> None:
    body = b'{"id": "evt_1", "object": "event"}'
    header = signature(body, "whsec_other", int(time.time()))
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, SECRET)
    assert stripe.Webhook.construct_event(body, header, "whsec_other").id == "evt_1"


def test_a_stale_signature_does_not_verify() -> None:
    body = b'{"id": "evt_1", "object": "event"}'
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(body, signature(body, SECRET, int(time.time()) - 301), SECRET)


def test_signatures_keep_to_the_machines_clock_when_stripes_is_off(
    double: PaymentDouble, client: stripe.StripeClient, till: Till
) -> None:
    control(double, "/clock", {"skew": 7200}, "PUT")
    paid(double, client)
    event = till.wait("checkout.session.completed")[0]
    assert event.created >= int(time.time()) + 7100


def test_the_story_of_a_paid_session_is_told(double: PaymentDouble, client: stripe.StripeClient, till: Till) -> None:
    paid(double, client, invoice_creation={"enabled": True})
    till.wait("checkout.session.completed")
    expected = {
        "charge.succeeded",
        "checkout.session.completed",
        "customer.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.updated",
        "invoice_payment.paid",
        "payment_intent.created",
        "payment_intent.succeeded",
    }
    until(lambda: set(till.types()) == expected)
    assert len(till.types()) == len(expected)


def test_an_endpoint_that_fails_twice_gets_the_event_a_third_time(tmp_path: Path) -> None:
    till = Till(500, 500)
    with PaymentDouble(data=tmp_path, webhook_url=till.url, secret=SECRET, first_wait=0.05) as double:
        client = client_of(double)
        client.v1.webhook_endpoints.update("we_local", {"enabled_events": ["checkout.session.completed"]})
        paid(double, client)
        until(lambda: len(till.seen) == 3)
        assert len({event.id for event in till.seen}) == 1
        assert len({body.partition(b"pending")[0] for body in till.bodies}) == 1
        until(lambda: client.v1.events.list({"delivery_success": False}).data == [])
        time.sleep(0.2)
        assert len(till.seen) == 3
    till.close()


def test_an_endpoint_that_is_not_there_yet_gets_everything_once_it_is(tmp_path: Path) -> None:
    with PaymentDouble(data=tmp_path, webhook_url="http://127.0.0.1:1/", secret=SECRET, first_wait=0.02) as double:
        client = client_of(double)
        session = paid(double, client)
        until(lambda: control(double, "/state", method="GET")["events"][0]["deliveries"][0]["attempts"] > 1)
        assert client.v1.events.list({"type": "checkout.session.completed"}).data[0].pending_webhooks == 1
        till = Till()
        client.v1.webhook_endpoints.update("we_local", {"url": till.url})
        assert till.wait("checkout.session.completed")[0].data.object.id == session
    till.close()


def test_what_is_undelivered_can_be_found_and_sent_again(
    double: PaymentDouble, client: stripe.StripeClient, till: Till
) -> None:
    control(double, "/webhooks", {"drop": 1, "types": ["checkout.session.completed"]})
    paid(double, client)
    until(lambda: len(till.seen) == 3)
    missed = client.v1.events.list({"delivery_success": False, "types": ["checkout.session.completed"]}).data
    assert [event.type for event in missed] == ["checkout.session.completed"]
    assert till.of("checkout.session.completed") == []
    assert "checkout.session.completed" not in {e.type for e in client.v1.events.list({"delivery_success": True}).data}
    assert control(double, "/webhooks/resend", {"event": missed[0].id}) == {"deliveries": 1}
    assert till.wait("checkout.session.completed")[0].id == missed[0].id


def test_only_enabled_events_are_sent(double: PaymentDouble, client: stripe.StripeClient, till: Till) -> None:
    client.v1.webhook_endpoints.update("we_local", {"enabled_events": ["checkout.session.expired"]})
    paid(double, client)
    session = client.v1.checkout.sessions.create(order())
    client.v1.checkout.sessions.expire(session.id)
    till.wait("checkout.session.expired")
    assert till.types() == ["checkout.session.expired"]


def test_a_second_endpoint_gets_the_same_event_and_has_a_secret_of_its_own(
    client: stripe.StripeClient, till: Till
) -> None:
    made = client.v1.webhook_endpoints.create({"url": till.url, "enabled_events": ["checkout.session.expired"]})
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id).to_dict()
    assert [one.id for one in client.v1.webhook_endpoints.list().data] == [made.id, "we_local"]
    client.v1.checkout.sessions.expire(client.v1.checkout.sessions.create(order()).id)
    until(lambda: len(till.bodies) >= 2)
    assert till.headers[0]["Stripe-Signature"] != till.headers[1]["Stripe-Signature"]
    client.v1.webhook_endpoints.delete(made.id)
    assert [one.id for one in client.v1.webhook_endpoints.list().data] == ["we_local"]


def test_an_answer_never_waits_for_a_webhook(tmp_path: Path) -> None:
    gate = threading.Event()
    till = Till(gate=gate)
    with PaymentDouble(data=tmp_path, webhook_url=till.url, secret=SECRET) as double:
        client = client_of(double)
        assert client.v1.checkout.sessions.expire(client.v1.checkout.sessions.create(order()).id).status == "expired"
        until(lambda: till.seen)
        assert client.v1.events.list().data[0].pending_webhooks == 1
        gate.set()
    till.close()


def test_stopping_does_not_wait_for_an_endpoint_that_hangs(tmp_path: Path) -> None:
    gate = threading.Event()
    till = Till(gate=gate)
    double = PaymentDouble(data=tmp_path, webhook_url=till.url, secret=SECRET).start()
    client_of(double).v1.checkout.sessions.expire(client_of(double).v1.checkout.sessions.create(order()).id)
    until(lambda: till.seen)
    begun = time.monotonic()
    double.stop()
    assert time.monotonic() - begun < 10
    gate.set()
    till.close()
    with PaymentDouble(data=tmp_path) as again:
        undelivered = client_of(again).v1.events.list({"delivery_success": False}).data
    assert [event.type for event in undelivered] == ["checkout.session.expired"]


def test_duplicates_come_at_once_under_one_id(double: PaymentDouble, client: stripe.StripeClient, till: Till) -> None:
    control(double, "/webhooks", {"duplicate": 2, "types": ["checkout.session.completed"]})
    paid(double, client)
    events = till.wait("checkout.session.completed", 3)
    assert len({event.id for event in events}) == 1
    time.sleep(0.2)
    assert len(till.of("checkout.session.completed")) == 3
    assert len(till.of("payment_intent.succeeded")) == 1


def test_held_webhooks_come_when_released_in_the_order_asked_for(
    double: PaymentDouble, client: stripe.StripeClient, till: Till
) -> None:
    control(double, "/webhooks", {"hold": True})
    old, new = (client.v1.checkout.sessions.create(order()).id for _ in range(2))
    client.v1.checkout.sessions.expire(old)
    control(double, f"/sessions/{new}/pay")
    time.sleep(0.4)
    assert till.seen == []
    control(double, "/webhooks/release", {"newest_first": True})
    order_sent = [event.type for event in till.seen]
    assert order_sent.index("checkout.session.completed") < order_sent.index("checkout.session.expired")


def test_late_webhooks_come_late(double: PaymentDouble, client: stripe.StripeClient, till: Till) -> None:
    control(double, "/webhooks", {"delay": 0.7})
    begun = time.monotonic()
    paid(double, client)
    till.wait("checkout.session.completed")
    assert time.monotonic() - begun >= 0.7


def test_reordered_webhooks_come_newest_first(double: PaymentDouble, client: stripe.StripeClient, till: Till) -> None:
    control(double, "/webhooks", {"reorder": True, "types": ["checkout.session.*", "payment_intent.*"]})
    paid(double, client)
    until(lambda: len(till.seen) == 4)
    order_sent = till.types()
    assert order_sent.index("checkout.session.completed") < order_sent.index("payment_intent.created")


def test_events_are_filtered_by_type_and_paged(double: PaymentDouble, client: stripe.StripeClient) -> None:
    paid(double, client)
    found = client.v1.events.list({"type": "payment_intent.*"}).data
    assert {event.type for event in found} == {"payment_intent.created", "payment_intent.succeeded"}
    everything = [event.id for event in client.v1.events.list({"limit": 2}).auto_paging_iter()]
    assert len(everything) == len(set(everything)) == 4
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        client.v1.events.list({"type": "a", "types": ["b"]})


def test_an_event_names_the_request_that_caused_it(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    expired = client.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "expire-1"})
    event = client.v1.events.list({"type": "checkout.session.expired"}).data[0]
    assert event.request.idempotency_key == "expire-1"
    assert event.request.id == expired.last_response.request_id
