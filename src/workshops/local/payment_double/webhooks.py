"""Events on their way to the endpoints: signed as Stripe signs, repeated until taken, remembered through a restart."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import threading
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workshops.local.payment_double import views
from workshops.local.payment_double.desk import wants
from workshops.local.payment_double.store import StoreClosed

if TYPE_CHECKING:
    from workshops.local.payment_double.desks import Desks
    from workshops.local.payment_double.faults import Faults
    from workshops.local.payment_double.store import Delivery

ANSWER_WITHIN = 20.0
LONGEST_WAIT = 60.0
MOST_ATTEMPTS = 20
MOST_AT_ONCE = 8
PATIENCE = 2.0
IDLE = 5.0
BUSY = 0.25
GATHERING = 0.3


@dataclass(frozen=True)
class Letter:
    """One event, ready to be sent."""

    url: str
    secret: str
    body: bytes


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """The value of the `Stripe-Signature` header: HMAC-SHA256 over the instant and the raw body."""
    signed = f"{timestamp}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Postman:
    """The thread that delivers; `first_wait` is the pause in seconds after the first failure, doubled each time."""

    def __init__(self, faults: Faults, first_wait: float = 1.0) -> None:
        self._faults = faults
        self._first_wait = first_wait
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._under_way: dict[int, threading.Thread] = {}
        self._lock = threading.Lock()

    def start(self, desks: Desks) -> None:
        """Begins to deliver, what was left undelivered first."""
        self._desks = desks
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._thread.start()
        self.wake()

    def stop(self) -> None:
        """Ends with the attempts under way, or without those that take too long; what is pending stays so."""
        self._stopping.set()
        self.wake()
        for thread in (self._thread, *self._threads()):
            thread.join(PATIENCE)

    def wake(self) -> None:
        """Something may be due."""
        self._awake.set()

    def send_again(self, event: str) -> int:
        """Queues an event once more for each endpoint that it was meant for; how many there are."""
        with self._desks.open() as desk:
            endpoints = {delivery.endpoint for delivery in desk.tx.deliveries(event)}
            for endpoint in endpoints:
                desk.tx.queue(event, endpoint, self._desks.clock.machine())
        return len(endpoints)

    def release(self, *, newest_first: bool) -> None:
        """Ends a hold; what was held is sent one after another, in the order asked for."""
        held = self._claim(self._due())
        self._faults.set_webhooks({"hold": False})
        for delivery in held[::-1] if newest_first else held:
            self._deliver(delivery)

    def _run(self) -> None:
        with contextlib.suppress(StoreClosed):
            while not self._stopping.is_set():
                self._awake.wait(self._pause())
                self._awake.clear()
                self._round()

    def _round(self) -> None:
        if self._faults.webhooks.reorder:
            self._stopping.wait(GATHERING)
            for delivery in self._claim(self._ready())[::-1]:
                self._deliver(delivery)
            return
        for delivery in self._claim(self._ready(), MOST_AT_ONCE):
            thread = threading.Thread(target=self._deliver, args=(delivery,), name="webhook", daemon=True)
            with self._lock:
                self._under_way[delivery.id] = thread
            thread.start()

    def _pause(self) -> float:
        with self._desks.store.transaction() as tx:
            due = tx.next_due()
        if due is None:
            return IDLE
        ahead = due + self._faults.webhooks.delay - self._desks.clock.machine()
        return min(ahead, IDLE) if ahead > 0 else BUSY

    def _threads(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._under_way.values())

    def _due(self) -> list[Delivery]:
        with self._desks.store.transaction() as tx:
            return tx.pending(self._desks.clock.machine())

    def _ready(self) -> list[Delivery]:
        return [delivery for delivery in self._due() if not self._held_back(delivery)]

    def _claim(self, wanted: list[Delivery], most: int | None = None) -> list[Delivery]:
        """Those now ours to deliver: nobody else takes them before we are done. `most` may be under way at once."""
        with self._lock:
            free = [delivery for delivery in wanted if delivery.id not in self._under_way]
            taken = free if most is None else free[: max(0, most - len(self._under_way))]
            self._under_way |= {delivery.id: threading.current_thread() for delivery in taken}
        return taken

    def _held_back(self, delivery: Delivery) -> bool:
        faults = self._faults.webhooks
        if not self._meant(delivery):
            return False
        late = delivery.attempts == 0 and self._desks.clock.machine() < delivery.due + faults.delay
        return faults.hold or late

    def _meant(self, delivery: Delivery) -> bool:
        """Whether the troubles now switched on are meant for events of this type."""
        with self._desks.store.transaction() as tx:
            event = tx.get(delivery.event)
        return event is not None and wants(list(self._faults.webhooks.types), event["type"])

    def _deliver(self, delivery: Delivery) -> None:
        try:
            with contextlib.suppress(StoreClosed):
                self._try(delivery)
        finally:
            with self._lock:
                self._under_way.pop(delivery.id, None)

    def _try(self, delivery: Delivery) -> None:
        if self._is_stale(delivery):
            return
        letter = self._letter(delivery)
        if letter is None:
            self._record(delivery, "failed", "the endpoint is gone")
        elif self._meant(delivery) and self._faults.take_drop():
            self._record(delivery, "failed", "dropped, as asked")
        else:
            self._attempt(delivery, letter)

    def _is_stale(self, delivery: Delivery) -> bool:
        """Whether it was tried by someone else between our look and our claim."""
        with self._desks.store.transaction() as tx:
            return delivery not in tx.deliveries(delivery.event)

    def _letter(self, delivery: Delivery) -> Letter | None:
        with self._desks.look() as desk:
            endpoint, event = desk.tx.get(delivery.endpoint), desk.tx.get(delivery.event)
            if endpoint is None or event is None or endpoint["status"] != "enabled":
                return None
            body = json.dumps(views.show(desk.tx, event, []), indent=2, ensure_ascii=False).encode()
            return Letter(endpoint["url"], endpoint["_secret"], body)

    def _attempt(self, delivery: Delivery, letter: Letter) -> None:
        copies = self._faults.webhooks.duplicate if self._meant(delivery) else 0
        extra = [threading.Thread(target=_post, args=(letter, self._sign(letter))) for _ in range(copies)]
        for thread in extra:
            thread.start()
        answer = _post(letter, self._sign(letter))
        for thread in extra:
            thread.join()
        self._judge(delivery, answer)

    def _sign(self, letter: Letter) -> str:
        return signature(letter.body, letter.secret, int(self._desks.clock.machine()))

    def _judge(self, delivery: Delivery, answer: int | str) -> None:
        attempts = delivery.attempts + 1
        tried = replace(delivery, attempts=attempts)
        if isinstance(answer, int) and HTTPStatus.OK <= answer < HTTPStatus.MULTIPLE_CHOICES:
            self._record(tried, "delivered", str(answer))
        elif attempts >= MOST_ATTEMPTS:
            self._record(tried, "failed", str(answer))
        else:
            wait = min(self._first_wait * 2 ** (attempts - 1), LONGEST_WAIT)
            self._record(replace(tried, due=self._desks.clock.machine() + wait), "pending", str(answer))

    def _record(self, delivery: Delivery, state: str, note: str) -> None:
        with self._desks.store.transaction() as tx:
            tx.update_delivery(replace(delivery, state=state, note=note))
        self.wake()


# ---


def _post(letter: Letter, signed: str) -> int | str:
    """The status answered, or in words why there is none. Redirects are not followed, as Stripe does not."""
    parts = urlsplit(letter.url)
    secure = parts.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN)
    try:
        connection.request("POST", _target(letter.url), letter.body, {**HEADERS, "Stripe-Signature": signed})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as trouble:
        return type(trouble).__name__
    else:
        return response.status
    finally:
        connection.close()


HEADERS = {
    "Accept": "*/*",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (local payment double)",
}


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
