"""The payment account itself: what it sells with, and what its owner has filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe.params import AccountRetrieveCurrentParams

from workshops.local.payment_double.api.operation import Operation, Params

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.refusal import Json

SETTINGS = "local_settings"
DEFAULTS: dict[str, Any] = {
    "payment_methods": ["card", "paypal"],
    "name": "Local test account",
    "support_address": {
        "line1": "1 Example Street",
        "line2": None,
        "city": "Exampleton",
        "state": None,
        "postal_code": "EX1 1EX",
        "country": "GB",
    },
    "terms_url": None,
}


def settings(desk: Desk) -> dict[str, Any]:
    """What the account's owner would set in the Dashboard: payment methods, name, address, address of the terms."""
    kept = desk.tx.get(SETTINGS) or {"settings": {}}
    return {**DEFAULTS, **kept["settings"]}


def change_settings(desk: Desk, changes: dict[str, Any]) -> dict[str, Any]:
    """The same with some of them changed, for good."""
    changed = settings(desk) | changes
    desk.tx.put({"id": SETTINGS, "object": "local.settings", "settings": changed})
    return changed


def retrieve_current(desk: Desk, _params: Params) -> Json:
    """The account to which the key belongs."""
    owner = settings(desk)
    return {
        "id": "acct_local",
        "object": "account",
        "business_profile": {
            "name": owner["name"],
            "support_address": owner["support_address"],
            "support_email": "support@example.org",
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": "company",
        "capabilities": {f"{method}_payments": "active" for method in owner["payment_methods"]},
        "charges_enabled": True,
        "company": {"address": owner["support_address"], "name": owner["name"], "vat_id_provided": False},
        "country": "GB",
        "default_currency": "gbp",
        "details_submitted": True,
        "email": "owner@example.org",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "dashboard": {"display_name": owner["name"], "timezone": "Europe/London"},
            "invoices": {"default_account_tax_ids": None},
            "payments": {"statement_descriptor": "LOCAL PAYMENT"},
        },
        "type": "standard",
    }


OPERATIONS = (Operation("account.retrieve", "GET", "/v1/account", AccountRetrieveCurrentParams, retrieve_current),)
