"""From bytes on disk to text, and from text to front matter and prose."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontmatter.default_handlers import YAMLHandler

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1_000_000
"""Bytes: a file beyond this is no page that somebody wrote."""

INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Control characters and others that nobody sees; tabs and line ends apart."""


class Unreadable(WorkshopsError):
    """A file, or its YAML, cannot be read beyond this line and column (from 1)."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Split:
    """A file's front matter and prose, each with the line of the file that it begins on (from 1)."""

    front_matter: str
    front_matter_line: int
    prose: str
    prose_line: int


def read_text(path: Path) -> str:
    """The file's text with Unix line ends and no byte-order mark. Raises `Unreadable`."""
    text = with_unix_lines(_decoded(_bytes(path)))
    _require_visible(text)
    return text


def with_unix_lines(text: str) -> str:
    """The text with every line end a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split(text: str) -> Split:
    """Front matter and prose, as python-frontmatter parts them. Raises `Unreadable`."""
    document = text.lstrip()
    if not document:
        raise Unreadable("the file is empty")
    skipped = len(text) - len(document)
    opening = _BOUNDARY.match(document)
    if not opening:
        raise Unreadable("no front matter: begin with a line ---, then the fields, then another line ---")
    try:
        fields, prose = YAMLHandler().split(document)
    except ValueError as error:
        message = "the front matter has no end: add a line --- after the fields"
        raise Unreadable(message, _line_at(text, skipped)) from error
    body = prose.lstrip("\n")
    return Split(fields, _line_at(text, skipped + opening.end()), body, _line_at(text, len(text) - len(body)))


# ---------------------------------------------------------------------------------------------------------------------

_BOUNDARY = YAMLHandler.FM_BOUNDARY


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise Unreadable("the file is missing") from error
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise Unreadable("the file is larger than 1 MB")
    return data


def _decoded(data: bytes) -> str:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Unreadable("the file is saved as UTF-16: save it as UTF-8")
    try:
        return data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        raise Unreadable("this character is not UTF-8: save the file as UTF-8", *_place(before)) from error


def _require_visible(text: str) -> None:
    if found := INVISIBLE.search(text):
        message = f"an invisible character (U+{ord(found.group()):04X}) stands here: delete it"
        raise Unreadable(message, *_place(text[: found.start()]))


def _place(before: str) -> tuple[int, int]:
    lines = with_unix_lines(before).split("\n")
    return len(lines), len(lines[-1]) + 1


def _line_at(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1
