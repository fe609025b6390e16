"""Reads the content folder: every file, every problem at once, nothing dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import ValidationError

from workshops.site import checks, convert
from workshops.site.advice import advice
from workshops.site.content import (
    Content,
    PageContent,
    Prose,
    ProviderContent,
    SeriesContent,
    SpeakerContent,
    WorkshopContent,
)
from workshops.site.faults import ContentFaults, Fault
from workshops.site.layout import FOLDERS, PROVIDER, list_files
from workshops.site.mentions import mentioned_in_fields, mentioned_in_prose
from workshops.site.nodes import compose
from workshops.site.page import Page
from workshops.site.schema import PageFields, ProviderFields, SeriesFields, SpeakerFields, WorkshopFields
from workshops.site.sentences import told
from workshops.site.source import Unreadable, read_text, split

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workshops.domain.catalogue import Catalogue
    from workshops.site.layout import Listing
    from workshops.site.nodes import Tree
    from workshops.site.page import PageContents
    from workshops.site.schema import Fields

Kind = TypeVar("Kind")

MODELS: dict[str, type[Fields]] = {
    "workshops": WorkshopFields,
    "speakers": SpeakerFields,
    "series": SeriesFields,
    "pages": PageFields,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading found: the content where it is sound (otherwise None), faults and warnings by file and line.

    `unfilled` are the fields of provider.yaml that a published site needs, as faults.
    """

    content: Content | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    unfilled: tuple[Fault, ...]


def load_content(folder: Path, *, previous_catalogue: Catalogue | None = None) -> Content:
    """The sound content of a folder, drafts included. Raises `ContentFaults` with every fault of every file.

    With the catalogue that was last published, workshops and runs that have gone since are faults.
    """
    reading = read_content(folder, previous_catalogue=previous_catalogue)
    if reading.content is None:
        raise ContentFaults(reading.faults)
    return reading.content


def read_content(folder: Path, *, previous_catalogue: Catalogue | None = None) -> Reading:
    """The content of a folder, as `load_content` has it, with its faults and warnings."""
    listing = list_files(folder)
    provider = _read_provider(folder / PROVIDER, f"{listing.name}/{PROVIDER}")
    registered = not isinstance(provider.content, ProviderContent) or provider.content.provider.vat_registered
    files = [
        _read_file(path, Page(f"{listing.name}/{kind}/{path.name}", kind, slug), vat_registered=registered)
        for kind in FOLDERS
        for slug, path in listing.files[kind].items()
    ]
    return _reading(provider, files, listing, previous_catalogue)


# ---------------------------------------------------------------------------------------------------------------------


def _reading(provider: Page, files: Sequence[Page], listing: Listing, previous: Catalogue | None) -> Reading:
    pages = [provider, *files]
    noted = [*listing.faults, *checks.across(pages, listing, previous)]
    noted += [fault for page in pages for fault in page.faults]
    faults = tuple(sorted(fault for fault in noted if not fault.warning))
    return Reading(
        content=None if faults else _content(pages),
        faults=faults,
        warnings=tuple(sorted(fault for fault in noted if fault.warning)),
        unfilled=tuple(sorted(provider.unfilled)),
    )


def _content(pages: Sequence[Page]) -> Content:
    workshops = _of(pages, WorkshopContent)
    return Content(
        provider=_of(pages, ProviderContent)[0],
        workshops=workshops,
        speakers=_of(pages, SpeakerContent),
        series=tuple(_with_workshops(series, workshops) for series in _of(pages, SeriesContent)),
        pages=_of(pages, PageContent),
    )


def _of(pages: Sequence[Page], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(page.content for page in pages if isinstance(page.content, kind))


def _with_workshops(series: SeriesContent, workshops: Sequence[WorkshopContent]) -> SeriesContent:
    ours = (one.workshop.slug for one in workshops if one.series == series.slug)
    return replace(series, workshops=tuple(dict.fromkeys((*series.workshops, *ours))))


def _read_provider(path: Path, label: str) -> Page:
    page = Page(label, "provider", "provider")
    try:
        tree = compose(read_text(path))
    except Unreadable as error:
        page.fault(error.line, error.column, error.message)
        return page
    fields = _validated(page, tree, ProviderFields)
    if isinstance(fields, ProviderFields):
        page.content = convert.provider_content(fields)
        page.unfilled = [Fault(label, *tree.place((name,)), _unfilled(name)) for name in page.content.unfilled]
    return page


def _unfilled(name: str) -> str:
    return f"{name} is empty: fill it in before the site is published"


def _read_file(path: Path, page: Page, *, vat_registered: bool) -> Page:
    try:
        parts = split(read_text(path))
        page.mentions.extend(mentioned_in_prose(parts.prose, parts.prose_line))
        tree = compose(parts.front_matter, parts.front_matter_line)
    except Unreadable as error:
        page.fault(error.line, error.column, error.message)
        return page
    page.status = str(tree.root.value.get("status", page.status))
    page.runs_place = tree.place(("runs",))
    fields = _validated(page, tree, MODELS[page.kind])
    if fields:
        page.content = _converted(
            page, fields, Prose(parts.prose, path, parts.prose_line), vat_registered=vat_registered
        )
    return page


def _validated(page: Page, tree: Tree, model: type[Fields]) -> Fields | None:
    for line, column, message in tree.slips:
        page.fault(line, column, message)
    for line, column, message in tree.doubts:
        page.fault(line, column, message, warning=True)
    if not tree.sound:
        return None
    if home := _home(page.kind, tree):
        page.fault(*tree.place(()), f"these are the fields of {home}: move the file to that folder")
        return None
    page.mentions.extend(mentioned_in_fields(page.kind, tree))
    try:
        fields = model.model_validate(tree.root.value)
    except ValidationError as error:
        for line, column, message in told(error, tree, model):
            page.fault(line, column, message)
        return None
    _advise(page, tree, fields)
    return fields


def _home(kind: str, tree: Tree) -> str | None:
    """The folder that a file's fields belong to, where they clearly do not belong to its own."""
    written = set(tree.root.value)
    if kind not in MODELS or len(written & set(MODELS[kind].model_fields)) * 2 > len(written):
        return None
    return next((folder for folder, model in MODELS.items() if written <= set(model.model_fields)), None)


def _advise(page: Page, tree: Tree, fields: Fields) -> None:
    if isinstance(fields, WorkshopFields):
        for warning in advice(fields):
            page.fault(*tree.place(warning.loc), warning.sentence, warning=True)


def _converted(page: Page, fields: Fields, prose: Prose, *, vat_registered: bool) -> PageContents:
    if isinstance(fields, WorkshopFields):
        return convert.workshop_content(page.slug, fields, prose, vat_registered=vat_registered)
    if isinstance(fields, SpeakerFields):
        return convert.speaker_content(page.slug, fields, prose)
    if isinstance(fields, SeriesFields):
        return convert.series_content(page.slug, fields, prose)
    return convert.page_content(page.slug, cast("PageFields", fields), prose)
