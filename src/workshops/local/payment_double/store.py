"""Everything the double remembers: one SQLite file, one transaction at a time.

Write-ahead logging keeps every committed transaction through a killed process. All threads share one connection
behind one lock, so that a transaction sees nothing half done and two of them never race.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workshops.domain.errors import WorkshopsError
from workshops.local.payment_double.refusal import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, owner TEXT, due INTEGER, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_owner ON objects (owner, kind, seq) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_due ON objects (kind, due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request TEXT NOT NULL, stored INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, endpoint TEXT NOT NULL, due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'pending', note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered under an idempotency key; `stored` is an instant on Stripe's clock, in seconds."""

    key: str
    fingerprint: str
    status: int
    body: str
    request: str
    stored: int


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint; `due` is an instant on the machine's clock, in seconds."""

    id: int
    event: str
    endpoint: str
    due: float
    attempts: int
    state: str
    note: str


class Transaction:
    """What can be read and written while the store is ours."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, identity: str) -> Json | None:
        """The object with this id."""
        return next(self._bodies("id = ?", identity), None)

    def put(self, body: Json, *, owner: str | None = None, due: int | None = None) -> None:
        """Keeps an object under its `id` and `object` fields, in the place it has or as the newest of its kind."""
        self._connection.execute(
            "INSERT INTO objects (id, kind, owner, due, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " owner = coalesce(excluded.owner, owner), due = excluded.due, body = excluded.body",
            (body["id"], body["object"], owner, due, json.dumps(body)),
        )

    def remove(self, identity: str) -> None:
        """Forgets an object."""
        self._connection.execute("DELETE FROM objects WHERE id = ?", (identity,))

    def newest(self, kind: str) -> Iterator[Json]:
        """All objects of a kind, the newest first."""
        return self._bodies("kind = ? ORDER BY seq DESC", kind)

    def owned(self, kind: str, owner: str) -> list[Json]:
        """The objects of a kind that belong to another object, the oldest first."""
        return list(self._bodies("owner = ? AND kind = ? ORDER BY seq", owner, kind))

    def due(self, kind: str, now: int) -> list[Json]:
        """The objects of a kind whose time has come."""
        return list(self._bodies("kind = ? AND due <= ? ORDER BY due, seq", kind, now))

    def next_number(self, counter: str) -> int:
        """1, 2, 3, … without a gap."""
        row = self._connection.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (counter,),
        ).fetchone()
        return int(row[0])

    def answer(self, key: str, *, since: int) -> StoredAnswer | None:
        """What was answered under an idempotency key at or after `since`."""
        row = self._connection.execute("SELECT * FROM answers WHERE key = ? AND stored >= ?", (key, since)).fetchone()
        return StoredAnswer(*row) if row else None

    def keep_answer(self, answer: StoredAnswer) -> None:
        """Remembers an answer for those who ask again."""
        self._connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
            (answer.key, answer.fingerprint, answer.status, answer.body, answer.request, answer.stored),
        )

    def queue(self, event: str, endpoint: str, due: float) -> None:
        """Puts an event on its way to an endpoint."""
        self._connection.execute(
            "INSERT INTO deliveries (event, endpoint, due) VALUES (?, ?, ?)", (event, endpoint, due)
        )

    def deliveries(self, event: str) -> list[Delivery]:
        """All deliveries of an event."""
        rows = self._connection.execute("SELECT * FROM deliveries WHERE event = ? ORDER BY id", (event,))
        return [Delivery(*row) for row in rows]

    def pending(self, now: float) -> list[Delivery]:
        """The deliveries whose next attempt is due, in order."""
        rows = self._connection.execute(
            "SELECT * FROM deliveries WHERE state = 'pending' AND due <= ? ORDER BY due, id", (now,)
        )
        return [Delivery(*row) for row in rows]

    def next_due(self) -> float | None:
        """When the next attempt of any delivery is due."""
        row = self._connection.execute("SELECT min(due) FROM deliveries WHERE state = 'pending'").fetchone()
        return None if row[0] is None else float(row[0])

    def update_delivery(self, delivery: Delivery) -> None:
        """Records how an attempt went."""
        self._connection.execute(
            "UPDATE deliveries SET due = ?, attempts = ?, state = ?, note = ? WHERE id = ?",
            (delivery.due, delivery.attempts, delivery.state, delivery.note, delivery.id),
        )

    def undelivered(self) -> set[str]:
        """The events that some endpoint has not taken."""
        rows = self._connection.execute("SELECT DISTINCT event FROM deliveries WHERE state <> 'delivered'")
        return {row[0] for row in rows}

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is written inside is undone when an error leaves the block."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._connection.execute("RELEASE attempt")

    def _bodies(self, condition: str, *values: object) -> Iterator[Json]:
        rows = self._connection.execute(f"SELECT body FROM objects WHERE {condition}", values)  # noqa: S608 - ours
        return (json.loads(row[0]) for row in rows)


class StoreClosed(WorkshopsError):
    """A transaction asked for after the store was closed: the double has been stopped meanwhile."""


class Store:
    """The file and its lock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._closed = False
        self._connection = sqlite3.connect(folder / "payments.sqlite3", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commits at the end of the block; an error that leaves the block undoes all of it. Raises StoreClosed."""
        with self._lock:
            if self._closed:
                raise StoreClosed
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._closed = True
            self._connection.close()
