"""What a build is a function of, besides content and theme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workshops.domain.errors import WorkshopsError
from workshops.formats.instant import InstantUnreadable, parse_instant
from workshops.site.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path


class AsOfUnreadable(WorkshopsError):
    """The instant to build as of is none."""

    def __init__(self, text: str) -> None:
        super().__init__(f"AS_OF is {text!r}: write an instant such as 2026-03-02 or 2026-03-02T09:00+00:00")
        self.text = text


@dataclass(frozen=True, slots=True)
class Edition:
    """One building of the site: as of an instant in UTC, for an address without a slash at its end.

    Publishing leaves drafts out; a local edition shows them, marked.
    """

    as_of: datetime
    site_url: str
    stylesheet_path: str
    publish: bool

    def stamp(self) -> datetime:
        """The day's first instant in UTC: what is stamped in feeds and calendars changes once a day at most."""
        return self.as_of.replace(hour=0, minute=0, second=0, microsecond=0)

    def url(self, path: str) -> str:
        """The address of a path, for the whole world."""
        return self.site_url + path


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a build reads and writes. The catalogue lies outside the output: it holds capacities."""

    content: Path
    theme: Path
    output: Path
    catalogue: Path
    previous_catalogue: Path | None


def parsed_as_of(given: str | datetime) -> datetime:
    """An instant in UTC; a date or a time without offset is London's. Raises `AsOfUnreadable`."""
    if isinstance(given, datetime) and given.tzinfo:
        return given.astimezone(UTC)
    try:
        return parse_instant(str(given))
    except InstantUnreadable as error:
        raise AsOfUnreadable(str(given)) from error


def address_faults(edition: Edition) -> list[Fault]:
    """Why the site's address cannot stand before its paths: it needs a scheme and a host, and nothing more."""
    parts = urlsplit(edition.site_url)
    if parts.scheme in {"http", "https"} and parts.hostname and not parts.path and not parts.query:
        return []
    file = "publishconf.py" if edition.publish else "pelicanconf.py"
    told = f"SITEURL is {edition.site_url!r}: set WORKSHOPS_SITE_URL to the site's address, https://www.example.org"
    return [Fault(file, 1, 1, told)]
