"""What a field's text means: prices, dates, numbers, slugs.

Each function reads one text exactly or raises `NotAsMeant`, whose sentence says what to write.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, time
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import available_timezones

from workshops.domain.errors import WorkshopsError
from workshops.domain.moment import LONDON, Moment
from workshops.domain.money import BasisPoints, Pence
from workshops.formats.human import listed
from workshops.site.faults import shown, suggestion
from workshops.site.slugs import SLUG, slugify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


class NotAsMeant(WorkshopsError, ValueError):
    """A text that its field cannot take, and what to write instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def one(parse: Callable[[str], T]) -> Callable[[object], T]:
    """A reader of one value from one that takes its text: refuses nothing, lists and fields."""

    def read(value: object) -> T:
        if isinstance(value, str):
            return parse(value)
        raise NotAsMeant(EMPTY if value is None else "write one text here; in quotes if it begins with [ or {")

    return read


EMPTY = "nothing is written here: fill it in"


def line(text: str) -> str:
    """A text on one line, of 500 characters at most."""
    if "\n" in (stripped := text.strip()):
        raise NotAsMeant("write it on one line")
    return prose(stripped)


def prose(text: str) -> str:
    """A text, perhaps on several lines, of 500 characters at most."""
    stripped = text.strip()
    if not stripped:
        raise NotAsMeant(EMPTY)
    if len(stripped) > _LONGEST:
        raise NotAsMeant(f"{len(stripped)} characters are too many: write at most {_LONGEST}")
    return stripped


def summary(text: str) -> str:
    """One line of 40 to 200 characters."""
    written = line(text)
    if not _SUMMARY[0] <= len(written) <= _SUMMARY[1]:
        raise NotAsMeant(f"{len(written)} characters: write {_SUMMARY[0]} to {_SUMMARY[1]}")
    return written


def price(text: str) -> Pence:
    """Pence, from pounds as written: 199, 199.00 and nothing else."""
    found = _PRICE.fullmatch(text)
    if not found:
        raise NotAsMeant(f"{shown(text)} is not a price: {_price_advice(text)}")
    if len(found[1]) > len("100000") or (pence := int(found[1]) * 100 + int(found[2] or 0)) > _DEAREST:
        raise NotAsMeant(f"{shown(text)} is more than a price may be: write at most 100000.00")
    return Pence(pence)


def percent(text: str) -> BasisPoints:
    """Basis points, from a percentage up to 100 with at most two decimals."""
    found = _PERCENT.fullmatch(text)
    if not found or (points := int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))) > 100 * 100:
        bare = text.removesuffix("%").strip()
        advice = f"write {bare}" if bare != text and _PERCENT.fullmatch(bare) else "write one such as 10 or 12.5"
        raise NotAsMeant(f"{shown(text)} is not a percentage up to 100: {advice}")
    return BasisPoints(points)


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds, both included."""

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise NotAsMeant(f"{shown(text)} is not a whole number: write {_whole_advice(text)}")
        if len(text) > len(str(most)) or not least <= int(text) <= most:
            raise NotAsMeant(f"{shown(text)} is out of range: write {least} to {most}")
        return int(text)

    return read


def hours(text: str) -> str:
    """A number of hours such as 5 or 5.5, as a page shows it."""
    found = _HOURS.fullmatch(text)
    if not found:
        raise NotAsMeant(f"{shown(text)} is not a number of hours: write one such as 5 or 5.5")
    return found[1] + ("." + decimals if (decimals := (found[2] or "").rstrip("0")) else "")


def flag(text: str) -> bool:
    """True or false."""
    if text.lower() not in _FLAGS:
        raise NotAsMeant(f"{shown(text)} is neither true nor false: write one of them")
    return _FLAGS[text.lower()]


def moment(text: str) -> Moment:
    """A date, perhaps with a time of day, as if in London: the run's own zone is set once it is known."""
    found = _MOMENT.fullmatch(text)
    if not found:
        raise NotAsMeant(f"{shown(text)} is not a date: {_moment_advice(text)}")
    return Moment(_day(found), clock(found[4]) if found[4] else None)


def clock(text: str) -> time:
    """A time of day such as 09:30."""
    if not _CLOCK.fullmatch(text):
        advice = _padded_clock(text) or "a time such as 09:30"
        raise NotAsMeant(f"{shown(text)} is not a time of day: write {advice}")
    hour, minute = int(text[:2]), int(text[3:])
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        raise NotAsMeant(f"{text} is not a time of day: write 00:00 to 23:59")
    return time(hour, minute)


