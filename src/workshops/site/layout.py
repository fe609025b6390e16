"""The content folder: which file is what, and which is nothing that the site could use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workshops.formats.human import listed
from workshops.site.faults import Fault, suggestion
from workshops.site.slugs import SLUG, slugify

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("workshops", "speakers", "series", "pages")
IMAGES = "images"
PROVIDER = "provider.yaml"
PICTURE_ENDINGS = (".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp")

RESERVED = {
    "workshops": frozenset({"archive", "index"}),
    "pages": frozenset(
        {"api", "booking", "certificates", "images", "index", "series", "speakers", "static", "theme", "topics"}
        | {"workshops"}
    ),
}
"""Slugs whose addresses the site needs for itself."""


@dataclass(slots=True)
class Listing:
    """The files of each folder by slug, the pictures by path, and faults of files that are out of place."""

    name: str
    files: dict[str, dict[str, Path]] = field(default_factory=lambda: {folder: {} for folder in FOLDERS})
    pictures: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, message: str) -> None:
        """Notes a fault of a whole file, its name made fit to print."""
        printable = "".join(letter if letter.isprintable() else "?" for letter in path)
        self.faults.append(Fault(f"{self.name}/{printable}", 1, 1, message))


def list_files(folder: Path) -> Listing:
    """What is in a content folder. Hidden files and editors' own copies (`x.md~`, `#x.md#`) are left alone."""
    listing = Listing(folder.resolve().name)
    for entry in _entries(folder):
        _sort_in(listing, entry)
    return listing


# ---------------------------------------------------------------------------------------------------------------------


def _entries(folder: Path) -> Iterator[Path]:
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return (entry for entry in entries if not entry.name.startswith((".", "#")) and not entry.name.endswith("~"))


def _sort_in(listing: Listing, entry: Path) -> None:
    if entry.name == IMAGES and entry.is_dir():
        listing.pictures.update(_pictures(entry))
    elif entry.name in FOLDERS and entry.is_dir():
        for inner in _entries(entry):
            _sort_page_in(listing, entry.name, inner)
    elif entry.name != PROVIDER:
        listing.fault(entry.name, _out_of_place(entry))


def _out_of_place(entry: Path) -> str:
    folders = (*FOLDERS, IMAGES)
    if entry.stem == Path(PROVIDER).stem:
        return f"did you mean {PROVIDER}?"
    if not entry.is_dir():
        return f"no file belongs here but {PROVIDER}: move it to {listed(folders, 'or')}"
    meant = suggestion(entry.name, folders)
    return "there is no such folder: " + (f"did you mean {meant}?" if meant else f"only {listed(folders)}")


def _sort_page_in(listing: Listing, folder: str, entry: Path) -> None:
    path = f"{folder}/{entry.name}"
    if entry.is_dir():
        listing.fault(path, f"a folder within {folder} is not read: move its files up into {folder}")
    elif entry.suffix != ".md":
        listing.fault(path, _not_markdown(entry, folder))
    elif not entry.is_file():
        listing.fault(path, "this is no file that can be read: delete it")
    elif not SLUG.fullmatch(entry.stem):
        listing.fault(path, f"this name cannot be an address: rename it to {_better_name(entry.stem)}.md")
    elif entry.stem in RESERVED.get(folder, ()):
        listing.fault(path, f"the site needs the address of {entry.stem} itself: rename the file")
    else:
        listing.files[folder][entry.stem] = entry


def _better_name(stem: str) -> str:
    return slugify(stem) or "a-name-in-lower-case"


def _not_markdown(entry: Path, folder: str) -> str:
    if entry.suffix.lower() in PICTURE_ENDINGS:
        return f"pictures belong in {IMAGES}: move it there"
    if entry.suffix.lower() in {".md", ".markdown", ".mdown", ".txt"}:
        return f"only names that end in .md are read: rename it to {_better_name(entry.stem)}.md"
    return f"{folder} holds files that end in .md: move this one elsewhere"


def _pictures(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        files = (Path(parent) / name for name in names)
        yield from (file.relative_to(folder).as_posix() for file in files if file.is_file())
