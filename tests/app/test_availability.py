"""How many places are left, told for display only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import AS_OF, a_run, a_workshop
from workshops.app.availability import Availability, availability
from workshops.app.ports import Now
from workshops.domain.workshop import RunState


class Counted:
    """A register that knows one number."""

    def __init__(self, left):
        self.left = left

    def places_left(self, _workshop, _run, _capacity, *, at):
        assert at == AS_OF + timedelta(days=200)
        return self.left


def told(left, **changes):
    workshop = a_workshop(a_run(**changes))
    now = Now(business=AS_OF, machine=AS_OF + timedelta(days=200))
    return availability(workshop, workshop.runs[0], bookings=Counted(left), now=now)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (None, Availability(None, RunState.OPEN)),
        (60, Availability(None, RunState.OPEN)),
        (21, Availability(None, RunState.OPEN)),
        (20, Availability(20, RunState.OPEN)),
        (6, Availability(6, RunState.FEW_PLACES)),
        (1, Availability(1, RunState.FEW_PLACES)),
        (0, Availability(0, RunState.FULL)),
    ],
)
def test_above_twenty_places_nobody_is_told_how_many(left, expected):
    assert told(left, capacity=60) == expected
