"""Fixtures for all tests: sockets on this machine alone, and one real engine a session."""

from __future__ import annotations

import contextlib
import secrets
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from workshops.local.engine import Clients, Engine, Furniture, clients, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more about the machine than about the code.
settings.register_profile("workshops", deadline=None)
settings.load_profile("workshops")


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
    """A table, queues and a sender of this test alone. What is not dealt with comes again after a second."""
    mark = secrets.token_hex(4)
    made = Furniture(f"table-{mark}", f"mail-{mark}", f"dead-{mark}", f"bookings-{mark}@example.org")
    furnish(aws, made, visibility=1, attempts=3)
    return made


def free_port(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nothing listens on."""
    while True:
        with contextlib.ExitStack() as bound:
            first = _bind(bound, 0)
            with contextlib.suppress(OSError, OverflowError):
                for further in range(1, count):
                    _bind(bound, first + further)
                return first


def _bind(bound: contextlib.ExitStack, port: int) -> int:
    trial = bound.enter_context(socket.socket())
    trial.bind(("127.0.0.1", port))
    chosen: int = trial.getsockname()[1]
    return chosen
