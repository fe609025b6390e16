"""A date with or without a time of day, in the zone it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

LONDON = "Europe/London"


@dataclass(frozen=True, slots=True)
class Moment:
    """Wall time as authored: a day, perhaps a time, and an IANA zone name. Instants come out in UTC."""

    day: date
    time: time | None = None
    zone: str = LONDON

    def first_instant(self) -> datetime:
        """When it begins, in UTC: without a time, the day's first midnight in the zone."""
        return _instant(self.day, self.time or time.min, self.zone)

    def end_instant(self) -> datetime:
        """The instant by which it is over, in UTC: without a time, the midnight that ends the day."""
        if self.time is not None:
            return self.first_instant()
        return _instant(self.day + timedelta(days=1), time.min, self.zone)


def local(instant: datetime, zone: str = LONDON) -> datetime:
    """An instant as the clocks in a zone show it."""
    return instant.astimezone(_zone(zone))


def in_daylight_saving_gap(moment: Moment) -> bool:
    """Whether the clocks skip this wall time, so that no such moment exists."""
    if moment.time is None:
        return False
    wall = datetime.combine(moment.day, moment.time)
    there_and_back = moment.first_instant().astimezone(_zone(moment.zone)).replace(tzinfo=None)
    return there_and_back != wall


# ---------------------------------------------------------------------------------------------------------------------


def _instant(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, tzinfo=_zone(zone)).astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
