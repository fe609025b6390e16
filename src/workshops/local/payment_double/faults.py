"""Troubles that can be switched on while the double runs: for tests, and for seeing what a buyer then sees.

They live in memory; a restart clears them.
"""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from workshops.domain.errors import WorkshopsError

Kind = Literal["delay", "error", "drop"]
When = Literal["before", "after"]
ERROR_STATUSES = range(400, 600)


class BadFault(WorkshopsError):
    """A trouble that the double cannot make."""


@dataclass
class ApiFault:
    """A trouble with API calls.

    `delay` waits for `seconds`; `error` answers with `status`; `drop` cuts the connection. It comes before the work
    is done or after. `operation` is a name such as `checkout.sessions.create` or a pattern; `times` is how often,
    None for always.
    """

    kind: Kind
    when: When = "before"
    operation: str = "*"
    times: int | None = 1
    seconds: float = 0.0
    status: int = 500


@dataclass(frozen=True)
class WebhookFaults:
    """Troubles with webhooks of the types that `types` covers.

    `hold` keeps them back; `delay` sends them so many seconds late; `duplicate` sends so many copies more of each, at
    once; `drop` loses so many, as though every attempt had failed; `reorder` sends the newest of those waiting first.
    """

    hold: bool = False
    delay: float = 0.0
    duplicate: int = 0
    drop: int = 0
    reorder: bool = False
    types: tuple[str, ...] = ("*",)


@dataclass
class Faults:
    """All troubles now switched on. Safe for use by several threads."""

    api: list[ApiFault] = field(default_factory=list)
    webhooks: WebhookFaults = field(default_factory=WebhookFaults)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, settings: dict[str, Any]) -> None:
        """One more trouble with API calls, from JSON. Raises BadFault."""
        fault = _made(ApiFault, settings)
        if fault.kind not in get_args(Kind) or fault.when not in get_args(When) or fault.status not in ERROR_STATUSES:
            raise BadFault(f"no such trouble: {settings}")
        with self._lock:
            self.api.append(fault)

    def set_webhooks(self, settings: dict[str, Any]) -> None:
        """Changes the troubles with webhooks that are named, from JSON. Raises BadFault."""
        with self._lock:
            self.webhooks = _made(WebhookFaults, asdict(self.webhooks) | settings)

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self.api.clear()
            self.webhooks = WebhookFaults()

    def take(self, kind: Kind, when: When, operation: str) -> ApiFault | None:
        """The trouble that meets this call, if any, one time used up."""
        with self._lock:
            for fault in self.api:
                if (fault.kind, fault.when) == (kind, when) and fnmatch.fnmatchcase(operation, fault.operation):
                    self._use(fault)
                    return replace(fault)
        return None

    def take_drop(self) -> bool:
        """Whether this webhook is to be lost, one time used up."""
        with self._lock:
            if self.webhooks.drop < 1:
                return False
            self.webhooks = replace(self.webhooks, drop=self.webhooks.drop - 1)
            return True

    def to_json(self) -> dict[str, Any]:
        """What is switched on."""
        with self._lock:
            return {"api": [asdict(fault) for fault in self.api], "webhooks": asdict(self.webhooks)}

    def _use(self, fault: ApiFault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times < 1:
                self.api.remove(fault)


# ---

LIKE: dict[str, tuple[type, ...]] = {
    "delay": (int, float),
    "drop": (int,),
    "duplicate": (int,),
    "hold": (bool,),
    "kind": (str,),
    "operation": (str,),
    "reorder": (bool,),
    "seconds": (int, float),
    "status": (int,),
    "times": (int, type(None)),
    "types": (list, tuple),
    "when": (str,),
}


def _made(kind: Any, settings: dict[str, Any]) -> Any:  # noqa: ANN401 - either of the two above
    for name, value in settings.items():
        if name not in LIKE or not isinstance(value, LIKE[name]):
            raise BadFault(f"no such trouble: {name} = {value!r}")
    try:
        return kind(**settings)
    except TypeError as wrong:
        raise BadFault(str(wrong)) from wrong
