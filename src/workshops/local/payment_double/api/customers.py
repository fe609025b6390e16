"""Customers, as a session makes them when it is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe.params import CustomerListParams, CustomerRetrieveParams

from workshops.local.payment_double.api.operation import listing, retrieval, same

if TYPE_CHECKING:
    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.refusal import Json

PATH = "/v1/customers"


def from_session(desk: Desk, session: Json) -> Json:
    """A new customer with the details that the buyer gave on the payment page."""
    details = session["customer_details"]
    body = {
        "id": desk.new_id("cus_"),
        "object": "customer",
        "address": details["address"],
        "balance": 0,
        "business_name": details["business_name"],
        "created": desk.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": details["email"],
        "individual_name": details["individual_name"],
        "invoice_prefix": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": details["name"],
        "phone": None,
        "preferred_locales": [session["locale"]] if session["locale"] else [],
        "shipping": None,
        "tax_exempt": "none",
    }
    desk.tx.put(body)
    desk.announce("customer.created", body)
    return body


OPERATIONS = (
    retrieval("customers.retrieve", f"{PATH}/<id>", CustomerRetrieveParams, "customer"),
    listing("customers.list", PATH, CustomerListParams, "customer", same(["email"])),
)
