"""What of the content an edition shows, where it is found, and what would let a draft leak out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workshops.site.content import DRAFT
from workshops.site.faults import Fault
from workshops.site.links import IMAGE, links
from workshops.site.slugs import slugify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workshops.domain.workshop import Slug
    from workshops.site.content import Content, Prose

HOME = "home"
"""The page whose prose opens the site: /home/ does not exist."""

_PREFIX = {"workshop": "/workshops/", "speaker": "/speakers/", "series": "/series/", "page": "/", IMAGE: "/images/"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every name that may be linked, with its path on the site."""

    paths: dict[tuple[str, str], str]

    def __call__(self, kind: str, name: str) -> str:
        """The path of a workshop, speaker, series, page or picture; the content has been checked for it."""
        return address(kind, name) if kind == IMAGE else self.paths[kind, name]

    def of(self, kind: str, name: str) -> str | None:
        """The path, or None where there is no such page."""
        return self.paths.get((kind, name))


def visible(content: Content, *, publish: bool) -> Content:
    """The content without drafts when publishing, nor speakers and series that only drafts name; else all of it."""
    if not publish:
        return content
    shown = tuple(one for one in content.workshops if one.status != DRAFT)
    hidden = [one for one in content.workshops if one.status == DRAFT]
    speakers = _only_of([one.speakers for one in hidden], [one.speakers for one in shown])
    series = _only_of([(one.series,) for one in hidden], [(one.series,) for one in shown])
    return replace(
        content,
        workshops=shown,
        speakers=tuple(one for one in content.speakers if one.slug not in speakers),
        series=tuple(one for one in content.series if one.slug not in series),
        pages=tuple(one for one in content.pages if one.status != DRAFT),
    )


def addresses(content: Content) -> Addresses:
    """Where everything in this content is found."""
    named = {
        "workshop": [one.workshop.slug for one in content.workshops],
        "speaker": [one.slug for one in content.speakers],
        "series": [one.slug for one in content.series],
        "page": [one.slug for one in content.pages],
    }
    return Addresses({(kind, slug): address(kind, slug) for kind, slugs in named.items() for slug in slugs})


def address(kind: str, name: str) -> str:
    """The path of a name on the site."""
    if kind == IMAGE:
        return _PREFIX[kind] + name
    return "/" if (kind, name) == ("page", HOME) else f"{_PREFIX[kind]}{name}/"


def topic_path(topic: str) -> str:
    """Where the list of a topic's workshops is found."""
    return f"/topics/{slugify(topic)}/"


def leaks(content: Content, found: Addresses, folder: Path) -> Iterator[Fault]:
    """Links from what is published to speakers and series that only drafts name: they would lead nowhere."""
    for prose in _proses(content):
        for link in links(prose.markdown):
            if link.kind != IMAGE and not found.of(link.kind, link.slug):
                line = prose.first_line + link.line - 1
                yield Fault(
                    _shown_path(prose.source, folder),
                    line,
                    link.column,
                    f"{link}: only drafts name it, so it is not published yet; take the link out",
                )


def used_pictures(content: Content) -> list[str]:
    """Files in content/images that these pages show, in order; no other leaves the folder."""
    named = [one.picture for one in content.workshops] + [one.picture for one in content.speakers]
    in_prose = (link.slug for prose in _proses(content) for link in links(prose.markdown) if link.kind == IMAGE)
    return sorted({*(picture.file for picture in named if picture), *in_prose})


# ---------------------------------------------------------------------------------------------------------------------


def _only_of(hidden: list[tuple[Slug | None, ...]], shown: list[tuple[Slug | None, ...]]) -> set[Slug | None]:
    return {slug for slugs in hidden for slug in slugs} - {slug for slugs in shown for slug in slugs}


def _proses(content: Content) -> Iterator[Prose]:
    yield from (one.prose for one in content.workshops)
    yield from (one.prose for one in content.speakers)
    yield from (one.prose for one in content.series)
    yield from (one.prose for one in content.pages)


def _shown_path(file: Path, folder: Path) -> str:
    """A file of the content as messages name it: with posix slashes, from the content folder's name on."""
    inside = file.resolve().relative_to(folder.resolve())
    return f"{folder.resolve().name}/{inside.as_posix()}"
