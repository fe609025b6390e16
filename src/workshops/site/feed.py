"""The Atom feed (RFC 4287) of the workshops to come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from workshops.formats.human import listed, run_dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workshops.site.content import WorkshopContent
    from workshops.site.edition import Edition


def feed(workshops: Sequence[WorkshopContent], edition: Edition, name: str, email: str) -> str:
    """A feed in the order given."""
    entries = [_entry(one, edition) for one in workshops]
    newest = max((_updated(one, edition) for one in workshops), default=edition.stamp())
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">',
        f"<title>{escape(name)}: workshops</title>",
        f"<id>{escape(edition.url('/feed.atom'))}</id>",
        f'<link rel="self" href={quoteattr(edition.url("/feed.atom"))}/>',
        f"<link href={quoteattr(edition.url('/workshops/'))}/>",
        f"<updated>{newest:%Y-%m-%dT%H:%M:%SZ}</updated>",
        f"<author><name>{escape(name)}</name><email>{escape(email)}</email></author>",
        *entries,
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------------------------------


def _entry(one: WorkshopContent, edition: Edition) -> str:
    url = edition.url(f"/workshops/{one.workshop.slug}/")
    dates = listed([run_dates(run) for run in one.workshop.runs])
    return "\n".join(
        [
            "<entry>",
            f"<title>{escape(one.workshop.title)}</title>",
            f"<id>{escape(url)}</id>",
            f"<link href={quoteattr(url)}/>",
            f"<updated>{_updated(one, edition):%Y-%m-%dT%H:%M:%SZ}</updated>",
            f"<summary>{escape(f'{dates}. {one.summary}')}</summary>",
            "</entry>",
        ]
    )


def _updated(one: WorkshopContent, edition: Edition) -> datetime:
    """The last time when something happened to a workshop's runs; content has no dates of its own.

    Before anything has, a year's beginning stands in for it: an instant that does not move from day to day.
    """
    passed = [instant for instant in _milestones(one) if instant <= edition.as_of]
    first = min(run.starts.day.year for run in one.workshop.runs)
    return max(passed, default=datetime(first - 1, 1, 1, tzinfo=UTC))


def _milestones(one: WorkshopContent) -> Iterator[datetime]:
    for run in one.workshop.runs:
        opens_at = run.opens_at()
        yield from [opens_at] if opens_at else []
        yield run.closes_at()
        yield run.ends.end_instant()
