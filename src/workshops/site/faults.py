"""What is wrong with the content, each fault with its place in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.formats.human import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something an editor should put right; a warning does not stop the build.

    The path is posix and begins with the content folder's name; line and column count from 1.
    """

    path: str
    line: int
    column: int
    message: str
    warning: bool = False

    def beside(self, folder: Path) -> Fault:
        """The same with the path that leads to the file when the content folder is called so."""
        inner = self.path.partition("/")[2]
        return replace(self, path=(folder / inner).as_posix())

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}:{self.column}: {kind}{self.message}"


class ContentFaults(WorkshopsError):
    """The content cannot be built: every fault of every file, by file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[close[0]] if close else None


def shown(text: str, most: int = 40) -> str:
    """Somebody's text as a message quotes it: on one line and not too long."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"
