"""The business clock of one machine: the machine's own, moved by an offset that is kept and only ever grows."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.local.files import write_private

if TYPE_CHECKING:
    from pathlib import Path


class ClockUnreadable(WorkshopsError):
    """The kept offset cannot be read, so the business clock might go back."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} does not hold a clock offset. Mend it, or start afresh with --reset.")
        self.path = path


def set_clock(kept: Path, *, as_of: datetime | None, now: datetime) -> int:
    """The seconds to add to the machine clock, kept in the file `kept` for the next start.

    `as_of` asks for an instant; without it the kept offset goes on. Since the machine clock runs forward and a kept
    offset is never made smaller, no restart takes the business clock back. Raises ClockUnreadable.
    """
    before = _read(kept)
    wanted = _offset(as_of, now) if as_of is not None else before or 0
    offset = wanted if before is None else max(before, wanted)
    write_private(kept, json.dumps({"offset_seconds": offset}) + "\n")
    return offset


def business_time(now: datetime, offset: int) -> datetime:
    """What the business clock shows when the machine's shows `now`; `offset` in seconds."""
    return now + timedelta(seconds=offset)


# ---------------------------------------------------------------------------------------------------------------------


def _offset(as_of: datetime, now: datetime) -> int:
    """Whole seconds, never so few that the business clock would start before `as_of`."""
    return math.ceil((as_of - now).total_seconds())


def _read(kept: Path) -> int | None:
    if not kept.exists():
        return None
    try:
        offset = json.loads(kept.read_text("utf-8"))["offset_seconds"]
    except (ValueError, KeyError, TypeError):
        raise ClockUnreadable(kept) from None
    if type(offset) is not int:
        raise ClockUnreadable(kept)
    return offset
