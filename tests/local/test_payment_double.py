"""The double's sessions, through the real library: made, priced, refused, expired."""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from workshops.local.payment_double import PaymentDouble
from workshops.local.payment_double.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "whsec_local"
RETURN = "http://127.0.0.1:9/booking/return?session_id={CHECKOUT_SESSION_ID}"


class Till:
    """A shop's webhook endpoint: answers the statuses it is told, then 200, once the gate is open; keeps what it got."""

    def __init__(self, *statuses: int, gate: threading.Event | None = None) -> None:
        self.seen: list[stripe.Event] = []
        self.headers: list[Any] = []
        self.bodies: list[bytes] = []
        self._statuses = list(statuses)
        till = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                till.headers.append(self.headers)
                till.bodies.append(body)
                till.seen.append(stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], SECRET))
                if gate is not None:
                    gate.wait()
                self.send_response(till._statuses.pop(0) if till._statuses else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/stripe/webhook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def types(self) -> list[str]:
        return [event.type for event in self.seen]

    def of(self, event_type: str) -> list[stripe.Event]:
        return [event for event in self.seen if event.type == event_type]

    def wait(self, event_type: str, count: int = 1) -> list[stripe.Event]:
        until(lambda: len(self.of(event_type)) >= count)
        return self.of(event_type)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def until(done: Callable[[], object], within: float = 30) -> None:
    end = time.monotonic() + within
    while not done():
        if time.monotonic() > end:
            pytest.fail("it did not come to pass in time")
        time.sleep(0.01)


def client_of(double: PaymentDouble, retries: int = 0, key: str = "sk_test_local") -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": double.url},
        http_client=stripe.RequestsClient(timeout=(5, 20)),
        max_network_retries=retries,
    )


def control(double: PaymentDouble, path: str, body: object = None, method: str = "POST") -> Any:
    data = None if method == "GET" else json.dumps(body if body is not None else {}).encode()
    request = urllib.request.Request(f"{double.url}/_double{path}", data, method=method)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return json.load(refused) | {"status_code": refused.code}


def vat(client: stripe.StripeClient, percentage: float = 20) -> str:
    rate = client.v1.tax_rates.create(
        {"display_name": "VAT", "inclusive": False, "percentage": percentage, "country": "GB", "tax_type": "vat"}
    )
    return rate.id


