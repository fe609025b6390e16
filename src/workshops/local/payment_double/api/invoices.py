"""Invoices: the VAT invoice that a paid session leaves behind, its lines, and what paid it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe.params import (
    InvoiceLineItemListParams,
    InvoiceListParams,
    InvoicePaymentListParams,
    InvoicePaymentRetrieveParams,
    InvoiceRetrieveParams,
)

from workshops.local.payment_double.api import account
from workshops.local.payment_double.api.operation import (
    Operation,
    Params,
    check_page,
    given_metadata,
    listing,
    paged,
    retrieval,
    same,
)

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.refusal import Json

PATH = "/v1/invoices"


def from_session(desk: Desk, session: Json, intent: str | None) -> Json:
    """The paid invoice of a session, with its lines, and the events of its short life.

    Its metadata is that of the session's `invoice_data` and no other.
    """
    identity = desk.new_id("in_1")
    lines = [_line(desk, identity, item) for item in desk.tx.owned("item", session["id"])]
    for line in lines:
        desk.tx.put(line, owner=identity)
    draft = _draft(desk, identity, session, lines)
    desk.announce("invoice.created", draft)
    paid = draft | _finalised(desk, identity) | _paid(desk, draft)
    desk.tx.put(paid)
    for event_type in ("invoice.finalized", "invoice.updated", "invoice.paid", "invoice.payment_succeeded"):
        desk.announce(event_type, paid)
    if intent is not None:
        _record_payment(desk, paid, intent)
    return paid


def list_lines(desk: Desk, params: Params, identity: str) -> Json:
    """All lines of an invoice."""
    invoice = desk.find("invoice", identity)
    return paged(desk.tx.owned("line_item", invoice["id"]), params, f"{PATH}/{identity}/lines")


def wanted_payment(payment: Json, params: Params) -> bool:
    """Whether an invoice payment is of the invoice, status and payment intent asked for."""
    asked = params.get("payment", {}).get("payment_intent")
    return same(["invoice", "status"])(payment, params) and asked in {None, payment["payment"]["payment_intent"]}


# ---


def _line(desk: Desk, invoice: str, item: Json) -> Json:
    period = {"start": desk.now, "end": desk.now}
    details = {"price": item["price"]["id"], "product": item["price"]["product"]}
    return {
        "id": desk.new_id("il_"),
        "object": "line_item",
        "amount": item["amount_subtotal"],
        "currency": item["currency"],
        "description": item["description"],
        "discount_amounts": [],
        "discountable": False,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "parent": None,
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": details,
            "type": "price_details",
            "unit_amount_decimal": item["price"]["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": None,
        "subtotal": item["amount_subtotal"],
        "taxes": [_line_tax(tax) for tax in item["taxes"]],
    }


def _line_tax(tax: Json) -> Json:
    return {
        "amount": tax["amount"],
        "tax_behavior": "inclusive" if tax["rate"]["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": tax["rate"]["id"]},
        "taxability_reason": "not_available",
        "taxable_amount": tax["taxable_amount"],
        "type": "tax_rate_details",
    }


def _total_taxes(lines: list[Json]) -> list[Json]:
    totals: dict[str, Json] = {}
    for line in lines:
        for tax in line["taxes"]:
            total = totals.setdefault(tax["tax_rate_details"]["tax_rate"], tax | {"amount": 0, "taxable_amount": 0})
            total["amount"] += tax["amount"]
            total["taxable_amount"] += tax["taxable_amount"]
    return list(totals.values())


def _draft(desk: Desk, identity: str, session: Json, lines: list[Json]) -> Json:
    amounts = _amounts(session)
    return (
        _frame(desk, identity, session)
        | _customer_fields(session)
        | _wording(session)
        | amounts
        | {"total_taxes": _total_taxes(lines)}
    )


def _frame(desk: Desk, identity: str, session: Json) -> Json:
    return {
        "id": identity,
        "object": "invoice",
        "account_country": "GB",
        "account_name": account.settings(desk)["name"],
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "created": desk.now,
        "currency": session["currency"],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "livemode": False,
        "next_payment_attempt": None,
        "number": None,
        "parent": None,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": desk.now,
        "period_start": desk.now,
        "receipt_number": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "webhooks_delivered_at": None,
    }


def _customer_fields(session: Json) -> Json:
    details = session["customer_details"]
    return {
        "customer": session["customer"],
        "customer_address": details["address"],
        "customer_email": details["email"],
        "customer_name": details["business_name"] or details["name"],
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": details["tax_ids"],
    }


def _wording(session: Json) -> Json:
    data = session["invoice_creation"]["invoice_data"]
    display = (data["rendering_options"] or {}).get("amount_tax_display")
    return {
        "account_tax_ids": data["account_tax_ids"],
        "custom_fields": data["custom_fields"],
        "description": data["description"],
        "footer": data["footer"],
        "metadata": given_metadata(data),
        "rendering": {"amount_tax_display": display, "pdf": None, "template": None, "template_version": None},
    }


def _amounts(session: Json) -> Json:
    total, tax = session["amount_total"], session["total_details"]["amount_tax"]
    return {
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "ending_balance": None,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "subtotal": session["amount_subtotal"],
        "subtotal_excluding_tax": total - tax,
        "total": total,
        "total_excluding_tax": total - tax,
    }


def _finalised(desk: Desk, identity: str) -> Json:
    return {
        "number": f"LOCAL-{desk.tx.next_number('invoice'):04}",
        "hosted_invoice_url": f"{desk.site}/i/{identity}",
        "invoice_pdf": f"{desk.site}/i/{identity}/pdf",
        "effective_at": desk.now,
        "ending_balance": 0,
    }


def _paid(desk: Desk, draft: Json) -> Json:
    times = {"finalized_at": desk.now, "paid_at": desk.now}
    return {
        "amount_paid": draft["amount_due"],
        "amount_remaining": 0,
        "attempt_count": 1,
        "attempted": True,
        "status": "paid",
        "status_transitions": draft["status_transitions"] | times,
    }


def _record_payment(desk: Desk, invoice: Json, intent: str) -> None:
    paid_with: dict[str, Any] = {"charge": None, "payment_intent": intent, "payment_record": None}
    payment = {
        "id": desk.new_id("inpay_"),
        "object": "invoice_payment",
        "amount_paid": invoice["amount_paid"],
        "amount_requested": invoice["amount_due"],
        "created": desk.now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent"} | paid_with,
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": desk.now},
    }
    desk.tx.put(payment, owner=invoice["id"])
    desk.announce("invoice_payment.paid", payment)


OPERATIONS = (
    retrieval("invoices.retrieve", f"{PATH}/<id>", InvoiceRetrieveParams, "invoice"),
    listing("invoices.list", PATH, InvoiceListParams, "invoice", same(["customer", "status", "collection_method"])),
    Operation(
        "invoices.line_items.list", "GET", f"{PATH}/<id>/lines", InvoiceLineItemListParams, list_lines, check_page
    ),
    retrieval(
        "invoice_payments.retrieve", "/v1/invoice_payments/<id>", InvoicePaymentRetrieveParams, "invoice_payment"
    ),
    listing(
        "invoice_payments.list", "/v1/invoice_payments", InvoicePaymentListParams, "invoice_payment", wanted_payment
    ),
)
