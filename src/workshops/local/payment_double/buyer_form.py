"""What a buyer fills in on the payment page, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.local.payment_double.api.session_rules import EMAIL
from workshops.local.payment_double.attempt import Attempt, Card
from workshops.local.payment_double.cards import BadCard, read_card
from workshops.local.payment_double.payments import DELAYED_METHOD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from workshops.local.payment_double.refusal import Json

FIELDS = (
    "email",
    "business_name",
    "tax_id",
    "name",
    "country",
    "line1",
    "line2",
    "city",
    "postal_code",
    "number",
    "expiry",
    "cvc",
    "accept_terms",
)
METHODS = {"card": "card", "close": "card", "paypal": "paypal", "delayed": DELAYED_METHOD}
ADDRESS_PROBLEMS = {
    "name": "Enter the name",
    "line1": "Enter the first line of the billing address",
    "city": "Enter the town or city",
    "postal_code": "Enter the postcode",
}
LONGEST_FIELD = 200


class BadForm(WorkshopsError):
    """A form that cannot be sent: for each field the sentence that the buyer is shown."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Asks:
    """Which fields a session's page has and which must be filled in."""

    email: bool
    address: bool
    business_name: bool
    business_name_required: bool
    tax_id: bool
    terms: bool
    free: bool
    methods: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, session: Json) -> Asks:
        """What this session asks."""
        business = (session["name_collection"] or {}).get("business") or {}
        collects_name = business.get("enabled", False)
        collects_tax_id = session["tax_id_collection"]["enabled"]
        return cls(
            email=not session["customer_email"],
            address=session["billing_address_collection"] == "required",
            business_name=collects_name or collects_tax_id,
            business_name_required=collects_name and not business["optional"],
            tax_id=collects_tax_id,
            terms=(session["consent_collection"] or {}).get("terms_of_service") == "required",
            free=session["amount_total"] == 0,
            methods=session["payment_method_types"],
        )


def read_form(session: Json, given: Mapping[str, str], *, today: date) -> Attempt:
    """The attempt that a filled-in form makes. Raises BadForm with every problem at once."""
    asks = Asks.of(session)
    filled = {name: given.get(name, "").strip() for name in FIELDS}
    method = METHODS.get(given.get("pay", "card"), "card")
    problems = _problems(asks, filled)
    card: Card | None = None
    if method == "card" and not asks.free:
        try:
            card = read_card(filled["number"], filled["expiry"], filled["cvc"], today=today)
        except BadCard as bad:
            problems = bad.problems | problems
    if problems:
        raise BadForm({name: problems[name] for name in FIELDS if name in problems})
    return Attempt(
        method=method,
        email=session["customer_email"] or filled["email"],
        name=filled["name"],
        address=_address(filled),
        business_name=filled["business_name"],
        tax_id=filled["tax_id"],
        card=card,
    )


# ---


def _problems(asks: Asks, filled: dict[str, str]) -> dict[str, str]:
    problems = {name: "This is too long" for name, value in filled.items() if len(value) > LONGEST_FIELD}
    if asks.email and not EMAIL.fullmatch(filled["email"]):
        problems["email"] = "Enter an e-mail address, such as name@example.org"
    for name in ADDRESS_PROBLEMS if asks.address else ("name",):
        if not filled[name]:
            problems[name] = ADDRESS_PROBLEMS[name]
    if not re.fullmatch(r"[A-Z]{2}", filled["country"]):
        problems["country"] = "Choose the country"
    if asks.business_name_required and not filled["business_name"]:
        problems["business_name"] = "Enter the name of the business or organisation"
    if asks.terms and not filled["accept_terms"]:
        problems["accept_terms"] = "Accept the terms to go on"
    return problems


def _address(filled: dict[str, str]) -> Json:
    parts = {name: filled[name] or None for name in ("city", "country", "line1", "line2", "postal_code")}
    return parts | {"state": None}
