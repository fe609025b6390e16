"""Calendar entries in iCalendar (RFC 5545): one file a run, and one calendar of all to subscribe to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workshops.domain.workshop import EventStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from workshops.domain.catalogue import Provider
    from workshops.domain.workshop import Day, Delivery, Run, Workshop

CONTENT_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"

MOST_OCTETS_A_LINE = 75
"""RFC 5545, section 3.1, the line break not counted."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose calendar it is: the organiser, and the site whose host makes the UIDs and whose pages are linked."""

    name: str
    email: str
    site_url: str

    @classmethod
    def of(cls, provider: Provider, site_url: str) -> Publisher:
        """The provider at a site's address."""
        return cls(provider.name, provider.booking_email, site_url.rstrip("/"))


def run_calendar(
    workshop: Workshop, run: Run, publisher: Publisher, *, stamp: datetime, sequence: int | None = None
) -> str:
    """A run as a calendar file: an event a day, in UTC, or all-day where no time is set.

    `stamp` (aware) becomes DTSTAMP. `sequence` follows from the run's status unless the caller counts revisions.
    """
    return _text(_calendar([], _events(workshop, run, publisher, stamp, sequence)))


def calendar_of(runs: Iterable[tuple[Workshop, Run]], publisher: Publisher, *, stamp: datetime) -> str:
    """All these runs as one calendar that a program may subscribe to and ask for once a day."""
    name = _escaped(f"{publisher.name}: workshops")
    about = [f"NAME:{name}", f"X-WR-CALNAME:{name}", "REFRESH-INTERVAL;VALUE=DURATION:P1D", "X-PUBLISHED-TTL:P1D"]
    events = [_events(workshop, run, publisher, stamp) for workshop, run in runs]
    return _text(_calendar(about, [line for event in events for line in event]))


def uid(workshop: Workshop, run: Run, publisher: Publisher, day: int = 1) -> str:
    """The name of a run's event for ever: a second day is /2, and so on."""
    further = f"/{day}" if day > 1 else ""
    return f"{workshop.slug}/{run.id}{further}@{urlsplit(publisher.site_url).hostname}"


# ---------------------------------------------------------------------------------------------------------------------

# The revision of an event: a change of its status is news to every calendar that holds it.
_SEQUENCE = {
    EventStatus.SCHEDULED: 0,
    EventStatus.TENTATIVE: 0,
    EventStatus.POSTPONED: 1,
    EventStatus.RESCHEDULED: 2,
    EventStatus.CANCELLED: 3,
}

# A postponed run no longer takes place on the date it names, and iCalendar has no other word for that.
_STATUS = {
    EventStatus.SCHEDULED: "CONFIRMED",
    EventStatus.TENTATIVE: "TENTATIVE",
    EventStatus.POSTPONED: "CANCELLED",
    EventStatus.RESCHEDULED: "CONFIRMED",
    EventStatus.CANCELLED: "CANCELLED",
}

_NO_CONTROLS = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), 0x7F])

_TOLD_IN_SUMMARY = {
    EventStatus.TENTATIVE: "To be confirmed: ",
    EventStatus.POSTPONED: "Postponed: ",
    EventStatus.CANCELLED: "Cancelled: ",
}


def _calendar(about: Sequence[str], events: Sequence[str]) -> list[str]:
    return [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Workshops//Workshops//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *about,
        *events,
        "END:VCALENDAR",
    ]


def _events(
    workshop: Workshop, run: Run, publisher: Publisher, stamp: datetime, sequence: int | None = None
) -> list[str]:
    lines: list[str] = []
    revision = _SEQUENCE[run.status] if sequence is None else sequence
    for number, day in enumerate(run.days, start=1):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(uid(workshop, run, publisher, number))}",
            f"DTSTAMP:{_utc(stamp)}",
            f"SEQUENCE:{revision}",
            *_when(day),
            f"SUMMARY:{_escaped(_summary(workshop, run, number))}",
            f"DESCRIPTION:{_escaped(_description(workshop, day, publisher))}",
            *_location(workshop.delivery),
            f"URL:{_page(workshop, publisher)}",
            f"ORGANIZER;CN={_quoted(publisher.name)}:mailto:{publisher.email}",
            f"STATUS:{_STATUS[run.status]}",
            "END:VEVENT",
        ]
    return lines


def _when(day: Day) -> list[str]:
    if day.starts.time:
        ends = [f"DTEND:{_utc(day.ends.end_instant())}"] if day.ends.time else []
        return [f"DTSTART:{_utc(day.starts.first_instant())}", *ends]
    after = day.ends.day + timedelta(days=1)
    return [f"DTSTART;VALUE=DATE:{day.starts.day:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]


def _summary(workshop: Workshop, run: Run, number: int) -> str:
    part = f" (day {number} of {len(run.days)})" if len(run.days) > 1 else ""
    return f"{_TOLD_IN_SUMMARY.get(run.status, '')}{workshop.title}{part}"


def _description(workshop: Workshop, day: Day, publisher: Publisher) -> str:
    times = "" if day.starts.time else "Times to be confirmed.\n"
    return f"{times}{publisher.name}\n{_page(workshop, publisher)}"


def _location(delivery: Delivery) -> list[str]:
    venue = f"{delivery.venue.name}, {delivery.venue.address}" if delivery.venue else None
    online = f"Online: {delivery.platform}" if delivery.platform else None
    places = [place for place in (venue, online) if place]
    return [f"LOCATION:{_escaped(' / '.join(places))}"] if places else []


def _page(workshop: Workshop, publisher: Publisher) -> str:
    return f"{publisher.site_url}/workshops/{workshop.slug}/"


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """A TEXT value: RFC 5545, section 3.3.11. Control characters are not allowed in one, and dropped."""
    one_break = text.replace("\r\n", "\n").replace("\r", "\n")
    marked = one_break.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return marked.translate(_NO_CONTROLS)


def _quoted(text: str) -> str:
    """A parameter value, which cannot hold a double quote."""
    return '"' + text.translate(_NO_CONTROLS).replace("\n", " ").replace('"', "'") + '"'


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never split inside a character."""
    pieces, room, piece = [], MOST_OCTETS_A_LINE, ""
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", MOST_OCTETS_A_LINE - 1
        piece, room = piece + character, room - size
    return "\r\n ".join([*pieces, piece])
