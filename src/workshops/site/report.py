"""What a build tells the person who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.formats.human import count, instant

if TYPE_CHECKING:
    from workshops.site.production import Summary


def report(summary: Summary) -> str:
    """Warnings and empty fields first, each on its line, and the result last."""
    lines = [*map(str, summary.warnings)]
    if summary.unfilled:
        lines += [*map(str, summary.unfilled), "These fields may be empty here, but the site cannot be published yet."]
    lines.append(
        f"{count(summary.workshops, 'workshop')} as of {instant(summary.as_of, 'Europe/London')}: "
        f"{count(summary.files, 'file')}, {summary.written} written, {summary.removed} removed."
    )
    return "".join(f"{line}\n" for line in lines)
