"""From content and theme to files: first everything is read and found sound, then it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshops.formats.catalogue import catalogue_of, dump, dump_public, load
from workshops.formats.ical import Publisher, calendar_of, run_calendar
from workshops.site.commit import commit_of
from workshops.site.content import DRAFT
from workshops.site.edition import address_faults
from workshops.site.faults import ContentFaults
from workshops.site.feed import feed
from workshops.site.output import Output, OutputUnwritable, require_apart, write_if_different
from workshops.site.reader import read_content
from workshops.site.sheets import sheets
from workshops.site.sitemap import robots, sitemap
from workshops.site.views import shelf
from workshops.site.visible import addresses, leaks, used_pictures, visible
from workshops.theme import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from workshops.domain.catalogue import Catalogue
    from workshops.site.content import Content, WorkshopContent
    from workshops.site.edition import Edition, Paths
    from workshops.site.faults import Fault
    from workshops.site.reader import Reading
    from workshops.site.views import Shelf
    from workshops.theme import Stylesheet


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did: files in all, written anew, removed; and what an editor may want to look at."""

    files: int
    written: int
    removed: int
    workshops: int
    as_of: datetime
    catalogue_sha256: str
    commit: str | None
    warnings: tuple[Fault, ...]
    unfilled: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Content that has been read and found sound, and what is made of it. Nothing has been written yet."""

    shelf: Shelf
    catalogue: Catalogue
    style: Stylesheet
    warnings: tuple[Fault, ...]
    unfilled: tuple[Fault, ...]


def prepare(paths: Paths, edition: Edition, style: Stylesheet) -> Prepared:
    """Reads all content. Raises `ContentFaults` with every fault at once, before any file is touched.

    Publishing also refuses required fields that are empty, links to drafts, and a site without an address. Raises
    `OutputAmongInputs` where writing would spoil content or theme.
    """
    require_apart(paths.output, (paths.content, paths.theme))
    reading = read_content(paths.content, previous_catalogue=_previous(paths))
    content = _sound(reading, paths, edition)
    shown = visible(content, publish=edition.publish)
    return Prepared(shelf(shown, edition), _catalogue(content, paths), style, reading.warnings, reading.unfilled)


def write(prepared: Prepared, paths: Paths) -> Summary:
    """Writes every file whose bytes differ, and removes those of an earlier build that are no more.

    Raises `OutputUnwritable`.
    """
    files = list(_files(prepared, paths))
    try:
        output = _written(files, paths.output)
        write_if_different(paths.catalogue, dump(prepared.catalogue).encode())
    except OSError as error:
        raise OutputUnwritable(paths.output, error) from error
    return Summary(
        files=output.files,
        written=output.written,
        removed=output.removed,
        workshops=len(prepared.shelf.content.workshops),
        as_of=prepared.shelf.edition.as_of,
        catalogue_sha256=prepared.catalogue.sha256,
        commit=prepared.catalogue.commit,
        warnings=prepared.warnings,
        unfilled=prepared.unfilled,
    )


# ---------------------------------------------------------------------------------------------------------------------


def _written(files: Iterable[tuple[str, bytes]], folder: Path) -> Output:
    output = Output(folder)
    for path, data in files:
        output.put(path, data)
    output.tidy()
    return output


def _sound(reading: Reading, paths: Paths, edition: Edition) -> Content:
    faults = [*reading.faults, *address_faults(edition)]
    if edition.publish:
        faults += [*reading.unfilled, *_leaks(reading, paths)]
    if faults or reading.content is None:
        raise ContentFaults(sorted(faults))
    return reading.content


def _leaks(reading: Reading, paths: Paths) -> Iterator[Fault]:
    if reading.content is not None:
        shown = visible(reading.content, publish=True)
        yield from leaks(shown, addresses(shown), paths.content)


def _catalogue(content: Content, paths: Paths) -> Catalogue:
    known = [one.workshop for one in content.workshops if one.status != DRAFT]
    return catalogue_of(content.provider.provider, known, commit_of(paths.content, [paths.content, paths.theme]))


def _previous(paths: Paths) -> Catalogue | None:
    """The catalogue that was last published, if any: a run that was sold under it may not vanish."""
    file = paths.previous_catalogue
    return load(file.read_text(encoding="utf-8")) if file and file.exists() else None


def _files(prepared: Prepared, paths: Paths) -> Iterator[tuple[str, bytes]]:
    yield from _pages(prepared, paths.theme)
    yield from _calendars(prepared.shelf)
    yield from _feeds(prepared.shelf)
    yield "catalogue.json", dump_public(prepared.catalogue).encode()
    yield prepared.style.path.lstrip("/"), prepared.style.text.encode()
    for picture in used_pictures(prepared.shelf.content):
        yield f"images/{picture}", (paths.content / "images" / picture).read_bytes()


def _pages(prepared: Prepared, theme: Path) -> Iterator[tuple[str, bytes]]:
    templates, found = environment(theme), list[str]()
    for sheet in sheets(prepared.shelf):
        yield sheet.file, templates.get_template(sheet.template).render(sheet.view).encode()
        if sheet.view["page"]["indexed"]:
            found.append(sheet.view["page"]["canonical"])
    yield "sitemap.xml", sitemap(found).encode()


def _calendars(at: Shelf) -> Iterator[tuple[str, bytes]]:
    publisher = Publisher.of(at.content.provider.provider, at.edition.site_url)
    stamp = at.edition.stamp()
    for one in at.content.workshops:
        for run in one.workshop.runs:
            text = run_calendar(one.workshop, run, publisher, stamp=stamp)
            yield f"workshops/{one.workshop.slug}/{run.id}.ics", text.encode()
    runs = [(one.workshop, run) for one in _published(at.content.workshops) for run in one.workshop.runs]
    yield "workshops.ics", calendar_of(runs, publisher, stamp=stamp).encode()


def _feeds(at: Shelf) -> Iterator[tuple[str, bytes]]:
    provider = at.content.provider.provider
    coming = _published(at.coming)
    yield "feed.atom", feed(coming, at.edition, provider.name, provider.booking_email).encode()
    yield "robots.txt", robots(at.edition).encode()


def _published(workshops: Sequence[WorkshopContent]) -> list[WorkshopContent]:
    return [one for one in workshops if one.status != DRAFT]
