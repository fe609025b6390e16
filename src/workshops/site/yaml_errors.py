"""libyaml's errors in plain sentences."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from workshops.site.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


def plainly(error: yaml.MarkedYAMLError, text: str, first_line: int) -> Unreadable:
    """The error with a sentence that says what to do; the text's first line is at `first_line` of its file."""
    problem = error.problem or ""
    message = next(
        (plain for part, plain in _PLAINLY if part in problem), f"this is not YAML ({problem}): put a text in quotes"
    )
    mark: Any = error.context_mark if message in {_UNCLOSED, _BRACKET, _BRACE} else error.problem_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if begun := _closed_late(text, line):
        message = f"a quotation mark is opened here and closed on line {line + first_line} only"
        line, column = begun.line, begun.column
    if [*text.split("\n"), ""][line][column : column + 1] == "\t":
        message = "a tab stands here: indent with spaces"
    return Unreadable(message, line + first_line, column + 1)


# ---------------------------------------------------------------------------------------------------------------------

_QUOTES = frozenset("'\"")
_BRACKET = "this list [like, this] lacks a comma or its closing bracket"
_BRACE = "these fields {like: this} lack a comma or their closing brace"
_UNCLOSED = "a quotation mark is opened here and never closed"
_PLAINLY = (
    (
        "mapping values are not allowed",
        "a colon stands in a text, or the line is indented too far: put the whole text in quotes",
    ),
    ("cannot start any token", "a text cannot begin with this character: put the whole text in quotes"),
    ("end of stream", _UNCLOSED),
    ("document indicator", _UNCLOSED),
    ("could not find expected ':'", "a colon and a space should follow the field's name: name: value"),
    ("block sequence entries are not allowed", "a list begins here: put its first dash on a line of its own"),
    ("did not find expected ',' or ']'", _BRACKET),
    ("did not find expected ',' or '}'", _BRACE),
    ("did not find expected node content", "a value is missing here"),
    ("did not find expected key", "this line is not indented like the ones before it, or a quotation mark is astray"),
    ("did not find expected '-' indicator", "this line is not indented like the list before it"),
    ("expected alphabetic or numeric", "a text cannot begin with this character: put the whole text in quotes"),
    ("expected <document start>", "these are not fields: write each on a line as name: value"),
    ("unknown escape character", "a backslash in a text in \"double\" quotes: use 'single' quotes"),
)


def _closed_late(text: str, line: int) -> yaml.Mark | None:
    """Where a quoted text began that ends on an error's line and not on its own: the likely cause of the error."""
    begun: yaml.Mark | None = None
    with suppress(yaml.YAMLError):
        events: Iterator[Any] = yaml.parse(text, Loader=yaml.CBaseLoader)
        for event in events:
            if isinstance(event, yaml.ScalarEvent) and event.style in _QUOTES:
                start: Any = event.start_mark
                end: Any = event.end_mark
                begun = start if start.line < end.line == line else begun
    return begun