def wall_time(text: str) -> str:
    """A time of day such as 09:30, as text."""
    return f"{clock(text):%H:%M}"


def zone(text: str) -> str:
    """An IANA time zone name."""
    if text != LONDON and text not in _zones():
        raise NotAsMeant(
            f"{shown(text)} is not a time zone: {_instead(text, _cities()) or f'write one such as {LONDON}'}"
        )
    return text


def slug(text: str) -> str:
    """A slug: lower-case letters, digits and single hyphens, at most 80 of them."""
    if not SLUG.fullmatch(text) or len(text) > _LONGEST_SLUG:
        advice = slugify(text, _LONGEST_SLUG) or "lower-case letters, digits and hyphens"
        raise NotAsMeant(f"{shown(text)} cannot be part of an address: write {advice}")
    return text


def identifier(text: str) -> str:
    """A rate's, run's, extra's or question's id: a slug that none of the booking form's own fields ends in."""
    if text in _RESERVED_IDS:
        raise NotAsMeant(f"{text} is a name that the booking form uses itself: choose another")
    return slug(text)


def topic(text: str) -> str:
    """A subject's name: one line with a letter or digit that an address can show."""
    if not slugify(written := line(text)):
        raise NotAsMeant(f"{shown(text)} has no letter or digit that an address can show")
    return written


def days_before(text: str) -> int:
    """Days, from "7 days before"."""
    found = _DAYS_BEFORE.fullmatch(text)
    if not found:
        raise NotAsMeant(f"{shown(text)} is not understood: write 7 days before, or another number up to 60")
    return int(found[1])


def days(text: str) -> int:
    """Days, from "30 days"."""
    found = _DAYS.fullmatch(text)
    if not found:
        raise NotAsMeant(f"{shown(text)} is not a number of days: write 30 days, or another number up to 9999")
    return int(found[1])


def notice(text: str) -> tuple[int, bool]:
    """Days, and whether they are working days, from "28 days" or "10 working days"."""
    found = _NOTICE.fullmatch(text)
    if not found:
        raise NotAsMeant(f"{shown(text)} is not a notice: write one such as 28 days or 10 working days")
    return int(found[1]), found[2] is not None


def email(text: str) -> str:
    """An e-mail address."""
    return _matching(_EMAIL, text, "an e-mail address", "name@example.org")


def domain(text: str) -> str:
    """An internet domain in lower case."""
    return _matching(_DOMAIN, text.lower(), "a domain", "police.uk")


def company_number(text: str) -> str:
    """A Companies House number: eight digits, or two letters and six digits."""
    return _matching(_COMPANY, text, "a company number", "01234567 or SC123456, all eight characters")


def vat_number(text: str) -> str:
    """A UK VAT registration number of nine digits (twelve for a branch), perhaps with GB or XI before it."""
    return _matching(_VAT, text, "a VAT number", "GB123456789")


def sort_code(text: str) -> str:
    """A bank's sort code."""
    return _matching(_SORT_CODE, text, "a sort code", "12-34-56")


def account_number(text: str) -> str:
    """A UK bank account's number."""
    return _matching(_ACCOUNT, text, "an account number", "12345678, all eight digits")


def choice(choices: Mapping[str, T]) -> Callable[[str], T]:
    """A reader of one of a few words."""

    def read(text: str) -> T:
        if text not in choices:
            advice = _instead(text, choices) or f"write {listed(choices, 'or')}"
            raise NotAsMeant(f"{shown(text)} is not one of the words for this: {advice}")
        return choices[text]

    return read


# ---------------------------------------------------------------------------------------------------------------------

_LONGEST = 500
_LONGEST_SLUG = 80
_SUMMARY = (40, 200)
_DEAREST = 100_000_00
_LAST_HOUR, _LAST_MINUTE = 23, 59
_YEARS = (2000, 2099)
_RESERVED_IDS = frozenset({"total"})
_FLAGS = {"true": True, "false": False, "yes": True, "no": False}

