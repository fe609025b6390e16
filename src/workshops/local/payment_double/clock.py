"""The two clocks: the machine's, by which webhooks are signed and repeated, and Stripe's, which may be off."""

import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970 UTC; `skew` is what Stripe's clock is ahead of the machine's."""

    def __init__(self, machine: Callable[[], float] = time.time, skew: int = 0) -> None:
        self._machine = machine
        self.skew = skew

    def machine(self) -> float:
        """The machine's clock."""
        return self._machine()

    def stripe(self) -> int:
        """Stripe's clock, in whole seconds."""
        return int(self._machine()) + self.skew
