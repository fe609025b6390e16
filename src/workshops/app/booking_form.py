"""The booking form as posted: read into a request that can be priced, or refused with a sentence for each field."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from email_validator import EmailNotValidError, validate_email

from workshops.domain.booking import Buyer, Delegate
from workshops.domain.errors import WorkshopsError
from workshops.domain.workshop import MOST_PLACES_A_BOOKING, UnknownRate, places_most
from workshops.formats.human import count, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workshops.domain.catalogue import Provider
    from workshops.domain.workshop import Rate, Run, Workshop

NAME_LENGTH = 200
"""Characters in a name: longer than any real one, short enough for every document it is printed on."""

EMAIL_LENGTH = 254
"""Characters in an e-mail address, RFC 5321 section 4.5.3.1.3."""

EXTRAS_MOST = 60

Fields: TypeAlias = "Mapping[str, Sequence[str]]"
"""Posted fields: each name with its values in order."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field, as a sentence that says what to do."""

    field: str
    message: str


class FormRefused(WorkshopsError):
    """Some fields cannot be accepted, in the order of the form."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"the form has {count(len(errors), 'error')}: {listed([one.field for one in errors])}")
        self.errors = tuple(errors)


class AddressRefused(WorkshopsError):
    """An e-mail address that mail cannot be sent to; the message says why, for the person who typed it."""


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A sound booking form. `shown_net` and `shown_total` are the pence that the page showed; None was not told."""

    workshop: Workshop
    run: Run
    rate: Rate
    places: int
    delegates: tuple[Delegate, ...]
    buyer: Buyer
    extras: Mapping[str, int]
    shown_net: str | None
    shown_total: str | None

    def fingerprint(self, secret: str) -> str:
        """What makes a posted form the same form again: an HMAC over its normalised fields, in hex."""
        fields = {
            "run": [self.workshop.slug, self.run.id, self.rate.id, self.places],
            "buyer": [self.buyer.name, self.buyer.email, self.buyer.organisation],
            "delegates": [[one.name, one.email] for one in self.delegates],
            "extras": sorted(self.extras.items()),
        }
        return _hmac(secret, json.dumps(fields, sort_keys=True))

    def buyer_key(self, secret: str) -> str:
        """What makes a buyer the same buyer: an HMAC of the e-mail address, in hex."""
        return _hmac(secret, self.buyer.email.casefold())


def read_form(fields: Fields, workshop: Workshop, run: Run, provider: Provider) -> BookingRequest:
    """The booking request in posted fields. Raises `FormRefused` with every error at once."""
    form = _Form(fields)
    form.refuse_robots()
    rate = form.rate(run)
    places = form.places(run, rate)
    delegates = form.delegates(places)
    buyer = Buyer(form.text("buyer_name"), form.email("buyer_email"), form.text("organisation"))
    form.payment(provider)
    extras = {str(extra.id): form.extra(str(extra.id), extra.name) for extra in workshop.extras}
    form.promises()
    if form.errors or rate is None:
        raise FormRefused(form.errors)
    return BookingRequest(
        workshop=workshop,
        run=run,
        rate=rate,
        places=places,
        delegates=delegates,
        buyer=buyer,
        extras={extra: number for extra, number in extras.items() if number},
        shown_net=form.optional(f"shown_{rate.id}"),
        shown_total=form.optional("shown_total"),
    )


def typed_names(fields: Fields, delegates: Sequence[Delegate]) -> dict[int, tuple[str, str]]:
    """What was typed for each delegate, by number, to be shown again."""
    return dict(zip(_numbers(fields, delegates), _Form(fields).rows(), strict=False))


def read_delegates(fields: Fields, delegates: Sequence[Delegate]) -> tuple[Delegate, ...]:
    """The delegates whom posted fields name for the first time, told apart by `delegate_number` in step.

    Without numbers the rows are for the unnamed in order. Raises `FormRefused`.
    """
    form = _Form(fields)
    unnamed = {delegate.number: delegate for delegate in delegates if not delegate.named}
    numbers = _numbers(fields, delegates)
    people = form.people(numbers)
    if form.errors:
        raise FormRefused(form.errors)
    given = {number: person for number, person in zip(numbers, people, strict=False) if all(person)}
    return tuple(replace(unnamed[one], name=given[one][0], email=given[one][1]) for one in given if one in unnamed)


