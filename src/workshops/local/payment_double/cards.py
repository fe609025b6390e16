"""Card numbers of the test kind: which there are, and what becomes of a payment with each."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.local.payment_double.attempt import Card, Ending

if TYPE_CHECKING:
    from datetime import date

LENGTHS = range(13, 20)
CENTURY = 2000
LAST_MONTH = 12

BRANDS = {"4": "visa", "5": "mastercard", "2": "mastercard", "3": "amex", "6": "discover"}
PLAIN = Card("", "", 0, 0)
TEST_CARDS = {
    "4242424242424242": PLAIN,
    "4000058260000005": PLAIN,
    "4000008260000000": PLAIN,
    "5555555555554444": PLAIN,
    "378282246310005": PLAIN,
    "4000002500003155": replace(PLAIN, ending=Ending.NEEDS_APPROVAL),
    "4000000000003220": replace(PLAIN, ending=Ending.NEEDS_APPROVAL),
    "4000000000000002": replace(PLAIN, ending=Ending.DECLINED),
    "4000000000009995": replace(
        PLAIN,
        ending=Ending.DECLINED,
        reason="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    "4000000000000069": replace(
        PLAIN, ending=Ending.DECLINED, code="expired_card", reason="expired_card", message="Your card has expired."
    ),
    "4000000000000127": replace(
        PLAIN,
        ending=Ending.DECLINED,
        code="incorrect_cvc",
        reason="incorrect_cvc",
        message="Your card's security code is incorrect.",
    ),
}
NOT_A_TEST_CARD = replace(
    PLAIN,
    ending=Ending.DECLINED,
    reason="test_mode_live_card",
    message="Your card was declined: only test cards work here.",
)


class BadCard(WorkshopsError):
    """A card form that cannot be sent to a bank: for each field the sentence that a buyer is shown."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def read_card(number: str, expiry: str, cvc: str, *, today: date) -> Card:
    """The card, without its number. Raises BadCard with every problem at once."""
    digits = re.sub(r"[ -]", "", number)
    month_year = _expiry(expiry)
    problems = {
        "number": _number_problem(digits),
        "expiry": _expiry_problem(month_year, today),
        "cvc": "" if re.fullmatch(r"[0-9]{3,4}", cvc.strip()) else "Enter the 3 or 4 digits of the security code",
    }
    told = {field: problem for field, problem in problems.items() if problem}
    if told or month_year is None:
        raise BadCard(told)
    known = TEST_CARDS.get(digits, NOT_A_TEST_CARD)
    brand = BRANDS.get(digits[0], "unknown")
    return replace(known, brand=brand, last4=digits[-4:], month=month_year[0], year=month_year[1])


# ---


def _expiry(text: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"\s*([0-9]{1,2})\s*[/ -]?\s*(?:20)?([0-9]{2})\s*", text, re.ASCII)
    return (int(found[1]), CENTURY + int(found[2])) if found else None


def _number_problem(digits: str) -> str:
    if not digits:
        return "Enter the card number"
    if not re.fullmatch(r"[0-9]+", digits):
        return "The card number has characters other than digits"
    if len(digits) not in LENGTHS or _luhn(digits) != 0:
        return "The card number is not right: check each digit"
    return ""


def _luhn(digits: str) -> int:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10  # noqa: PLR2004 - the two digits' sum


def _expiry_problem(month_year: tuple[int, int] | None, today: date) -> str:
    if month_year is None or not 1 <= month_year[0] <= LAST_MONTH:
        return "Enter the expiry date as month and year, such as 12/30"
    if (month_year[1], month_year[0]) < (today.year, today.month):
        return "The card's expiry date is past"
    return ""
