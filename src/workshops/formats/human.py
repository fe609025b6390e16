"""Money, dates and counts in words, as every page, mail and message writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.domain.moment import LONDON, local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, time

    from workshops.domain.moment import Moment
    from workshops.domain.workshop import Run

PENCE_IN_A_POUND = 100


def pounds(pence: int) -> str:
    """Pence as pounds: 75240 is £752.40, 1234500 is £12,345.00."""
    sign = "−" if pence < 0 else ""
    whole, rest = divmod(abs(pence), PENCE_IN_A_POUND)
    return f"{sign}£{whole:,}.{rest:02}"


def day(when: date) -> str:
    """A date in full: Tuesday 28 April 2026."""
    return f"{when:%A} {when.day} {when:%B %Y}"


def short_day(when: date) -> str:
    """A date without its weekday: 28 April 2026."""
    return f"{when.day} {when:%B %Y}"


def clock(at: time) -> str:
    """A time of day on the 24-hour clock: 10:00."""
    return f"{at:%H:%M}"


def moment(when: Moment) -> str:
    """A moment as written: Tuesday 28 April 2026, or Tuesday 28 April 2026 at 10:00."""
    return f"{day(when.day)} at {clock(when.time)}" if when.time else day(when.day)


def instant(when: datetime, zone: str) -> str:
    """An instant as a zone's clocks show it: Monday 2 March 2026 at 09:00."""
    there = local(when, zone)
    return f"{day(there.date())} at {clock(there.time())}"


def run_dates(run: Run) -> str:
    """When a run is held: its day with times where they are known, or its first and last day."""
    first, last = run.starts, run.ends
    return f"{day(first.day)} to {day(last.day)}" if first.day != last.day else _one_day(run, first, last)


def day_by_day(run: Run) -> list[str]:
    """Each day of a run by itself, with its times where they are known."""
    return [_one_day(run, one.starts, one.ends) for one in run.days]


def zone_name(run: Run) -> str:
    """The zone of a run in words: UK time, or the place its zone is named after."""
    return "UK time" if run.timezone == LONDON else f"{run.timezone.rpartition('/')[2].replace('_', ' ')} time"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 place, 3 places."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words as a sentence lists them: a, b and c."""
    *others, final = [*words] or [""]
    return f"{', '.join(others)} {last} {final}" if others else final


def one_line(text: str) -> str:
    """Text whose line breaks and runs of blanks are single blanks, so that it cannot pass for further lines."""
    return " ".join(text.split())


def sentence_case(text: str) -> str:
    """Text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


FILTERS = {"pounds": pounds, "count": count, "listed": listed, "sentence_case": sentence_case}
"""What templates may call: the same on pages, in mail and in documents."""


# ---------------------------------------------------------------------------------------------------------------------


def _one_day(run: Run, starts: Moment, ends: Moment) -> str:
    if starts.time and ends.time:
        return f"{day(starts.day)}, {clock(starts.time)} to {clock(ends.time)} {zone_name(run)}"
    return moment(starts)