def email_address(typed: str) -> str:
    """An address in the form that mail servers take: its domain in ASCII. Raises `AddressRefused`."""
    if len(typed) > EMAIL_LENGTH:
        raise AddressRefused(f"The e-mail address must have {EMAIL_LENGTH} characters or fewer")
    local, at, domain = typed.rpartition("@")
    if not at:
        raise AddressRefused("Enter an e-mail address in full, such as name@example.org")
    if not local.isascii():
        raise AddressRefused(
            "The part of the e-mail address before the @ may hold only letters a to z, digits and signs"
        )
    if "." not in domain:
        raise AddressRefused("The e-mail address has no full domain after the @, such as example.org")
    return _checked(typed)


# ---------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Form:
    """Posted fields being read; what is wrong gathers in `errors`."""

    fields: Fields
    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, name: str, message: str) -> None:
        self.errors.append(FieldError(name, message))

    def optional(self, name: str) -> str | None:
        return self.last(name) or None

    def last(self, name: str) -> str:
        values = self.fields.get(name)
        return _tidy(values[-1]) if values else ""

    def text(self, name: str) -> str:
        value = self.last(name)
        if not value:
            self.refuse(name, f"Enter {_ASKED[name]}")
        elif fault := _fault_in_text(value):
            self.refuse(name, f"{_NAMED[name]} {fault}")
        return value

    def email(self, name: str) -> str:
        value = self.last(name)
        if not value:
            self.refuse(name, f"Enter {_ASKED[name]}")
            return value
        return self.address(name, value)

    def address(self, name: str, value: str) -> str:
        try:
            return email_address(value)
        except AddressRefused as refused:
            self.refuse(name, str(refused))
            return value

    def refuse_robots(self) -> None:
        if self.last("website"):
            self.refuse("website", "Leave the field “website” empty: it is there to catch robots")

    def rate(self, run: Run) -> Rate | None:
        wanted = self.last("rate")
        try:
            return run.rate(wanted)
        except UnknownRate:
            asked = "Choose a rate" if not wanted else "Choose one of the rates shown: the one sent is not on sale"
            self.refuse("rate", asked)
            return None

    def places(self, run: Run, rate: Rate | None) -> int:
        most = places_most(run, rate) if rate else run.max_per_booking
        number = _whole_number(self.last("quantity"))
        if number is None or not 1 <= number <= most:
            more = "" if most == MOST_PLACES_A_BOOKING else "; for more, write to us"
            self.refuse("quantity", f"Enter how many places you need, from 1 to {most}{more}")
            return 0
        return number

    def delegates(self, places: int) -> tuple[Delegate, ...]:
        numbers = range(1, places + 1)
        people = self.people(numbers) if places else []
        given = [*people, *[(None, None)] * (places - len(people))]
        return tuple(Delegate(number, *person) for number, person in zip(numbers, given, strict=False))

    def people(self, numbers: Sequence[int]) -> list[tuple[str | None, str | None]]:
        rows = self.rows()
        if len(rows) > len(numbers):
            self.refuse(
                f"delegate_name_{len(numbers) + 1}", f"You named more people than {count(len(numbers), 'place')}"
            )
        named = [self._person(number, *row) for number, row in zip(numbers, rows, strict=False)]
        self._ask_about_duplicates([email for _, email in named if email])
        return named

    def rows(self) -> list[tuple[str, str]]:
        names = [_tidy(name) for name in self.fields.get("delegate_name", ())]
        emails = [_tidy(email) for email in self.fields.get("delegate_email", ())]
        longest = max(len(names), len(emails))
        rows = list(zip(_padded(names, longest), _padded(emails, longest), strict=True))
        while rows and rows[-1] == ("", ""):
            rows.pop()
        return rows

    def _person(self, number: int, name: str, email: str) -> tuple[str | None, str | None]:
        if not name and not email:
            return None, None
        if not name:
            self.refuse(f"delegate_name_{number}", f"Enter the name of delegate {number}, or leave both fields empty")
        elif fault := _fault_in_text(name):
            self.refuse(f"delegate_name_{number}", f"The name of delegate {number} {fault}")
        return name, self._persons_email(number, email)

    def _persons_email(self, number: int, email: str) -> str:
        at = f"delegate_email_{number}"
        if email:
            return self.address(at, email)
        self.refuse(at, f"Enter the e-mail address of delegate {number}, or leave both fields empty")
        return email

    def _ask_about_duplicates(self, emails: Sequence[str]) -> None:
        shared = [email for email, times in Counter(email.casefold() for email in emails).items() if times > 1]
        if shared and not self.last("different_people"):
            self.refuse(
                "different_people",
                "Two delegates have the same e-mail address: correct it, or tick that they are different people",
            )

    def payment(self, provider: Provider) -> None:
        pay = self.last("pay") or "card"
        if pay == "invoice":
            self.refuse("pay", f"Purchase orders are not yet taken here: send yours to {provider.booking_email}")
        elif pay != "card":
            self.refuse("pay", "Choose how to pay")
        if self.last("code"):
            self.refuse("code", "Discount codes are not yet taken here: leave this empty, or write to us")

    def extra(self, extra: str, name: str) -> int:
        typed = self.last(f"extra_{extra}")
        number = _whole_number(typed) if typed else 0
        if number is None or not 0 <= number <= EXTRAS_MOST:
            self.refuse(f"extra_{extra}", f"Enter how many of “{name}” you need, from 0 to {EXTRAS_MOST}")
            return 0
        return number

    def promises(self) -> None:
        for name, message in _PROMISES.items():
            if self.last(name).casefold() in _NO:
                self.refuse(name, message)


