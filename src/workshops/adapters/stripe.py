"""The `Payments` port over Stripe: hosted checkout sessions, as payments.md lays them down.

A `StripeObject` is no dict, so every answer goes through `to_dict()` here, at the edge, and leaves as a value of ours.
"""

from __future__ import annotations

import json
import logging
import secrets
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import stripe

from workshops.app.ports import (
    CheckoutSession,
    PaymentRefused,
    PaymentsUnavailable,
    RequestInProgress,
    SessionStatus,
    UnknownSession,
)
from workshops.domain.booking import BookingId, PaymentRequest, SessionId
from workshops.domain.vat import LABELS, RATES, VatRate, charges_vat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workshops.domain.booking import Booking
    from workshops.domain.errors import WorkshopsError
    from workshops.domain.pricing import Line

API_VERSION = "2026-10-28.endive"
TIMEOUTS = (2.0, 8.0)
"""Seconds to connect and to read: an HTTP API gives up on a function after 30 s, so that two tries must fit."""

RETRIES = 1
METHODS = ("card", "paypal")
SCHEMA = "1"
"""The version of the metadata that we write."""

PERCENT = 100
"""Basis points in one per cent."""

MANUAL_RATES = (VatRate.STANDARD, VatRate.REDUCED, VatRate.ZERO)

log = logging.getLogger(__name__)

logging.getLogger("stripe").setLevel(logging.WARNING)
"""Below that the library logs Stripe's sentences, which may quote what the buyer typed."""


class NotSetUp(PaymentRefused):
    """The account lacks a VAT rate."""

    def __init__(self, rate: VatRate) -> None:
        super().__init__(f"the payment account has no tax rate for {LABELS[rate]}: run `workshops setup stripe`")
        self.rate = rate


def client(secret_key: str, api_base: str) -> stripe.StripeClient:
    """A Stripe client with our timeouts, one retry, and the API version that this code is written for."""
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base},
        stripe_version=API_VERSION,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUTS),
    )