_PRICE = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]{2}))?")
_LOOSE_PRICE = re.compile(r"0*([0-9]*?)(?:\.([0-9]{0,2}))?")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?:[,.]|$))|(?<=[0-9])_(?=[0-9])")
_PERCENT = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,2}))?")
_WHOLE = re.compile(r"0|[1-9][0-9]*")
_HOURS = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,2}))?")
_MOMENT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:(?:T| +)([0-9]{2}:[0-9]{2}))?")
_LOOSE_CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::00)?")
_LOOSE_MOMENT = re.compile(
    r"(?:(?P<y1>[0-9]{4})[-/.](?P<m1>[0-9]{1,2})[-/.](?P<d1>[0-9]{1,2})"
    r"|(?P<d2>[0-9]{1,2})[-/.](?P<m2>[0-9]{1,2})[-/.](?P<y2>[0-9]{4})"
    r"|(?P<d3>[0-9]{1,2})(?:st|nd|rd|th)? (?P<name>[A-Za-z]{3,9}) (?P<y3>[0-9]{4}))"
    r"(?:[ T]+(?P<at>\S+))?"
)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}")
_DAYS_BEFORE = re.compile(r"([0-9]|[1-5][0-9]|60) days? before")
_DAYS = re.compile(r"([1-9][0-9]{0,3}) days?")
_NOTICE = re.compile(r"(0|[1-9][0-9]{0,2}) (working )?days?")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}")
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}")
_COMPANY = re.compile(r"[0-9]{8}|[A-Z]{2}[0-9]{6}")
_VAT = re.compile(r"(?:GB|XI)? ?[0-9]{3} ?[0-9]{4} ?[0-9]{2}(?: ?[0-9]{3})?")
_SORT_CODE = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{2}")
_ACCOUNT = re.compile(r"[0-9]{8}")


def _matching(pattern: re.Pattern[str], text: str, what: str, example: str) -> str:
    if not pattern.fullmatch(text):
        raise NotAsMeant(f"{shown(text)} is not {what}: write one such as {example}")
    return text


def _price_advice(text: str) -> str:
    if text.strip("£ ").startswith("-"):
        return "it cannot be below zero"
    found = _LOOSE_PRICE.fullmatch(_THOUSANDS.sub("", text.strip().removeprefix("£").strip()))
    if not found or not (found[1] or found[2]):
        return "write pounds and whole pence, such as 199.00"
    pence = f".{found[2]:0<2}" if found[2] else ""
    return f"write {found[1] or '0'}{pence}"


def _whole_advice(text: str) -> str:
    digits = _THOUSANDS.sub("", text).removesuffix(".0").lstrip("0")
    return digits if _WHOLE.fullmatch(digits) and len(digits) <= len("10000") else "digits alone, such as 20"


def _moment_advice(text: str) -> str:
    found = _LOOSE_MOMENT.fullmatch(text.strip())
    at = _padded_clock(found["at"]) if found and found["at"] else ""
    meant = f"{_padded_day(found)} {at}".rstrip() if found else ""
    if at is None or not _reads(moment, meant):
        return "write one such as 2027-04-28, or with a time 2027-04-28 10:00"
    return f"write {meant}"


def _reads(parse: Callable[[str], object], text: str) -> bool:
    if not _MOMENT.fullmatch(text) and not _CLOCK.fullmatch(text):
        return False
    with suppress(NotAsMeant):
        parse(text)
        return True
    return False


def _padded_day(found: re.Match[str]) -> str:
    if found["name"]:
        number = _MONTHS.find(found["name"][:3].lower()) // 3 + 1
        return f"{found['y3']}-{number:02}-{found['d3']:0>2}"
    year, month, day = found.group("y1", "m1", "d1") if found["y1"] else found.group("y2", "m2", "d2")
    return f"{year}-{month:0>2}-{day:0>2}"


def _padded_clock(text: str) -> str | None:
    found = _LOOSE_CLOCK.fullmatch(text.strip())
    padded = f"{found[1]:0>2}:{found[2]}" if found else ""
    return padded if _reads(clock, padded) else None


def _day(found: re.Match[str]) -> date:
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise NotAsMeant(f"{found[0]} is not a date: write a year from {_YEARS[0]} to {_YEARS[1]}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise NotAsMeant(f"{found[0]} is not a date: the calendar has no such day") from error


def _instead(text: str, known: Mapping[str, object] | frozenset[str]) -> str | None:
    meant = suggestion(text, known)
    return f"did you mean {meant}?" if meant else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


@cache
def _cities() -> frozenset[str]:
    return frozenset(name for name in _zones() if "/" in name)
