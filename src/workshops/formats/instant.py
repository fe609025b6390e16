"""Instants as people write them, on a command line or in a setting."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from workshops.domain.errors import WorkshopsError
from workshops.domain.moment import Moment, in_daylight_saving_gap


class InstantUnreadable(WorkshopsError):
    """A text that names no instant; says what to write instead."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text!r} is no instant: {reason}")
        self.text = text
        self.reason = reason


def parse_instant(text: str) -> datetime:
    """The instant, in UTC, that `2026-03-02`, `2026-03-02T09:00` (both Europe/London) or a time with an offset names.

    A date alone is its first midnight. Raises InstantUnreadable.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise InstantUnreadable(text, "write 2026-03-02, 2026-03-02T09:00 or 2026-03-02T09:00+00:00.")
    day, at = _day(text, form["day"]), _time(text, form["time"])
    if at is not None and form["offset"]:
        return _with_offset(text, day, at, form["offset"])
    return _in_london(text, Moment(day, at))


# ---------------------------------------------------------------------------------------------------------------------

_FORM = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<offset>Z|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)


def _day(text: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InstantUnreadable(text, f"there is no day {written}.") from None


def _time(text: str, written: str | None) -> time | None:
    if written is None:
        return None
    try:
        return time.fromisoformat(written)
    except ValueError:
        raise InstantUnreadable(text, f"there is no time of day {written}.") from None


def _with_offset(text: str, day: date, at: time, offset: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{at}{offset}").astimezone(UTC)
    except ValueError:
        raise InstantUnreadable(text, f"there is no offset {offset}.") from None
    except OverflowError:
        raise InstantUnreadable(text, "it is too far away.") from None


def _in_london(text: str, moment: Moment) -> datetime:
    if in_daylight_saving_gap(moment):
        raise InstantUnreadable(text, "the clocks in London skip this hour when summer time begins.")
    try:
        return moment.first_instant()
    except OverflowError:
        raise InstantUnreadable(text, "it is too far away.") from None