class StripePayments:
    """Checkout sessions at Stripe for one site. `site` is the host of its address, written into all metadata."""

    def __init__(self, client: stripe.StripeClient, *, site_url: str, live: bool) -> None:
        self._client = client
        self._site_url = site_url
        self.site = urlsplit(site_url).netloc
        self.live = live
        self._tax_rates: dict[VatRate, str] = {}

    def prepare(self, booking: Booking, *, title: str, dates: str, page: str) -> PaymentRequest:
        """The exact request that would open a payment page for a booking.

        Raises `NotSetUp` and `PaymentsUnavailable`.
        """
        parameters = self._parameters(booking, title, dates, page)
        return PaymentRequest(key=secrets.token_urlsafe(24), parameters=json.dumps(parameters, sort_keys=True))

    def open(self, request: PaymentRequest) -> CheckoutSession:
        """Open a payment page, or find the one that this very request opened before.

        Raises `PaymentRefused`, `RequestInProgress` and `PaymentsUnavailable`.
        """
        parameters = json.loads(request.parameters)
        made = _asked(
            lambda: self._client.v1.checkout.sessions.create(parameters, {"idempotency_key": request.key}),
        )
        _note_missing_methods(made)
        return _session(made)

    def retrieve(self, session: SessionId) -> CheckoutSession:
        """A session as it is now. Raises `UnknownSession` and `PaymentsUnavailable`."""
        found = _asked(
            lambda: self._client.v1.checkout.sessions.retrieve(session, {"expand": ["invoice", "payment_intent"]}),
            missing=UnknownSession(session),
        )
        return _session(found)

    def expire(self, session: SessionId) -> CheckoutSession:
        """End an open session; one that has ended already is returned as it is.

        Raises `UnknownSession`, `PaymentsUnavailable`, and `PaymentRefused` if it is open all the same.
        """
        try:
            ended = _asked(
                lambda: self._client.v1.checkout.sessions.expire(session),
                missing=UnknownSession(session),
            )
        except PaymentRefused:
            return self._ended(session)
        return _session(ended)

    # --- private ---

    def _ended(self, session: SessionId) -> CheckoutSession:
        found = self.retrieve(session)
        if found.status is SessionStatus.OPEN:
            raise PaymentRefused("an open session was not ended")
        return found

    def _parameters(self, booking: Booking, title: str, dates: str, page: str) -> dict[str, Any]:
        metadata = {"booking": booking.id, "site": self.site, "schema": SCHEMA}
        what = f"{title}, {dates}"
        return {
            "mode": "payment",
            "line_items": [self._line_item(line, what) for line in booking.quote.lines],
            "allowed_payment_method_types": list(METHODS),
            "adaptive_pricing": {"enabled": False},
            "invoice_creation": {"enabled": True, "invoice_data": self._invoice_data(booking, what, metadata)},
            "customer_creation": "always",
            "customer_email": booking.buyer.email,
            "billing_address_collection": "required",
            "name_collection": {"business": {"enabled": True, "optional": True}},
            "tax_id_collection": {"enabled": True},
            "client_reference_id": booking.id,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata, "description": f"Booking {booking.id}"},
            "submit_type": "book",
            "locale": "en-GB",
            "expires_at": int(booking.expires_at.timestamp()),
            "success_url": f"{self._site_url}/booking/return?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": page,
        }

    def _line_item(self, line: Line, what: str) -> dict[str, Any]:
        notes = [what, line.discount, None if charges_vat(line.vat) else LABELS[line.vat]]
        item: dict[str, Any] = {
            "quantity": line.quantity,
            "price_data": {
                "currency": "gbp",
                "unit_amount": line.unit_net,
                "tax_behavior": "exclusive",
                "product_data": {"name": line.description, "description": ". ".join(filter(None, notes))},
            },
        }
        return item | ({"tax_rates": [self._tax_rate(line.vat)]} if charges_vat(line.vat) else {})

    def _invoice_data(self, booking: Booking, what: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        fields = [{"name": "Booking", "value": booking.id}]
        if booking.purchase_order:
            fields.append({"name": "Purchase order", "value": booking.purchase_order})
        data: dict[str, Any] = {
            "description": what,
            "footer": f"Booking {booking.id} at {self.site}",
            "custom_fields": fields,
            "rendering_options": {"amount_tax_display": "exclude_tax"},
            "metadata": metadata,
        }
        return data | ({"account_tax_ids": self._own_vat_numbers} if self._own_vat_numbers else {})

    def _tax_rate(self, rate: VatRate) -> str:
        if rate not in self._tax_rates:  # perhaps it was made since we asked
            self._tax_rates = tax_rates(self._client)
        if rate not in self._tax_rates:
            raise NotSetUp(rate)
        return self._tax_rates[rate]

    @cached_property
    def _own_vat_numbers(self) -> list[str]:
        found = _asked(lambda: self._client.v1.tax_ids.list({"owner": {"type": "self"}, "limit": 100}))
        return [tax_id["id"] for tax_id in found["data"] if tax_id["type"] == "gb_vat"]


def set_up_tax_rates(client: stripe.StripeClient) -> dict[VatRate, str]:
    """Make the manual GB VAT rates that the account still lacks; the ids of all. Safe to repeat."""
    there = tax_rates(client)
    for rate in MANUAL_RATES:
        if rate not in there:
            made = _asked(lambda rate=rate: client.v1.tax_rates.create(_tax_rate_parameters(rate)))  # type: ignore[misc]
            there[rate] = made["id"]
    return there


def tax_rates(client: stripe.StripeClient) -> dict[VatRate, str]:
    """The ids of the account's VAT rates that were made for us. Raises `PaymentsUnavailable`."""
    found = _asked(lambda: client.v1.tax_rates.list({"active": True, "limit": 100}))
    ours = {rate["metadata"].get("workshops_vat"): rate["id"] for rate in found["data"] if not rate["inclusive"]}
    return {rate: ours[rate.value] for rate in MANUAL_RATES if rate.value in ours}


# ---------------------------------------------------------------------------------------------------------------------

_REFUSALS = (
    stripe.InvalidRequestError,
    stripe.AuthenticationError,
    stripe.PermissionError,
    stripe.IdempotencyError,
)


def _tax_rate_parameters(rate: VatRate) -> Any:  # noqa: ANN401 - the library's own parameter type is private
    return {
        "display_name": "VAT",
        "percentage": RATES[rate] / PERCENT,
        "inclusive": False,
        "country": "GB",
        "jurisdiction": "GB",
        "tax_type": "vat",
        "description": LABELS[rate],
        "metadata": {"workshops_vat": rate.value},
    }


def _asked(
    call: Callable[[], stripe.StripeObject | stripe.ListObject[Any]], *, missing: UnknownSession | None = None
) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = call().to_dict()
    except stripe.StripeError as error:
        raise _meaning(error, missing) from error
    return answer


def _meaning(error: stripe.StripeError, missing: UnknownSession | None) -> WorkshopsError:
    if error.http_status == HTTPStatus.CONFLICT:
        return RequestInProgress(_told(error))
    if missing and error.code == "resource_missing":
        return missing
    return PaymentRefused(_told(error)) if isinstance(error, _REFUSALS) else PaymentsUnavailable(type(error).__name__)


def _told(error: stripe.StripeError) -> str:
    """What went wrong without Stripe's sentence, which may quote what the buyer typed."""
    return f"{type(error).__name__} {error.code or ''} {getattr(error, 'param', None) or ''}".strip()


def _session(told: Mapping[str, Any]) -> CheckoutSession:
    metadata = told.get("metadata") or {}
    booking = metadata.get("booking")
    intent, invoice = told.get("payment_intent"), told.get("invoice")
    return CheckoutSession(
        id=SessionId(told["id"]),
        status=SessionStatus(told["status"]),
        payment_status=told["payment_status"],
        url=told.get("url"),
        amount_total=told["amount_total"],
        currency=told["currency"],
        livemode=told["livemode"],
        booking=BookingId(booking) if booking else None,
        site=metadata.get("site"),
        payment=_id(intent),
        payment_failed=isinstance(intent, dict) and intent.get("status") in {"requires_payment_method", "canceled"},
        invoice=_id(invoice),
        invoice_url=invoice.get("hosted_invoice_url") if isinstance(invoice, dict) else None,
    )


def _id(expanded: object) -> str | None:
    found = expanded.get("id") if isinstance(expanded, dict) else expanded
    return str(found) if found else None


def _note_missing_methods(session: Mapping[str, Any]) -> None:
    missing = set(METHODS) - set(session.get("payment_method_types") or ())
    if missing:
        log.warning("payment methods not enabled at the payment account: %s", ", ".join(sorted(missing)))
