"""How many places a run has left, for display only: a booking counts them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshops.domain.workshop import RunState, state_on_offer

if TYPE_CHECKING:
    from workshops.app.ports import Bookings, Now
    from workshops.domain.workshop import Run, Workshop

TOLD_AT_MOST = 20
"""Above so many, how many are left is nobody's business."""


@dataclass(frozen=True, slots=True)
class Availability:
    """The places left, None where there is no limit or more than we tell, and the state of the run."""

    places_left: int | None
    state: RunState


def availability(workshop: Workshop, run: Run, *, bookings: Bookings, now: Now) -> Availability:
    """What can be booked of a run now. Raises `StoreUnavailable`."""
    left = bookings.places_left(workshop.slug, run.id, run.capacity, at=now.machine)
    told = left if left is not None and left <= TOLD_AT_MOST else None
    return Availability(told, state_on_offer(workshop, run, now.business, left))
