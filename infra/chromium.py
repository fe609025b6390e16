"""`python -m infra.chromium`: prints the path of a Chromium that runs, having installed one if there was none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PATIENCE = 600
"""Seconds for a download before the next way is tried."""


def main() -> None:
    """Print the path, or say what to do."""
    found = find() or next(filter(None, map(_installed_by, _ways())), None)
    if found is None:
        sys.exit(
            "The browser tests need Chromium, and it could not be installed here. Install chromium or Google Chrome "
            "with your package manager, or set WORKSHOPS_CHROMIUM to the path of one."
        )
    sys.stdout.write(f"{found}\n")


def find() -> str | None:
    """The first of the browsers on this machine that runs. One named by WORKSHOPS_CHROMIUM is the only one tried."""
    if named := os.environ.get("WORKSHOPS_CHROMIUM"):
        return named if _runs(named) else sys.exit(f"WORKSHOPS_CHROMIUM is {named}, which does not run.")
    return next((browser for browser in _candidates() if _runs(browser)), None)


# ---------------------------------------------------------------------------------------------------------------------


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    yield from (path for path in APPLICATIONS if Path(path).exists())
    if kept := _of_playwright():
        yield kept


def _of_playwright() -> str | None:
    """Where Playwright keeps its own Chromium, once it was installed."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and needed only where no browser is found

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _runs(browser: str) -> bool:
    """Some are mere wrappers, which print how to install the browser itself."""
    try:
        asked = subprocess.run([browser, "--version"], capture_output=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _ways() -> Iterator[list[list[str]]]:
    """Ways to install it, each a list of commands."""
    yield [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]
    if apt := shutil.which("apt-get"):
        become = [] if os.geteuid() == 0 else ["sudo", "-n"]
        yield [[*become, apt, "-q", "update"], [*become, apt, "-q", "install", "-y", "chromium"]]
    if brew := shutil.which("brew"):
        yield [[brew, "install", "--cask", "chromium"]]


def _installed_by(way: list[list[str]]) -> str | None:
    for command in way:
        sys.stderr.write(f"Installing Chromium for the browser tests: {' '.join(command)}\n")
        sys.stderr.flush()
        if not _succeeds(command):
            return None
    return find()


def _succeeds(command: list[str]) -> bool:
    try:
        # What it prints is progress; standard output is kept for the answer.
        return subprocess.run(command, stdout=sys.stderr, timeout=PATIENCE, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    main()
