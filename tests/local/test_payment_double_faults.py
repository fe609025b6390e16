"""Idempotency keys, and the troubles that can be switched on."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.local.test_payment_double import client_of, control, line, order, until
from workshops.local.payment_double import PaymentDouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CREATE = "checkout.sessions.create"


@pytest.fixture
def double(tmp_path: Path) -> Iterator[PaymentDouble]:
    with PaymentDouble(data=tmp_path) as running:
        yield running


@pytest.fixture
def client(double: PaymentDouble) -> stripe.StripeClient:
    return client_of(double)


def create(client: stripe.StripeClient, key: str = "key-1", **changes: object) -> stripe.checkout.Session:
    return client.v1.checkout.sessions.create(order(**changes), options={"idempotency_key": key})


def is_open(client: stripe.StripeClient) -> bool:
    try:
        return bool(client.v1.accounts.retrieve_current().id)
    except stripe.APIConnectionError:
        return False


def sessions(double: PaymentDouble) -> list[dict[str, Any]]:
    return control(double, "/state", method="GET")["sessions"]


def test_the_same_key_and_parameters_give_the_stored_answer(double: PaymentDouble, client: stripe.StripeClient) -> None:
    first, second = create(client), create(client)
    assert first.to_dict() == second.to_dict()
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.headers["Original-Request"] == first.last_response.request_id
    assert second.last_response.request_id != first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(sessions(double)) == 1


def test_the_stored_answer_is_the_old_one_even_when_the_session_has_changed(client: stripe.StripeClient) -> None:
    first = create(client)
    client.v1.checkout.sessions.expire(first.id)
    assert create(client).status == "open"
    assert client.v1.checkout.sessions.retrieve(first.id).status == "expired"


def test_the_same_key_with_other_parameters_is_refused(double: PaymentDouble, client: stripe.StripeClient) -> None:
    create(client)
    with pytest.raises(stripe.IdempotencyError) as caught:
        create(client, line_items=[line(20900, 2)])
    assert (caught.value.http_status, len(sessions(double))) == (400, 1)


def test_another_key_makes_another_session(client: stripe.StripeClient) -> None:
    assert create(client).id != create(client, "key-2").id


def test_a_key_is_forgotten_after_a_day(double: PaymentDouble, client: stripe.StripeClient) -> None:
    first = create(client)
    control(double, "/clock", {"skew": 24 * 3600 - 5}, "PUT")
    assert create(client).id == first.id
    control(double, "/clock", {"skew": 24 * 3600 + 5}, "PUT")
    assert create(client).id != first.id


def test_parameters_that_fail_validation_leave_the_key_free(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        create(client, submit_type="reserve")
    assert create(client).status == "open"


def test_a_refusal_while_working_is_kept_under_the_key(client: stripe.StripeClient) -> None:
    ends = {"idempotency_key": "end-1"}
    with pytest.raises(stripe.InvalidRequestError, match="No such checkout\\.session"):
        client.v1.checkout.sessions.expire("cs_test_none", options=ends)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.expire("cs_test_none", options=ends)
    assert caught.value.headers["Idempotent-Replayed"] == "true"


def test_a_key_that_is_at_work_is_409(double: PaymentDouble, client: stripe.StripeClient) -> None:
    with double.desks.look():
        slow = threading.Thread(target=create, args=(client,))
        slow.start()
        until(lambda: "key-1" in double._front_door._in_use._keys)
        with pytest.raises(stripe.APIError) as caught:
            create(client_of(double))
    slow.join()
    assert caught.value.http_status == 409
    assert caught.value.headers["Stripe-Should-Retry"] == "true"
    assert len(sessions(double)) == 1


def test_a_key_of_256_characters_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="255 characters"):
        create(client, "k" * 256)


def test_every_answer_names_its_request_and_version(client: stripe.StripeClient) -> None:
    answer = create(client).last_response
    assert answer.request_id.startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert str(caught.value.request_id).startswith("req_")


def test_a_500_is_kept_under_its_key_with_no_session_made(double: PaymentDouble, client: stripe.StripeClient) -> None:
    control(double, "/faults", {"kind": "error", "operation": CREATE})
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(client)
        assert caught.value.http_status == 500
    assert caught.value.headers["Idempotent-Replayed"] == "true"
    assert sessions(double) == []
    assert create(client, "key-2").status == "open"


def test_a_500_after_the_work_leaves_a_session_behind(double: PaymentDouble, client: stripe.StripeClient) -> None:
    control(double, "/faults", {"kind": "error", "when": "after", "operation": CREATE})
    with pytest.raises(stripe.APIError):
        create(client)
    assert len(sessions(double)) == 1


def test_a_503_is_not_kept_so_that_the_librarys_retry_heals_it(double: PaymentDouble) -> None:
    control(double, "/faults", {"kind": "error", "status": 503, "operation": CREATE})
    assert create(client_of(double, retries=1)).status == "open"


def test_a_connection_that_breaks_after_the_work_is_healed_by_the_key(double: PaymentDouble) -> None:
    control(double, "/faults", {"kind": "drop", "when": "after", "operation": CREATE})
    session = create(client_of(double, retries=1))
    assert session.last_response.headers["Idempotent-Replayed"] == "true"
    assert [one["id"] for one in sessions(double)] == [session.id]


def test_a_connection_that_breaks_before_the_work_makes_nothing(
    double: PaymentDouble, client: stripe.StripeClient
) -> None:
    control(double, "/faults", {"kind": "drop", "operation": CREATE})
    with pytest.raises(stripe.APIConnectionError):
        create(client)
    assert sessions(double) == []


def test_a_delay_is_for_the_calls_it_names(double: PaymentDouble, client: stripe.StripeClient) -> None:
    control(double, "/faults", {"kind": "delay", "operation": CREATE, "seconds": 0.5, "times": 1})
    client.v1.checkout.sessions.list()
    assert control(double, "/faults", method="GET")["api"][0]["times"] == 1
    begun = time.monotonic()
    create(client)
    assert time.monotonic() - begun > 0.5
    assert control(double, "/faults", method="GET")["api"] == []


def test_a_trouble_without_end_lasts_until_it_is_cleared(double: PaymentDouble, client: stripe.StripeClient) -> None:
    control(double, "/faults", {"kind": "error", "times": None})
    for number in range(3):
        with pytest.raises(stripe.APIError):
            create(client, f"key-{number}")
    control(double, "/faults", method="DELETE")
    assert create(client, "key-9").status == "open"


@pytest.mark.parametrize(
    "bad", [{"kind": "flood"}, {"kind": "error", "status": 200}, {"nonsense": 1}, {"kind": "delay", "seconds": "long"}]
)
def test_a_trouble_that_cannot_be_made_is_refused(double: PaymentDouble, bad: dict[str, object]) -> None:
    assert control(double, "/faults", bad)["status_code"] == 400


def test_refused_connections_are_taken_again_after_a_while(double: PaymentDouble, client: stripe.StripeClient) -> None:
    control(double, "/refuse", {"seconds": 1})
    until(lambda: not is_open(client))
    until(lambda: is_open(client))


def test_two_refusals_at_once_end_with_an_open_door(double: PaymentDouble, client: stripe.StripeClient) -> None:
    for _ in range(2):
        double.refuse(0.5)
    until(lambda: not is_open(client))
    until(lambda: is_open(client))
    time.sleep(1)
    until(lambda: is_open(client))


def test_a_refund_gives_back_no_more_than_was_paid(double: PaymentDouble, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(line(10000)))
    intent = control(double, f"/sessions/{session.id}/pay")["payment_intent"]["id"]
    part = client.v1.refunds.create({"payment_intent": intent, "amount": 2500, "metadata": {"delegate": "1"}})
    assert (part.status, part.amount) == ("succeeded", 2500)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 7501})
    client.v1.refunds.create({"payment_intent": intent})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent})
    assert caught.value.code == "charge_already_refunded"
    charge = client.v1.charges.list({"payment_intent": intent}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (10000, True)
    assert [refund.amount for refund in client.v1.refunds.list({"payment_intent": intent}).data] == [7500, 2500]
    told = {event.type for event in client.v1.events.list({"limit": 100}).data}
    assert {"refund.created", "refund.updated", "charge.refunded"} <= told


def test_what_was_not_paid_cannot_be_refunded(double: PaymentDouble, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    declined = control(double, f"/sessions/{session.id}/pay", {"card": "4000000000000002"})
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        client.v1.refunds.create({"payment_intent": declined["payment_intent"]["id"]})
