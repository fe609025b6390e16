"""What is checked before anything is started on this machine."""

from __future__ import annotations

import fcntl
import ipaddress
import shutil
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.settings import is_live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STATE = ("build.json", "catalogue.json", "clock.json", "engine", "mail", "payments", "relay", "secrets", "site")


class AddressRefused(WorkshopsError):
    """A host that other machines might reach."""

    def __init__(self, host: str) -> None:
        super().__init__(f"--host {host} is refused: only loopback addresses are bound, such as 127.0.0.1.")
        self.host = host


class PortTaken(WorkshopsError):
    """A port that something else listens on."""

    def __init__(self, host: str, port: int, purpose: str) -> None:
        super().__init__(
            f"Port {port} on {host}, wanted for the {purpose}, is taken. Stop what uses it, or choose another --port."
        )
        self.port = port


class KeyRefused(WorkshopsError):
    """A Stripe key that is none for tests; the key itself is not told."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"STRIPE_SECRET_KEY {reason}. Unset it, or set one that begins with sk_test_ or rk_test_.")


class DataInUse(WorkshopsError):
    """Another stack runs on the same data."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"Another `workshops serve` is using {data}. Stop it, or give this one its own --data.")
        self.data = data


def loopback(host: str) -> str:
    """The loopback address that `host` names. Raises AddressRefused for any other."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise AddressRefused(host) from None
    if not address.is_loopback:
        raise AddressRefused(host)
    return str(address)


def check_free(host: str, port: int, purpose: str) -> None:
    """Raises PortTaken if something listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as fault:
            raise PortTaken(host, port, purpose) from fault


def key_for_tests(given: str) -> str | None:
    """The Stripe key to use, if it is one for tests; None when there is none. Raises KeyRefused."""
    if is_live(given):
        raise KeyRefused("is a live key, and nothing on this machine may move money")
    if given and not given.startswith(("sk_test_", "rk_test_")):
        raise KeyRefused("is no secret key for tests")
    return given or None


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Keep the data folder to ourselves. Raises DataInUse."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise DataInUse(data) from fault
        yield


def drop_state(data: Path) -> None:
    """Forget everything the local stack keeps in its data folder; whatever else is there stays."""
    for name in _STATE:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
