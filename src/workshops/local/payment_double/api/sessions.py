"""Checkout Sessions: made by the shop, paid on our page, ended by payment, by the shop or by time."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
)

from workshops.local.payment_double.amounts import LineAmounts, line_amounts
from workshops.local.payment_double.api import account, payment_intents, session_rules
from workshops.local.payment_double.api.operation import (
    Operation,
    Params,
    check_page,
    given_metadata,
    listing,
    paged,
    retrieval,
)
from workshops.local.payment_double.refusal import BadParameter, Json, Refusal
from workshops.local.payment_double.schema import spell

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk

PATH = "/v1/checkout/sessions"
DAY = 24 * 60 * 60
SMALLEST_TOTAL = 30


class WrongStatus(Refusal):
    """Something that only an open session allows."""

    def __init__(self, status: str) -> None:
        super().__init__(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {status}.",
            param="session",
        )


def create(desk: Desk, params: Params) -> Json:
    """An open session with its lines.

    Raises BadParameter for a total below 30 pence that is not nothing, MissingReference for unknown tax rates and tax
    ids.
    """
    identity = desk.new_id("cs_test_")
    priced = [_priced(desk, line, number) for number, line in enumerate(params["line_items"])]
    body = _session(desk, identity, params) | _totals([amounts for _, amounts in priced])
    _check_total(body["amount_total"])
    for item, _ in priced:
        desk.tx.put(item, owner=identity)
    save(desk, body)
    return body


def expire(desk: Desk, _params: Params, identity: str) -> Json:
    """Ends an open session, so that nobody can pay it any more. Raises WrongStatus."""
    session = desk.find("checkout.session", identity)
    if session["status"] != "open":
        raise WrongStatus(session["status"])
    return end(desk, session)


def end(desk: Desk, session: Json) -> Json:
    """An open session that has expired, with its event; what was tried so far is called off."""
    body = session | {"status": "expired", "url": None, "_attempt": None}
    if session["payment_intent"]:
        payment_intents.cancel(desk, desk.find("payment_intent", session["payment_intent"]))
    save(desk, body)
    desk.announce("checkout.session.expired", body)
    return body


def expire_due(desk: Desk) -> None:
    """Ends every open session whose time is over."""
    for session in desk.tx.due("checkout.session", desk.now):
        end(desk, session)


def save(desk: Desk, session: Json) -> None:
    """Keeps a session; only an open one has a time at which it is due to end."""
    desk.tx.put(session, due=session["expires_at"] if session["status"] == "open" else None)


def list_line_items(desk: Desk, params: Params, identity: str) -> Json:
    """All lines of a session."""
    session = desk.find("checkout.session", identity)
    return paged(desk.tx.owned("item", session["id"]), params, f"{PATH}/{identity}/line_items")


def wanted(session: Json, params: Params) -> bool:
    """Whether a session is of the status, customer, payment intent and e-mail address asked for."""
    asked = {name: params[name] for name in ("status", "customer", "payment_intent") if name in params}
    details = session["customer_details"] or {}
    address = params.get("customer_details", {}).get("email", details.get("email"))
    return all(session[name] == value for name, value in asked.items()) and details.get("email") == address


# ---


def _priced(desk: Desk, line: Params, number: int) -> tuple[Json, LineAmounts]:
    path = ("line_items", str(number))
    rates = [_rate(desk, rate, line, path) for rate in line.get("tax_rates", [])]
    price = line["price_data"]
    unit = Decimal(price.get("unit_amount", price.get("unit_amount_decimal")))
    amounts = line_amounts(
        unit, line["quantity"], [(rate["id"], Decimal(str(rate["percentage"])), rate["inclusive"]) for rate in rates]
    )
    return _item(desk, line, unit, amounts, rates), amounts


def _rate(desk: Desk, identity: str, line: Params, path: tuple[str, ...]) -> Json:
    param = spell((*path, "tax_rates"))
    rate = desk.refer("tax_rate", identity, param)
    if not rate["active"]:
        raise BadParameter(f"The tax rate {identity} is inactive and cannot be used.", param=param)
    behaviour = line["price_data"].get("tax_behavior", "unspecified")
    if behaviour not in {"unspecified", "inclusive" if rate["inclusive"] else "exclusive"}:
        raise BadParameter(
            f"The tax rate {identity} does not have the price's tax behavior, which is {behaviour}.", param=param
        )
    return rate


def _item(desk: Desk, line: Params, unit: Decimal, amounts: LineAmounts, rates: list[Json]) -> Json:
    product = line["price_data"]["product_data"]
    taxes = zip(amounts.taxes, rates, strict=True)
    return {
        "id": desk.new_id("li_"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amounts.subtotal,
        "amount_tax": amounts.tax,
        "amount_total": amounts.total,
        "currency": line["price_data"]["currency"],
        "description": product["name"],
        "discounts": [],
        "metadata": given_metadata(line),
        "price": _price(desk, line["price_data"], unit),
        "quantity": line["quantity"],
        "taxes": [
            {"amount": tax.amount, "rate": rate, "taxability_reason": None, "taxable_amount": tax.taxable}
            for tax, rate in taxes
        ],
        "_note": product.get("description", ""),
    }


def _price(desk: Desk, price: Params, unit: Decimal) -> Json:
    return {
        "id": desk.new_id("price_"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": desk.now,
        "currency": price["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": desk.new_id("prod_"),
        "recurring": None,
        "tax_behavior": price.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": int(unit) if unit == unit.to_integral_value() else None,
        "unit_amount_decimal": format(unit.normalize(), "f"),
    }


def _totals(lines: list[LineAmounts]) -> Json:
    return {
        "amount_subtotal": sum(line.subtotal for line in lines),
        "amount_total": sum(line.total for line in lines),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": sum(line.tax for line in lines)},
    }


def _check_total(total: int) -> None:
    if 0 < total < SMALLEST_TOTAL:
        raise BadParameter(
            "The Checkout Session's total amount due must add up to at least £0.30 gbp", code="amount_too_small"
        )
    if total > session_rules.HIGHEST_AMOUNT:
        raise BadParameter(
            "The Checkout Session's total amount must be no more than £999,999.99", code="amount_too_large"
        )


def _session(desk: Desk, identity: str, params: Params) -> Json:
    return {
        "id": identity,
        "object": "checkout.session",
        **_empty(),
        **{name: params.get(name) for name in AS_GIVEN},
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", True)},
        "billing_address_collection": params.get("billing_address_collection"),
        "consent_collection": _consent(params),
        "created": desk.now,
        "currency": params["line_items"][0]["price_data"]["currency"],
        "custom_text": _custom_text(params),
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": _details_so_far(params),
        "expires_at": params.get("expires_at", desk.now + DAY),
        "invoice_creation": _invoice_creation(desk, params),
        "metadata": given_metadata(params),
        "mode": "payment",
        "name_collection": _name_collection(params),
        "payment_method_types": _method_types(desk, params),
        "payment_status": "unpaid",
        "status": "open",
        "tax_id_collection": {"enabled": False, "required": "never"} | params.get("tax_id_collection", {}),
        "ui_mode": "hosted_page",
        "url": f"{desk.site}/c/pay/{identity}",
        "_payment_intent_data": params.get("payment_intent_data", {}),
        "_attempt": None,
    }


AS_GIVEN = (
    "allowed_payment_method_types",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "excluded_payment_method_types",
    "integration_identifier",
    "locale",
    "origin_context",
    "submit_type",
    "success_url",
)


def _empty() -> Json:
    return {
        "after_expiration": None,
        "allow_promotion_codes": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "currency_conversion": None,
        "custom_fields": [],
        "customer": None,
        "customer_account": None,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "subscription": None,
        "wallet_options": None,
    }


def _details_so_far(params: Params) -> Json | None:
    if "customer_email" not in params:
        return None
    empty = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids"))
    return {**empty, "email": params["customer_email"], "tax_exempt": "none"}


def _consent(params: Params) -> Json | None:
    given = params.get("consent_collection")
    empty = {"payment_method_reuse_agreement": None, "promotions": "none", "terms_of_service": "none"}
    return given and empty | given


def _custom_text(params: Params) -> Json:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: params.get("custom_text", {}).get(name) or None for name in names}


def _name_collection(params: Params) -> Json | None:
    given = params.get("name_collection")
    return given and {name: {"optional": False} | given[name] for name in given}


def _invoice_creation(desk: Desk, params: Params) -> Json:
    given = params.get("invoice_creation", {"enabled": False})
    data: dict[str, Any] = given.get("invoice_data", {})
    for identity in data.get("account_tax_ids") or []:
        desk.refer("tax_id", identity, "invoice_creation[invoice_data][account_tax_ids]")
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    shown = {name: data.get(name) or None for name in names}
    return {"enabled": given["enabled"], "invoice_data": shown | {"metadata": given_metadata(data)}}


def _method_types(desk: Desk, params: Params) -> list[str]:
    enabled = account.settings(desk)["payment_methods"]
    allowed = params.get("allowed_payment_method_types", enabled)
    excluded = params.get("excluded_payment_method_types", [])
    offered = [method for method in enabled if method in allowed and method not in excluded]
    if not offered:
        raise BadParameter(
            "No valid payment method types for this Checkout Session. Please ensure that you have activated payment "
            "methods compatible with your chosen currency.",
            param="allowed_payment_method_types",
        )
    return offered


OPERATIONS = (
    Operation("checkout.sessions.create", "POST", PATH, SessionCreateParams, create, session_rules.check),
    retrieval("checkout.sessions.retrieve", f"{PATH}/<id>", SessionRetrieveParams, "checkout.session"),
    listing("checkout.sessions.list", PATH, SessionListParams, "checkout.session", wanted),
    Operation(
        "checkout.sessions.line_items.list",
        "GET",
        f"{PATH}/<id>/line_items",
        SessionLineItemListParams,
        list_line_items,
        check_page,
    ),
    Operation("checkout.sessions.expire", "POST", f"{PATH}/<id>/expire", SessionExpireParams, expire),
)