def line(pence: int, quantity: int = 1, *rates: str, name: str = "A workshop") -> dict[str, Any]:
    price = {"currency": "gbp", "unit_amount": pence, "tax_behavior": "exclusive", "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity, "tax_rates": list(rates)}


def order(*lines: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {
        "mode": "payment",
        "line_items": list(lines) or [line(20900)],
        "success_url": RETURN,
        "cancel_url": "http://127.0.0.1:9/workshops/example/",
        "customer_email": "buyer@example.org",
        **changes,
    }


def full_order(rate: str, tax_id: str) -> dict[str, Any]:
    """A session with everything that a booking sends."""
    tags = {"booking": "b_1", "site": "example", "schema": "1"}
    return order(
        line(20900, 3, rate, name="Public-sector rate"),
        adaptive_pricing={"enabled": False},
        allowed_payment_method_types=["card", "paypal"],
        billing_address_collection="required",
        client_reference_id="b_1",
        consent_collection={"terms_of_service": "none"},
        custom_text={"submit": {"message": "Our booking terms apply."}},
        customer_creation="always",
        expires_at=int(time.time()) + 35 * 60,
        invoice_creation={
            "enabled": True,
            "invoice_data": {
                "account_tax_ids": [tax_id],
                "custom_fields": [{"name": "Booking", "value": "B-1"}, {"name": "Purchase order", "value": "PO 7"}],
                "description": "Three places",
                "footer": "Thank you",
                "metadata": tags | {"on": "invoice"},
                "rendering_options": {"amount_tax_display": "exclude_tax"},
            },
        },
        locale="en-GB",
        metadata=tags | {"on": "session"},
        name_collection={"business": {"enabled": True, "optional": True}},
        payment_intent_data={"description": "Booking B-1", "metadata": tags | {"on": "intent"}},
        submit_type="book",
        tax_id_collection={"enabled": True},
    )


@pytest.fixture
def double(tmp_path: Path) -> Iterator[PaymentDouble]:
    with PaymentDouble(data=tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stripe.StripeClient]:
    with PaymentDouble(data=tmp_path_factory.mktemp("shared")) as running:
        yield client_of(running)


@pytest.fixture
def client(double: PaymentDouble) -> stripe.StripeClient:
    return client_of(double)


def refused(client: stripe.StripeClient, params: dict[str, Any]) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(params)
    assert caught.value.http_status == 400
    assert caught.value.error is not None
    assert caught.value.error.type == "invalid_request_error"
    return caught.value


def test_three_delegates_at_209_pounds_cost_752_40(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(line(20900, 3, vat(client))) | {"expand": ["line_items"]})
    assert (session.amount_subtotal, session.total_details.amount_tax, session.amount_total) == (62700, 12540, 75240)
    item = session.line_items.data[0]
    assert (item.amount_subtotal, item.amount_tax, item.amount_total, item.quantity) == (62700, 12540, 75240, 3)
    assert item.price.unit_amount == 20900


def test_one_delegate_at_the_industry_rate_costs_299_40(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(line(24950, 1, vat(client))))
    assert (session.total_details.amount_tax, session.amount_total) == (4990, 29940)


def test_lines_of_several_rates_are_taxed_each_by_its_own(client: stripe.StripeClient) -> None:
    lines = [line(20900, 2, vat(client)), line(2917, 3, vat(client, 20)), line(1001, 1, vat(client, 5)), line(500)]
    params = order(*lines) | {"expand": ["line_items", "total_details.breakdown"]}
    session = client.v1.checkout.sessions.create(params)
    assert [item.amount_tax for item in session.line_items.data] == [8360, 1750, 50, 0]
    assert session.amount_total == 41800 + 8360 + 8751 + 1750 + 1001 + 50 + 500
    assert [tax.amount for tax in session.total_details.breakdown.taxes] == [8360, 1750, 50]


def test_the_full_session_of_a_booking_is_taken_and_answered_as_it_was_asked(client: stripe.StripeClient) -> None:
    ours = client.v1.tax_ids.create({"type": "gb_vat", "value": "GB123456789", "owner": {"type": "self"}})
    session = client.v1.checkout.sessions.create(full_order(vat(client), ours.id))
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status, session.livemode) == ("open", "unpaid", False)
    assert session.url.endswith(f"/c/pay/{session.id}")
    assert session.payment_method_types == ["card", "paypal"]
    assert session.metadata.to_dict() == {"booking": "b_1", "site": "example", "schema": "1", "on": "session"}
    assert session.payment_intent is None
    assert session.invoice_creation.invoice_data.account_tax_ids == [ours.id]
    assert client.v1.checkout.sessions.retrieve(session.id).to_dict() == session.to_dict()


REFUSALS: list[tuple[str, dict[str, Any], str | None, str | None, str]] = [
    ("unknown", {"nonsense": 1}, "nonsense", "parameter_unknown", "Received unknown parameter: nonsense"),
    ("old name", {"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown", "unknown parameter"),
    (
        "unknown inside",
        {"adaptive_pricing": {"on": True}},
        "adaptive_pricing[on]",
        "parameter_unknown",
        "adaptive_pricing",
    ),
    ("no integer", {"expires_at": "soon"}, "expires_at", "parameter_invalid_integer", "Invalid integer: soon"),
    ("no boolean", {"adaptive_pricing": {"enabled": "yes"}}, "adaptive_pricing[enabled]", None, "Invalid boolean: yes"),
    (
        "no boolean but a list",
        {"adaptive_pricing": {"enabled": ["true"]}},
        "adaptive_pricing[enabled]",
        None,
        "Invalid boolean",
    ),
    ("no list", {"line_items": "three"}, "line_items", None, "Invalid array"),
    ("no object", {"metadata": "three"}, "metadata", None, "Invalid object"),
    ("no such value", {"submit_type": "reserve"}, "submit_type", None, "must be one of auto, book, donate, pay"),
    ("empty", {"client_reference_id": ""}, "client_reference_id", "parameter_invalid_empty", "empty string"),
    ("no lines", {"line_items": None}, "line_items", "parameter_missing", "Missing required param: line_items."),
    ("no mode", {"mode": None}, "mode", "parameter_missing", "Missing required param: mode."),
    ("no success_url", {"success_url": None}, "success_url", "parameter_missing", "success_url"),
    ("relative", {"success_url": "/booking/return"}, "success_url", "url_invalid", "Not a valid URL"),
    ("relative back", {"cancel_url": "workshops/"}, "cancel_url", "url_invalid", "Not a valid URL"),
    ("bad e-mail", {"customer_email": "nobody"}, "customer_email", "email_invalid", "Invalid email address: nobody"),
    ("too soon", {"expires_at": int(time.time()) + 60}, "expires_at", None, "at least 30 minutes"),
    ("too late", {"expires_at": int(time.time()) + 90000}, "expires_at", None, "less than 24 hours"),
    ("long reference", {"client_reference_id": "x" * 201}, "client_reference_id", None, "at most 200 characters"),
    ("51 keys", {"metadata": {f"k{n}": "v" for n in range(51)}}, "metadata", None, "up to 50 keys"),
    ("long key", {"metadata": {"k" * 41: "v"}}, "metadata", None, "40 characters or less"),
    ("long value", {"metadata": {"k": "v" * 501}}, "metadata[k]", None, "up to 500 characters"),
    ("101 lines", {"line_items": [line(100)] * 101}, "line_items", None, "maximum 100"),
    (
        "no quantity",
        {"line_items": [{"price_data": line(100)["price_data"]}]},
        "line_items[0][quantity]",
        "parameter_missing",
        "quantity",
    ),
    (
        "quantity 0",
        {"line_items": [line(100, 0)]},
        "line_items[0][quantity]",
        "parameter_invalid_integer",
        "greater than or equal to 1",
    ),
    (
        "quantity 1.5",
        {"line_items": [line(100) | {"quantity": "1.5"}]},
        "line_items[0][quantity]",
        "parameter_invalid_integer",
        "Invalid integer: 1.5",
    ),
    (
        "below nothing",
        {"line_items": [line(-1)]},
        "line_items[0][price_data][unit_amount]",
        "parameter_invalid_integer",
        "non-negative",
    ),
    ("29 pence", {"line_items": [line(29)]}, None, "amount_too_small", "£0.30"),
    ("a million", {"line_items": [line(99_999_999, 2)]}, None, "amount_too_large", "£999,999.99"),
    (
        "dollars",
        {
            "line_items": [
                {"quantity": 1, "price_data": {"currency": "zzz", "unit_amount": 100, "product_data": {"name": "x"}}}
            ]
        },
        "line_items[0][price_data][currency]",
        None,
        "Invalid currency: zzz",
    ),
    (
        "two prices",
        {"line_items": [line(100) | {"price": "price_1"}]},
        "line_items[0][price]",
        "parameters_exclusive",
        "only specify one",
    ),
    (
        "no such rate",
        {"line_items": [line(100, 1, "txr_none")]},
        "line_items[0][tax_rates]",
        "resource_missing",
        "No such tax_rate: 'txr_none'",
    ),
    (
        "no such tax id",
        {"invoice_creation": {"enabled": True, "invoice_data": {"account_tax_ids": ["txi_none"]}}},
        "invoice_creation[invoice_data][account_tax_ids]",
        "resource_missing",
        "No such tax ID: 'txi_none'",
    ),
    (
        "long field name",
        {"invoice_creation": {"enabled": True, "invoice_data": {"custom_fields": [{"name": "n" * 41, "value": "v"}]}}},
        "invoice_creation[invoice_data][custom_fields][0][name]",
        None,
        "at most 40",
    ),
    (
        "long field value",
        {"invoice_creation": {"enabled": True, "invoice_data": {"custom_fields": [{"name": "n", "value": "v" * 141}]}}},
        "invoice_creation[invoice_data][custom_fields][0][value]",
        None,
        "at most 140",
    ),
    (
        "five fields",
        {
            "invoice_creation": {
                "enabled": True,
                "invoice_data": {"custom_fields": [{"name": f"n{n}", "value": "v"} for n in range(5)]},
            }
        },
        "invoice_creation[invoice_data][custom_fields]",
        None,
        "maximum 4",
    ),
    (
        "long description",
        {"invoice_creation": {"enabled": True, "invoice_data": {"description": "d" * 1501}}},
        "invoice_creation[invoice_data][description]",
        None,
        "at most 1500",
    ),
    (
        "long footer",
        {"invoice_creation": {"enabled": True, "invoice_data": {"footer": "f" * 5001}}},
        "invoice_creation[invoice_data][footer]",
        None,
        "at most 5000",
    ),
    (
        "no way to pay",
        {"allowed_payment_method_types": ["klarna"]},
        "allowed_payment_method_types",
        None,
        "No valid payment method types",
    ),
    ("customer twice", {"customer": "cus_1"}, "customer", "parameters_exclusive", "customer, customer_email"),
    ("subscription", {"mode": "subscription"}, "mode", "payment_double_unsupported", "mode=payment only"),
    ("coupons", {"discounts": [{"coupon": "c"}]}, "discounts", "payment_double_unsupported", "does not act out"),
    (
        "recovery",
        {"after_expiration": {"recovery": {"enabled": True}}},
        "after_expiration[recovery][enabled]",
        "payment_double_unsupported",
        "does not act out",
    ),
]


@pytest.mark.parametrize(
    ("changes", "param", "code", "message"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_what_stripe_refuses_is_refused_by_name(
    shared_client: stripe.StripeClient, changes: dict[str, Any], param: str | None, code: str | None, message: str
) -> None:
    error = refused(shared_client, order() | changes)
    assert (error.param, error.code) == (param, code)
    assert message in str(error)


def test_nothing_is_left_behind_by_a_refusal(double: PaymentDouble, client: stripe.StripeClient) -> None:
    refused(client, order(line(100), line(100, 1, "txr_none")))
    refused(client, order() | {"expand": ["amount_total"]})
    assert control(double, "/state", method="GET")["sessions"] == []


def test_an_archived_tax_rate_is_refused(client: stripe.StripeClient) -> None:
    rate = vat(client)
    client.v1.tax_rates.update(rate, {"active": False})
    assert "inactive" in str(refused(client, order(line(20900, 1, rate))))


def test_a_tax_rate_that_contradicts_the_price_is_refused(client: stripe.StripeClient) -> None:
    rate = client.v1.tax_rates.create({"display_name": "VAT", "inclusive": True, "percentage": 20})
    assert "tax behavior" in str(refused(client, order(line(20900, 1, rate.id))))


def test_the_limits_themselves_are_taken(client: stripe.StripeClient) -> None:
    params = order(*[line(100)] * 100, metadata={"k" * 40: "v" * 500}, client_reference_id="x" * 200)
    session = client.v1.checkout.sessions.create(params)
    assert session.amount_total == 10000
    assert client.v1.checkout.sessions.create(order(line(30))).amount_total == 30


@pytest.mark.parametrize("ahead", [30 * 60, 24 * 60 * 60])
def test_expiry_at_its_edges_is_taken_on_stripes_own_clock(tmp_path: Path, ahead: int) -> None:
    now = 1_800_000_000
    with PaymentDouble(data=tmp_path, clock=Clock(lambda: now, skew=100)) as double:
        sessions = client_of(double).v1.checkout.sessions
        assert sessions.create(order(expires_at=now + 100 + ahead)).expires_at == now + 100 + ahead
        outside = -1 if ahead == 30 * 60 else 1
        assert refused(client_of(double), order(expires_at=now + 100 + ahead + outside)).param == "expires_at"


@pytest.mark.parametrize("key", ["sk_live_1", "pk_test_1", "nonsense"])
def test_only_secret_test_keys_open_the_door(double: PaymentDouble, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        client_of(double, key=key).v1.checkout.sessions.list()
    assert caught.value.http_status == 401


def test_without_a_key_nothing_is_told(double: PaymentDouble) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{double.url}/v1/account", timeout=5)  # noqa: S310 - our own
    with caught.value:
        assert caught.value.code == 401
        assert "did not provide an API key" in caught.value.read().decode()


def test_a_restricted_test_key_is_taken(double: PaymentDouble) -> None:
    assert client_of(double, key="rk_test_1").v1.accounts.retrieve_current().country == "GB"


def test_an_unknown_id_is_404_resource_missing(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_an_id_of_another_kind_is_not_found(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        client.v1.payment_intents.retrieve(client.v1.checkout.sessions.create(order()).id)


def test_an_address_that_the_double_does_not_have_is_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as caught:
        client.v1.coupons.list()
    assert caught.value.http_status == 404


def test_another_api_version_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        client.v1.accounts.retrieve_current(options={"stripe_version": "2020-08-27"})


def test_what_cannot_be_expanded_is_refused(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.checkout.sessions.retrieve(session.id, {"expand": ["amount_total"]})


def test_an_open_session_can_be_expired_once(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    with pytest.raises(stripe.InvalidRequestError, match="status of expired") as caught:
        client.v1.checkout.sessions.expire(session.id)
    assert caught.value.http_status == 400


def test_a_complete_session_cannot_be_expired(double: PaymentDouble, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    control(double, f"/sessions/{session.id}/pay")
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        client.v1.checkout.sessions.expire(session.id)


def test_a_session_ends_by_itself_when_its_time_is_over(double: PaymentDouble, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(expires_at=int(time.time()) + 31 * 60))
    control(double, "/clock", {"skew": 32 * 60}, "PUT")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert control(double, f"/sessions/{session.id}/pay")["status_code"] == 409


def test_a_session_that_nobody_looks_at_ends_as_well(double: PaymentDouble, client: stripe.StripeClient) -> None:
    client.v1.checkout.sessions.create(order(expires_at=int(time.time()) + 31 * 60))
    control(double, "/clock", {"skew": 32 * 60}, "PUT")

    def ended() -> bool:
        with double.desks.look() as desk:
            return [event["type"] for event in desk.tx.newest("event")] == ["checkout.session.expired"]

    until(ended)


def test_sessions_are_listed_newest_first_in_pages(double: PaymentDouble, client: stripe.StripeClient) -> None:
    made = [client.v1.checkout.sessions.create(order()).id for _ in range(5)]
    client.v1.checkout.sessions.expire(made[0])
    control(double, f"/sessions/{made[1]}/pay")
    listed = client.v1.checkout.sessions.list({"limit": 2})
    assert [session.id for session in listed.data] == made[:2:-1]
    assert listed.has_more
    assert [session.id for session in listed.auto_paging_iter()] == made[::-1]
    assert [one.id for one in client.v1.checkout.sessions.list({"status": "open"}).data] == made[:1:-1]
    assert [one.id for one in client.v1.checkout.sessions.list({"status": "complete"}).data] == [made[1]]
    assert client.v1.checkout.sessions.list({"created": {"gte": int(time.time()) + 60}}).data == []
    assert len(client.v1.checkout.sessions.list({"created": {"gte": int(time.time()) - 60}}).data) == 5


def test_a_page_size_beyond_100_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="less than or equal to 100"):
        client.v1.checkout.sessions.list({"limit": 101})


def test_more_than_ten_lines_come_in_pages(client: stripe.StripeClient) -> None:
    lines = [line(100 + number) for number in range(12)]
    session = client.v1.checkout.sessions.create(order(*lines) | {"expand": ["line_items"]})
    assert len(session.line_items.data) == 10
    all_lines = client.v1.checkout.sessions.line_items.list(session.id, {"limit": 100})
    assert [item.amount_total for item in all_lines.data] == list(range(100, 112))


def test_tax_rates_keep_what_they_were_given(client: stripe.StripeClient) -> None:
    rate = client.v1.tax_rates.create(
        {"display_name": "VAT", "inclusive": False, "percentage": 20, "country": "GB", "metadata": {"site": "a"}}
    )
    client.v1.tax_rates.update(rate.id, {"active": False, "metadata": {"site": "", "new": "b"}})
    again = client.v1.tax_rates.retrieve(rate.id)
    assert (again.percentage, again.active, again.metadata.to_dict()) == (20.0, False, {"new": "b"})
    assert client.v1.tax_rates.list({"active": True}).data == []


def test_our_own_vat_number_must_have_the_form_of_one(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid value for gb_vat"):
        client.v1.tax_ids.create({"type": "gb_vat", "value": "12"})
    made = client.v1.tax_ids.create({"type": "gb_vat", "value": "GB123456789"})
    assert [tax_id.id for tax_id in client.v1.tax_ids.list({"owner": {"type": "self"}}).data] == [made.id]


def test_what_the_dashboard_sets_decides_how_people_can_pay(double: PaymentDouble, client: stripe.StripeClient) -> None:
    control(double, "/account", {"payment_methods": ["card"]}, "PUT")
    session = client.v1.checkout.sessions.create(order(allowed_payment_method_types=["card", "paypal"]))
    assert session.payment_method_types == ["card"]
    assert control(double, "/account", {"nonsense": 1}, "PUT")["status_code"] == 400
