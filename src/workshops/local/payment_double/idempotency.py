"""Idempotency keys: one answer a key for 24 hours, and one request a key at a time."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workshops.local.payment_double.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshops.local.payment_double.store import StoredAnswer

REMEMBERED = 24 * 60 * 60
LONGEST_KEY = 255


class KeyTooLong(Refusal):
    """An idempotency key of more than 255 characters."""

    def __init__(self) -> None:
        super().__init__(f"Idempotency keys can be at most {LONGEST_KEY} characters long.")


class KeyInUse(Refusal):
    """Another request with this key is still at work."""

    status = 409
    kind = "idempotency_error"
    code = "idempotency_key_in_use"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is currently another in-progress request using this Idempotent Key: {key}.")


class KeyReused(Refusal):
    """The key was used for a request with other parameters."""

    kind = "idempotency_error"

    def __init__(self, key: str) -> None:
        super().__init__(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )


def fingerprint(method: str, path: str, pairs: list[tuple[str, str]]) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(json.dumps([method, path, sorted(pairs)]).encode()).hexdigest()


def check_same(kept: StoredAnswer, mark: str) -> None:
    """Raises KeyReused."""
    if kept.fingerprint != mark:
        raise KeyReused(kept.key)


class KeysInUse:
    """The keys of the requests now at work."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def using(self, key: str) -> Iterator[None]:
        """Has the key for the length of the block. Raises KeyInUse, KeyTooLong."""
        if len(key) > LONGEST_KEY:
            raise KeyTooLong
        with self._lock:
            if key in self._keys:
                raise KeyInUse(key)
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)
