"""The hosted payment page, as a browser without script uses it, and what each ending leaves behind."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.test_payment_double import Till, client_of, control, full_order, line, order, until, vat
from workshops.local.payment_double import PaymentDouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import stripe

FILLED = {
    "number": "4242 4242 4242 4242",
    "expiry": "12/40",
    "cvc": "123",
    "name": "Alex Example",
    "country": "GB",
    "line1": "1 Example Street",
    "city": "Exampleton",
    "postal_code": "EX1 1EX",
    "pay": "card",
}


@dataclass
class Answer:
    status: int
    location: str
    text: str
    policy: str


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def visit(url: str, form: dict[str, str] | None = None) -> Answer:
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    opener = urllib.request.build_opener(NoRedirect)
    try:
        answer = opener.open(urllib.request.Request(url, data), timeout=10)  # noqa: S310 - our own
    except urllib.error.HTTPError as other:
        answer = other
    with answer:
        headers = answer.headers
        policy = headers.get("Content-Security-Policy", "")
        return Answer(answer.status, headers.get("Location", ""), answer.read().decode(), policy)


@pytest.fixture
def till() -> Iterator[Till]:
    running = Till()
    yield running
    running.close()


@pytest.fixture
def double(tmp_path: Path, till: Till) -> Iterator[PaymentDouble]:
    with PaymentDouble(data=tmp_path, webhook_url=till.url, secret="whsec_local") as running:
        yield running


@pytest.fixture
def client(double: PaymentDouble) -> stripe.StripeClient:
    return client_of(double)


@pytest.fixture
def session(client: stripe.StripeClient) -> stripe.checkout.Session:
    ours = client.v1.tax_ids.create({"type": "gb_vat", "value": "GB123456789"})
    return client.v1.checkout.sessions.create(full_order(vat(client), ours.id))


def again(client: stripe.StripeClient, session: stripe.checkout.Session) -> Any:
    expand = ["payment_intent.latest_charge", "invoice.payments", "invoice.account_tax_ids", "customer"]
    return client.v1.checkout.sessions.retrieve(session.id, {"expand": expand})


def test_the_page_shows_what_is_bought_with_vat_total_terms_and_a_way_back(session: stripe.checkout.Session) -> None:
    page = visit(session.url)
    assert page.status == 200
    for shown in ("Local payment page: no money moves", "Public-sector rate", "3 × £209.00", "£627.00", "VAT (20%)"):
        assert shown in page.text
    assert '<dd class="tax">£125.40</dd>' in page.text
    assert '<dd id="total">£752.40</dd>' in page.text
    assert "Our booking terms apply." in page.text
    assert 'id="back" href="http://127.0.0.1:9/workshops/example/"' in page.text
    assert re.search(r'value="card" id="pay-card">Book<', page.text)
    assert "<script" not in page.text
    assert "form-action 'self' http://127.0.0.1:9;" in page.policy


def test_what_the_shop_sends_cannot_become_markup(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(line(20900, name="<script>alert(1)</script>")))
    assert "<script>alert" not in visit(session.url).text


def test_a_working_card_pays_and_leads_back_to_the_shop(
    client: stripe.StripeClient, session: stripe.checkout.Session, till: Till
) -> None:
    filled = FILLED | {"business_name": "Example Constabulary", "tax_id": "GB987654321"}
    answer = visit(session.url, filled)
    assert (answer.status, answer.location) == (303, f"http://127.0.0.1:9/booking/return?session_id={session.id}")
    paid = again(client, session)
    assert (paid.status, paid.payment_status, paid.url, paid.amount_total) == ("complete", "paid", None, 75240)
    assert paid.customer_details.name == "Example Constabulary"
    assert paid.customer_details.address.postal_code == "EX1 1EX"
    assert paid.customer_details.tax_ids[0].to_dict() == {"type": "gb_vat", "value": "GB987654321"}
    assert paid.customer.email == "buyer@example.org"
    assert till.wait("checkout.session.completed")[0].data.object.id == session.id


def test_payment_intent_charge_and_invoice_agree_and_each_has_its_own_metadata(
    client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    visit(session.url, FILLED)
    paid = again(client, session)
    intent, charge, invoice = paid.payment_intent, paid.payment_intent.latest_charge, paid.invoice
    assert (intent.status, intent.amount_received, charge.amount, invoice.total) == ("succeeded", 75240, 75240, 75240)
    assert (charge.status, charge.payment_method_details.card.last4) == ("succeeded", "4242")
    assert (invoice.status, invoice.amount_paid, invoice.subtotal, invoice.total_taxes[0].amount) == (
        *("paid", 75240, 62700),
        12540,
    )
    assert [one.metadata.to_dict()["on"] for one in (paid, intent, invoice)] == ["session", "intent", "invoice"]
    assert paid.customer.metadata.to_dict() == {}
    assert (invoice.number, intent.description) == ("LOCAL-0001", "Booking B-1")
    assert [field.value for field in invoice.custom_fields] == ["B-1", "PO 7"]
    assert invoice.payments.data[0].payment.payment_intent == intent.id
    listed = client.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent.id}})
    assert listed.data[0].invoice == invoice.id


def test_without_metadata_of_their_own_intent_and_invoice_have_none(
    double: PaymentDouble, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(order(metadata={"booking": "b"}, invoice_creation={"enabled": True}))
    control(double, f"/sessions/{session.id}/pay")
    paid = again(client, session)
    assert paid.payment_intent.metadata.to_dict() == {}
    assert paid.invoice.metadata.to_dict() == {}


def test_the_invoice_is_a_full_vat_invoice(client: stripe.StripeClient, session: stripe.checkout.Session) -> None:
    visit(session.url, FILLED | {"business_name": "Example Constabulary"})
    page = visit(again(client, session).invoice.hosted_invoice_url).text
    for shown in (
        "LOCAL-0001",
        "GB123456789",
        "Example Constabulary",
        "PO 7",
        "£627.00",
        "VAT 20%",
        "3 × £209.00",
        "United Kingdom",
        "£125.40",
        "£752.40",
    ):
        assert shown in page


def test_a_declined_card_is_told_and_another_card_pays(
    client: stripe.StripeClient, session: stripe.checkout.Session, till: Till
) -> None:
    declined = visit(session.url, FILLED | {"number": "4000000000000002"})
    assert declined.status == 402
    assert 'id="declined"' in declined.text
    assert "Your card was declined." in declined.text
    assert 'value="Alex Example"' in declined.text
    still = again(client, session)
    assert (still.status, still.payment_intent.status) == ("open", "requires_payment_method")
    assert still.payment_intent.last_payment_error.decline_code == "generic_decline"
    assert visit(session.url, FILLED).status == 303
    paid = again(client, session)
    assert (paid.payment_status, paid.payment_intent.id) == ("paid", still.payment_intent.id)
    till.wait("checkout.session.completed")
    assert len(till.wait("payment_intent.payment_failed")) == 1
    assert len(till.of("checkout.session.completed")) == 1


def test_a_card_that_asks_for_approval_pays_after_a_yes(
    client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    asked = visit(session.url, FILLED | {"number": "4000 0025 0000 3155"})
    assert asked.status == 303
    assert asked.location.endswith(f"/c/pay/{session.id}/approve")
    assert again(client, session).payment_intent.status == "requires_action"
    page = visit(session.url + "/approve")
    assert "£752.40" in page.text
    assert visit(session.url + "/approve", {"decision": "approve"}).location.endswith(session.id)
    assert again(client, session).payment_status == "paid"


def test_a_refused_approval_leaves_the_session_open_for_another_try(
    client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    visit(session.url, FILLED | {"number": "4000002500003155"})
    refused = visit(session.url + "/approve", {"decision": "fail"})
    assert (refused.status, 'id="declined"' in refused.text) == (402, True)
    assert again(client, session).status == "open"
    assert visit(session.url, FILLED).status == 303


def test_paypal_pays_when_approved_and_can_be_left(
    client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    billing = {name: value for name, value in FILLED.items() if name not in {"number", "expiry", "cvc"}}
    assert visit(session.url, billing | {"pay": "paypal"}).location.endswith("/approve")
    assert "PayPal" in visit(session.url + "/approve").text
    assert visit(session.url + "/approve", {"decision": "fail"}).status == 402
    visit(session.url, billing | {"pay": "paypal"})
    assert visit(session.url + "/approve", {"decision": "approve"}).status == 303
    charge = again(client, session).payment_intent.latest_charge
    assert (charge.status, charge.payment_method_details.type) == ("succeeded", "paypal")


def test_pay_and_close_the_tab_pays_without_going_back(
    client: stripe.StripeClient, session: stripe.checkout.Session, till: Till
) -> None:
    answer = visit(session.url, FILLED | {"pay": "close"})
    assert (answer.status, answer.location) == (200, "")
    assert "this tab may be closed" in answer.text
    assert again(client, session).payment_status == "paid"
    assert till.wait("checkout.session.completed")


def test_let_it_expire_ends_the_session_with_its_event(
    client: stripe.StripeClient, session: stripe.checkout.Session, till: Till
) -> None:
    answer = visit(session.url, {"pay": "expire"})
    assert (answer.status, 'id="expired"' in answer.text) == (410, True)
    assert till.wait("checkout.session.expired")[0].data.object.status == "expired"
    assert visit(session.url, FILLED).status == 410
    assert again(client, session).payment_status == "unpaid"


def test_an_expired_session_cancels_what_was_tried(
    client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    visit(session.url, FILLED | {"number": "4000000000000002"})
    visit(session.url, {"pay": "expire"})
    assert again(client, session).payment_intent.status == "canceled"


@pytest.mark.parametrize(
    ("outcome", "event", "status", "intent"),
    [
        ("succeeded", "checkout.session.async_payment_succeeded", "paid", "succeeded"),
        ("failed", "checkout.session.async_payment_failed", "unpaid", "requires_payment_method"),
    ],
)
def test_a_delayed_payment_completes_unpaid_and_ends_later(
    client: stripe.StripeClient,
    session: stripe.checkout.Session,
    till: Till,
    outcome: str,
    event: str,
    status: str,
    intent: str,
) -> None:
    assert visit(session.url, FILLED | {"pay": "delayed"}).status == 303
    waiting = again(client, session)
    assert (waiting.status, waiting.payment_status, waiting.invoice) == ("complete", "unpaid", None)
    assert till.wait("checkout.session.completed")[0].data.object.payment_status == "unpaid"
    assert 'id="waiting"' in visit(session.url.replace(session.url, f"{session.url}")).text
    visit(f"{session.url}/settle", {"outcome": outcome})
    ended = again(client, session)
    assert (ended.payment_status, ended.payment_intent.status) == (status, intent)
    assert till.wait(event)[0].data.object.id == session.id
    visit(f"{session.url}/settle", {"outcome": "succeeded"})
    assert again(client, session).payment_status == status


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("number", "4242 4242 4242 4241", "The card number is not right"),
        ("number", "42", "The card number is not right"),
        ("number", "", "Enter the card number"),
        ("number", "4242-abcd", "other than digits"),
        ("expiry", "01/20", "past"),
        ("expiry", "13/40", "such as 12/30"),
        ("expiry", "", "such as 12/30"),
        ("cvc", "1", "3 or 4 digits"),
        ("name", "", "Enter the name"),
        ("line1", "", "first line of the billing address"),
        ("city", "", "Enter the town or city"),
        ("postal_code", "", "Enter the postcode"),
        ("country", "", "Choose the country"),
        ("name", "x" * 201, "This is too long"),
    ],
)
def test_a_faulty_form_is_shown_again_with_what_is_wrong(
    client: stripe.StripeClient, session: stripe.checkout.Session, field: str, value: str, sentence: str
) -> None:
    answer = visit(session.url, FILLED | {field: value})
    assert (answer.status, 'id="error-summary"' in answer.text) == (422, True)
    assert re.search(rf'<a href="#{field}">[^<]*{sentence}', answer.text)
    assert again(client, session).payment_intent is None


def test_several_faults_are_told_at_once(session: stripe.checkout.Session) -> None:
    answer = visit(session.url, {"pay": "card"})
    told = re.findall(r'<li><a href="#(\w+)">', answer.text)
    assert told == ["name", "country", "line1", "city", "postal_code", "number", "expiry", "cvc"]


def test_the_terms_must_be_accepted_where_the_session_asks(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(consent_collection={"terms_of_service": "required"}))
    assert 'href="#accept_terms"' in visit(session.url, FILLED).text
    assert visit(session.url, FILLED | {"accept_terms": "yes"}).status == 303
    assert again(client, session).consent.terms_of_service == "accepted"


def test_a_session_without_an_address_of_the_buyer_asks_for_one(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order() | {"customer_email": None})
    assert 'href="#email"' in visit(session.url, FILLED).text
    assert visit(session.url, FILLED | {"email": "new@example.org"}).status == 303
    assert again(client, session).customer_details.email == "new@example.org"


def test_nothing_to_pay_needs_no_card(client: stripe.StripeClient, till: Till) -> None:
    session = client.v1.checkout.sessions.create(order(line(0), invoice_creation={"enabled": True}))
    assert 'name="number"' not in visit(session.url).text
    assert visit(session.url, {"pay": "card", "name": "Alex Example", "country": "GB"}).status == 303
    done = again(client, session)
    assert (done.payment_status, done.payment_intent, done.invoice.total) == ("no_payment_required", None, 0)
    assert till.wait("checkout.session.completed")


def test_sending_the_form_twice_pays_once(
    client: stripe.StripeClient, session: stripe.checkout.Session, till: Till
) -> None:
    answers: list[Answer] = []
    senders = [threading.Thread(target=lambda: answers.append(visit(session.url, FILLED))) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert {(answer.status, answer.location.rpartition("=")[2]) for answer in answers} == {(303, session.id)}
    assert len(client.v1.charges.list({"limit": 100}).data) == 1
    till.wait("checkout.session.completed")
    time.sleep(0.2)
    assert len(till.of("checkout.session.completed")) == 1


def test_a_paid_page_says_so_and_takes_nothing_more(
    client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    visit(session.url, FILLED)
    assert 'id="paid"' in visit(session.url).text
    assert visit(session.url, {"pay": "expire"}).status == 303
    assert again(client, session).status == "complete"


def test_an_unknown_page_says_so(double: PaymentDouble) -> None:
    assert visit(f"{double.url}/c/pay/cs_test_none").status == 404
    assert visit(f"{double.url}/nonsense").status == 404
    assert visit(f"{double.url}/c/pay/cs_test_none/settle").status == 405


def test_the_list_of_sessions_leads_to_each(double: PaymentDouble, session: stripe.checkout.Session) -> None:
    assert f"/c/pay/{session.id}" in visit(f"{double.url}/").text


def test_the_control_pays_as_the_page_does(double: PaymentDouble, client: stripe.StripeClient) -> None:
    first, second, third = (client.v1.checkout.sessions.create(order()) for _ in range(3))
    declined = control(double, f"/sessions/{first.id}/pay", {"card": "4000000000000002"})
    assert (declined["status"], declined["payment_intent"]["status"]) == ("open", "requires_payment_method")
    assert control(double, f"/sessions/{first.id}/pay", {"card": "4242424242424242"})["payment_status"] == "paid"
    assert control(double, f"/sessions/{first.id}/pay")["status_code"] == 409
    control(double, f"/sessions/{second.id}/pay", {"method": "paypal"})
    assert control(double, f"/sessions/{second.id}/approve", {"approve": True})["payment_status"] == "paid"
    control(double, f"/sessions/{third.id}/pay", {"method": "delayed"})
    assert control(double, f"/sessions/{third.id}/settle", {"outcome": "succeeded"})["payment_status"] == "paid"
    assert control(double, "/sessions/cs_test_none/pay")["status_code"] == 404
    assert control(double, f"/sessions/{third.id}/settle")["status_code"] == 409
    state = control(double, "/state", method="GET")
    assert [one["payment_status"] for one in state["sessions"]] == ["paid"] * 3
    until(lambda: not control(double, "/state", method="GET")["events"][0]["pending_webhooks"])
