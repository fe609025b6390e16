"""The output folder: written where bytes differ, tidied of what we wrote before, and of nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANIFEST = ".workshops.json"
"""Names what we wrote, in the output folder itself, so that a later build knows its own."""


class OutputAmongInputs(WorkshopsError):
    """Building would write into what the site is built from."""

    def __init__(self, output: Path, source: Path) -> None:
        super().__init__(f"the site cannot be built into {output}, for {source} is there: choose a folder of its own")
        self.output, self.source = output, source


class OutputUnwritable(WorkshopsError):
    """The system refuses a file or folder of the output."""

    def __init__(self, folder: Path, error: OSError) -> None:
        place, reason = error.filename or folder, error.strerror or "it cannot be written"
        super().__init__(f"the site cannot be built into {folder}: {place}: {reason}")
        self.folder, self.error = folder, error


class Output:
    """One build's files, by path relative to the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = _read_manifest(folder / MANIFEST)
        self._paths: set[str] = set()
        self.written = 0
        self.removed = 0

    @property
    def files(self) -> int:
        """How many files this build has."""
        return len(self._paths)

    def put(self, path: str, data: bytes) -> None:
        """Has a file hold these bytes, and leaves it alone where it does."""
        self._paths.add(path)
        self.written += write_if_different(self._folder / path, data)

    def tidy(self) -> None:
        """Removes what an earlier build wrote and this one did not, and notes what is ours now."""
        for path in sorted(self._before - self._paths):
            self.removed += self._remove(path)
        text = json.dumps({"files": sorted(self._paths)}, indent=0, ensure_ascii=False) + "\n"
        write_if_different(self._folder / MANIFEST, text.encode())

    def _remove(self, path: str) -> bool:
        file = self._folder / path
        if not file.is_file() or not file.resolve().is_relative_to(self._folder.resolve()):
            return False
        file.unlink()
        self._remove_empty(file.parent)
        return True

    def _remove_empty(self, folder: Path) -> None:
        while folder != self._folder and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def require_apart(folder: Path, sources: Iterable[Path]) -> None:
    """Makes sure that the output and what it is made from do not lie in one another. Raises `OutputAmongInputs`."""
    output = folder.resolve()
    for source in sources:
        if output.is_relative_to(source.resolve()) or source.resolve().is_relative_to(output):
            raise OutputAmongInputs(folder, source)


def write_if_different(file: Path, data: bytes) -> bool:
    """Whether the file had to be written."""
    if file.is_file() and file.read_bytes() == data:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return True


# ---------------------------------------------------------------------------------------------------------------------


def _read_manifest(file: Path) -> set[str]:
    """What an earlier build wrote; without a readable note of it, nothing is ours to remove."""
    try:
        return set(json.loads(file.read_text(encoding="utf-8"))["files"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()
