"""Fixtures for all tests: sockets on this machine alone, and one real engine a session."""

from __future__ import annotations

import collections
import contextlib
import itertools
import os
import secrets
import shutil
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from pytest_socket import socket_allow_hosts

from workshops.local.engine import Clients, Engine, Furniture, clients, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more about the machine than about the code.
settings.register_profile("workshops", deadline=None)
settings.load_profile("workshops")

CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """DynamoDB, SQS and SES on a free port; its mailbox is at `engine_mail`."""
    folder = tmp_path_factory.mktemp("engine")
    running = Engine(free_port(), folder, folder / "mail")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def aws(engine: Engine) -> Clients:
    """The SDK's clients of the session's engine."""
    return clients(engine.url)


@pytest.fixture
def furniture(aws: Clients) -> Furniture:
    """A table, queues and a sender of this test alone. What is not dealt with comes again after a second.

    Nothing is tidied away by its TTL: the tests live in March 2026, which is over, and the engine would do so in between.
    """
    mark = secrets.token_hex(4)
    made = Furniture(f"table-{mark}", f"mail-{mark}", f"dead-{mark}", f"bookings-{mark}@example.org")
    furnish(aws, made, visibility=1, attempts=3)
    aws.dynamodb.update_time_to_live(
        TableName=made.table, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )
    return made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium of a worker: a second Playwright in a process does not start."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_FLAGS)
        yield running
        running.close()


def free_port(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nothing listens on, given to nobody else in this run."""
    while True:
        first = next(_PORTS)
        with contextlib.ExitStack() as bound, contextlib.suppress(OSError):
            for port in range(first, first + count):
                _bind(bound, port)
            collections.deque(itertools.islice(_PORTS, count - 1), maxlen=0)
            return first


# Each worker has its own, below those that systems give to outgoing connections.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = itertools.cycle(range(20_000 + 1_000 * (_WORKER % 12), 21_000 + 1_000 * (_WORKER % 12)))


def _chromium() -> str | None:
    """The browser of this machine; None is Playwright's own."""
    return os.environ.get("WORKSHOPS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def _bind(bound: contextlib.ExitStack, port: int) -> None:
    trial = bound.enter_context(socket.socket())
    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    trial.bind(("127.0.0.1", port))
