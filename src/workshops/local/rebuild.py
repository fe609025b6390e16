"""Builds of the site while it is served: one at the start, and one after every save."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from watchfiles import watch

from workshops.local.child import Child
from workshops.local.clock import business_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from watchfiles.main import FileChange

_STEP, _QUIET = 20, 200
_NAMED = 3


@dataclass(frozen=True)
class Builds:
    """How the site is built: from `project`, into `data`, for `site_url`, as of the business clock."""

    project: Path
    data: Path
    site_url: str
    clock_offset: int
    environment: Mapping[str, str]
    say: Callable[[str], None]

    def build(self) -> bool:
        """Whether the site was built; if not, what is wrong has been printed and the last good pages stay."""
        child = self._child()
        try:
            child.start()
            return child.wait() == 0
        finally:
            child.stop()

    def built_before(self) -> bool:
        """Whether there are good pages of an earlier build."""
        return self._summary.exists()

    @contextmanager
    def on_change(self, new_theme: Callable[[], None]) -> Iterator[None]:
        """Build after every change to content or theme, and tell of a new theme.

        Saves made during a build lead to the next one.
        """
        stopping = threading.Event()
        thread = threading.Thread(target=self._watch, args=(stopping, new_theme), name="builds", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    def _watch(self, stopping: threading.Event, new_theme: Callable[[], None]) -> None:
        theme = self.project / "theme"
        folders = [folder for folder in (self.project / "content", theme) if folder.is_dir()]
        for changes in watch(*folders, stop_event=stopping, step=_STEP, debounce=_QUIET, raise_interrupt=False):
            began = time.monotonic()
            if self.build():
                if any(path.startswith(f"{theme}/") for _, path in changes):
                    new_theme()
                self.say(f"Built again in {time.monotonic() - began:.1f} s after {self._named(changes)}.")
            else:
                self.say("The last good pages are still served.")

    def _named(self, changes: set[FileChange]) -> str:
        names = sorted(path.removeprefix(f"{self.project}/") for _, path in changes)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return ", ".join(names[:_NAMED]) + more

    @property
    def _summary(self) -> Path:
        """Written when all else of a build is."""
        return self.data / "build.json"

    def _child(self) -> Child:
        as_of = business_time(datetime.now(UTC), self.clock_offset).replace(microsecond=0)
        return Child(
            "build",
            "workshops.local.builder",
            [
                *("--project", str(self.project), "--output", str(self.data / "site")),
                *("--catalogue", str(self.data / "catalogue.json"), "--summary", str(self._summary)),
                *("--as-of", as_of.isoformat(), "--site-url", self.site_url),
            ],
            environment=self.environment,
        )
