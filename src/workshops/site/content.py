"""What editors wrote, once read and found sound: light values that the generator turns into pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from workshops.domain.catalogue import Provider
    from workshops.domain.policy import CancellationTerm
    from workshops.domain.workshop import Slug, Workshop

DRAFT, ARCHIVED = "draft", "archived"
"""What a workshop's or page's `status` may be instead of published."""


@dataclass(frozen=True, slots=True)
class OutlineSession:
    """One part of a workshop's outline; `starts` is a wall time such as 10:00."""

    title: str
    starts: str | None
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """A Markdown body, not yet rendered; `first_line` is its place in the file, for messages."""

    markdown: str
    source: Path
    first_line: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A file in content/images with its alternative text."""

    file: str
    alt: str


@dataclass(frozen=True, slots=True)
class WorkshopContent:
    """A workshop's page: what is sold (`workshop`) and what is told about it. `status`: published, draft, archived."""

    workshop: Workshop
    summary: str
    status: str
    highlights: tuple[str, ...]
    topics: tuple[str, ...]
    series: Slug | None
    picture: Picture | None
    speakers: tuple[Slug, ...]
    led_by: str | None
    audience: tuple[str, ...]
    outline: tuple[OutlineSession, ...]
    cpd_certificate: bool
    cpd_hours: str | None
    prose: Prose


@dataclass(frozen=True, slots=True)
class SpeakerContent:
    """Somebody who leads workshops; the prose is the biography."""

    slug: Slug
    name: str
    role: str | None
    organisation: str | None
    picture: Picture | None
    prose: Prose


@dataclass(frozen=True, slots=True)
class SeriesContent:
    """A named series and all its workshops, those that the series' file puts in order first."""

    slug: Slug
    title: str
    summary: str | None
    prose: Prose
    workshops: tuple[Slug, ...] = ()


@dataclass(frozen=True, slots=True)
class PageContent:
    """A page of its own, such as the booking terms."""

    slug: Slug
    title: str
    summary: str | None
    status: str
    prose: Prose


@dataclass(frozen=True, slots=True)
class BankDetails:
    """Where a transfer goes."""

    account_name: str
    sort_code: str
    account_number: str


@dataclass(frozen=True, slots=True)
class ProviderContent:
    """Who sells, with what only the pages need.

    `calendar_replies` is where answers to calendar invitations go. `unfilled` names the fields, as in the YAML, that
    a published site needs and that are still empty.
    """

    provider: Provider
    registered_office: str | None
    invoice_terms_days: int | None
    trusted_domains: tuple[str, ...]
    bank: BankDetails | None
    cancellation: tuple[CancellationTerm, ...]
    unfilled: tuple[str, ...]
    email: str | None = None
    calendar_replies: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """All of content/, sound and cross-checked."""

    provider: ProviderContent
    workshops: tuple[WorkshopContent, ...]
    speakers: tuple[SpeakerContent, ...]
    series: tuple[SeriesContent, ...]
    pages: tuple[PageContent, ...]
