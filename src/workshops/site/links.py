"""What prose refers to: `{workshop}slug`, `{speaker}slug`, `{series}slug`, `{page}slug`, and pictures by file name.

The same, written as an address such as `/workshops/slug/` or `/images/picture.png`, is understood, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from workshops.site.faults import suggestion
from workshops.site.layout import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER_OF = {"workshop": "workshops", "speaker": "speakers", "series": "series", "page": "pages"}
"""Where the target of each kind of link lies."""

IMAGE = "image"
"""The kind of link that a picture in prose is."""


class Link(NamedTuple):
    """A link or a picture as written, with its line in the prose and its column (both from 1)."""

    kind: str
    slug: str
    line: int
    column: int

    def __str__(self) -> str:
        return self.slug if self.kind == IMAGE else f"{{{self.kind}}}{self.slug}"


def links(prose: str) -> Iterator[Link]:
    """The internal links and the pictures of a Markdown text, code left out."""
    if not any(mark in prose for mark in _MARKS):
        return
    for number, line in enumerate(_without_code(prose), start=1):
        if "{" in line:
            yield from _links(line, number)
        if "/" in line:
            yield from _addresses(line, number)
        if "![" in line or "<img" in line:
            yield from _pictures(line, number)


def kind_advice(kind: str) -> str:
    """What to write instead of a kind of link that does not exist."""
    return f"did you mean {{{suggestion(kind, FOLDER_OF) or 'page'}}}?"


# ---------------------------------------------------------------------------------------------------------------------

_KIND_OF = {folder: kind for kind, folder in FOLDER_OF.items()}
_MARKS = ("{", "![", "<img", "](/", "](</", "]: /", '="/', "='/")
_LINK = re.compile(r"""\{(?P<kind>\w+)\}(?P<slug>[^\s)>\]"'#?]*)""")
_LEAD = re.compile(r"""(?:\]\(\s*<?|\]:\s*<?|href=["'])$""")
_ADDRESS = re.compile(
    r"""(?:\]\(\s*<?|\]:\s*<?|href=["'])(?P<path>/(?:(?P<folder>workshops|speakers|series)/)?(?P<slug>[a-z0-9-]+)/?)"""
    r"""(?=[\s)>"'#?]|$)"""
)
_PICTURE = re.compile(
    r"""(?:!\[[^\]]*\]\(\s*<?|<img [^>]*?src=["'])(?:/images/)?(?![A-Za-z][A-Za-z0-9+.-]*:|/|\{)(?P<file>[^\s)>"']+)"""
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")


def _links(line: str, number: int) -> Iterator[Link]:
    for found in _LINK.finditer(line):
        lead = _LEAD.search(line[: found.start()])
        if found["kind"] in FOLDER_OF or lead:
            yield Link(found["kind"], found["slug"], number, found.start() + 1)


def _addresses(line: str, number: int) -> Iterator[Link]:
    for found in _ADDRESS.finditer(line):
        folder, slug = found["folder"] or "pages", found["slug"]
        if slug not in RESERVED.get(folder, ()):
            yield Link(_KIND_OF[folder], slug, number, found.start("path") + 1)


def _pictures(line: str, number: int) -> Iterator[Link]:
    for found in _PICTURE.finditer(line):
        yield Link(IMAGE, unquote(found["file"]), number, found.start("file") + 1)


def _without_code(prose: str) -> Iterator[str]:
    fence = ""
    for line in prose.split("\n"):
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1].startswith(fence) and not line.strip("`~ ")
            fence = "" if closes else fence
            yield ""
        elif found:
            fence = found[1]
            yield ""
        else:
            yield _CODE.sub(lambda code: " " * len(code[0]), line) if "`" in line else line
