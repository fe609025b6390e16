"""What a reading of the content tells an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.site.reader import read_content

if TYPE_CHECKING:
    from pathlib import Path


def messages(folder: Path, path: str = "workshops/drafting.md") -> list[str]:
    """Faults and warnings, without the path that all of them share."""
    reading = read_content(folder)
    return [str(fault).removeprefix(f"content/{path}:") for fault in (*reading.faults, *reading.warnings)]
