"""Where desks come from: the store, the clock and the source of ids, put together once."""

from __future__ import annotations

import secrets
import string
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshops.local.payment_double.api import sessions
from workshops.local.payment_double.desk import Desk, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workshops.local.payment_double.clock import Clock
    from workshops.local.payment_double.store import Store

ALPHABET = string.ascii_letters + string.digits
SESSION_ID_LENGTH, ID_LENGTH = 58, 24


@dataclass(frozen=True)
class Desks:
    """`site` is the address of our pages; `wake` is called when something may have to be delivered."""

    store: Store
    clock: Clock
    site: str
    wake: Callable[[], None]
    new_id: Callable[[str], str]

    @contextmanager
    def open(self, origin: Origin | None = None) -> Iterator[Desk]:
        """A desk for the length of one transaction, with every session ended whose time is over."""
        with self.look(origin) as desk:
            sessions.expire_due(desk)
            yield desk
        self.wake()

    @contextmanager
    def look(self, origin: Origin | None = None) -> Iterator[Desk]:
        """A desk for the length of one transaction, with everything as it was left."""
        now, machine_now = self.clock.stripe(), self.clock.machine()
        with self.store.transaction() as tx:
            yield Desk(tx, now, machine_now, self.new_id, self.site, origin or Origin())


def random_id(prefix: str) -> str:
    """An id as long as Stripe's of that kind."""
    length = SESSION_ID_LENGTH if prefix.startswith("cs_") else ID_LENGTH
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))
