"""Child processes that never outlive their parent, and stop when asked.

A child runs one Python module, as `python -m` would, in a process group of its own. Its standard input is a pipe that
only the parent holds: when the parent goes, even by SIGKILL, the system closes the pipe and the child asks its own
group to stop. That works on every Unix, and lets the child save what it must.
"""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LAST_WORDS = 20
_GRACE = 20.0


class ChildFailed(WorkshopsError):
    """A child ended, or never answered, before it was ready; carries its name, status and last words."""

    def __init__(self, name: str, status: int | None, words: str) -> None:
        how = "did not answer in time" if status is None else f"ended with status {status} before it was ready"
        super().__init__(f"The {name} {how}." + (f" Its last words:\n{words}" if words else ""))
        self.name = name
        self.status = status


class Child:
    """One child process. With a `log`, its output goes there; without one, wherever the parent's goes."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str],
        log: Path | None = None,
    ) -> None:
        self.name = name
        self._command = [sys.executable, "-m", __name__, module, *arguments]
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._running().poll()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._running().pid

    def start(self) -> None:
        """Run it; returns at once."""
        if self._log is None:
            self._process = self._popen(None)
            return
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = self._popen(log.fileno())

    def wait_until_answering(self, host: str, port: int, *, within: float = 30.0) -> None:
        """Return when something accepts connections there. Raises ChildFailed."""
        deadline = time.monotonic() + within
        while not answers(host, port):
            if self.status is not None or time.monotonic() > deadline:
                raise ChildFailed(self.name, self.status, self._last_words())
            time.sleep(0.02)

    def wait(self) -> int:
        """Its exit status, when it has ended by itself."""
        return self._running().wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.status is None:
            self._running().send_signal(number)

    def stop(self, grace: float = _GRACE) -> None:
        """Ask its group to stop, and make it after `grace` seconds. One that never ran has stopped already."""
        if self._process is None:
            return
        with self._process as process:
            _signal_group(process.pid, signal.SIGTERM)
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                _signal_group(process.pid, signal.SIGKILL)

    def _popen(self, output: int | None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            start_new_session=True,
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"the {self.name} was never started")
        return self._process

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        return "\n".join(self._log.read_text("utf-8", errors="replace").splitlines()[-_LAST_WORDS:])


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there now."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


# ---------------------------------------------------------------------------------------------------------------------


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def _stop_when_orphaned() -> None:
    while os.read(0, 1024):
        pass
    os.killpg(os.getpgid(0), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)


def _run() -> None:
    module, *arguments = sys.argv[1:]
    threading.Thread(target=_stop_when_orphaned, daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run()