_ASKED = {
    "buyer_name": "your name",
    "buyer_email": "your e-mail address",
    "organisation": "the name of your organisation",
}

_NAMED = {"buyer_name": "Your name", "organisation": "The name of your organisation"}

_PROMISES = {
    "accept_terms": "Accept the booking terms to book",
    "on_behalf_of_organisation": "Confirm that you book for an organisation or for your work",
}

_NO = frozenset({"", "0", "false", "no", "off"})
"""How a program that fills in the form says that a promise is not made; a browser leaves the field out."""

_LONGEST_NUMBER = 9

_READING_ORDER = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Unicode's explicit directional formatting, UAX #9: the marks LRM and RLM, which some names need, are not among it."""


def _numbers(fields: Fields, delegates: Sequence[Delegate]) -> list[int]:
    told = [_whole_number(number) or 0 for number in fields.get("delegate_number", ())]
    return told or [delegate.number for delegate in delegates if not delegate.named]


def _checked(typed: str) -> str:
    try:
        found = validate_email(
            typed, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
    except EmailNotValidError as error:
        raise AddressRefused(f"Check the e-mail address: {_first_sentence(error)}") from None
    return found.ascii_email or found.normalized


def _first_sentence(error: EmailNotValidError) -> str:
    told = str(error).partition(". ")[0].rstrip(".")
    return told[:1].lower() + told[1:]


def _tidy(typed: str) -> str:
    return unicodedata.normalize("NFC", typed).strip()


def _fault_in_text(value: str) -> str | None:
    if len(value) > NAME_LENGTH:
        return f"must have {NAME_LENGTH} characters or fewer"
    if any(map(_is_control, value)):
        return "must be one line of plain text, without control characters"
    if not any(map(str.isalnum, value)):
        return "must have at least one letter"
    return None


def _is_control(character: str) -> bool:
    """Whether it would break a line, or turn round the reading order of what is written beside it."""
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(character) in _READING_ORDER
    )


def _whole_number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_NUMBER else None


def _padded(values: list[str], length: int) -> list[str]:
    return values + [""] * (length - len(values))


def _hmac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
