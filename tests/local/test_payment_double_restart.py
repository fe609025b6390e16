"""The double as a process: it says when it is ready, and a kill at any moment loses nothing that was answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import stripe

from tests.local.test_payment_double import SECRET, Till, order, until

if TYPE_CHECKING:
    from pathlib import Path


class Running:
    """A double in a process group of its own."""

    def __init__(self, data: Path, *more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workshops.local.payment_double", "--port", "0", "--data", str(data), *more],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1].rstrip("/")
        assert self._process.stdout.readline() == "ready\n"

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            "sk_test_local", base_addresses={"api": self.url}, http_client=stripe.RequestsClient(timeout=(5, 20))
        )

    def end(self, how: signal.Signals) -> int:
        os.killpg(self._process.pid, how)
        status = self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status


def test_it_ends_cleanly_when_told(tmp_path: Path) -> None:
    assert Running(tmp_path).end(signal.SIGTERM) == 0


def test_a_killed_double_remembers_every_answer_and_every_key(tmp_path: Path) -> None:
    first = Running(tmp_path)
    made = first.client.v1.checkout.sessions.create(order(), options={"idempotency_key": "key-1"})
    first.end(signal.SIGKILL)
    second = Running(tmp_path)
    again = second.client.v1.checkout.sessions.create(order(), options={"idempotency_key": "key-1"})
    kept = second.client.v1.checkout.sessions.list()
    second.end(signal.SIGTERM)
    assert again.id == made.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert [session.id for session in kept.data] == [made.id]


def test_a_kill_in_the_middle_of_much_work_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    running = Running(tmp_path)
    answered: list[str] = []

    def work() -> None:
        client = running.client
        for _ in range(200):
            try:
                answered.append(client.v1.checkout.sessions.create(order()).id)
            except stripe.APIConnectionError:
                return

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    until(lambda: len(answered) > 10)
    running.end(signal.SIGKILL)
    for worker in workers:
        worker.join()
    second = Running(tmp_path)
    kept = {session.id for session in second.client.v1.checkout.sessions.list({"limit": 100}).auto_paging_iter()}
    second.end(signal.SIGTERM)
    assert set(answered) <= kept
    assert len(kept) <= len(answered) + 3


def test_a_webhook_that_was_pending_when_killed_is_sent_by_the_next(tmp_path: Path) -> None:
    first = Running(tmp_path, "--webhook", "http://127.0.0.1:1/", "--secret", SECRET)
    session = first.client.v1.checkout.sessions.create(order())
    first.client.v1.checkout.sessions.expire(session.id)
    first.end(signal.SIGKILL)
    till = Till()
    second = Running(tmp_path, "--webhook", till.url, "--secret", SECRET)
    events = till.wait("checkout.session.expired")
    second.end(signal.SIGTERM)
    till.close()
    assert events[0].data.object.id == session.id
