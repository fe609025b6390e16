"""The Pelican plugin: `PLUGINS = ["workshops.site.plugin"]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pelican import Pelican
from pelican.log import console
from pelican.plugins import signals

from workshops.domain.errors import WorkshopsError
from workshops.site.generator import SUMMARY, SiteGenerator
from workshops.site.report import report

if TYPE_CHECKING:
    from workshops.site.production import Summary


def register() -> None:
    """Has Pelican use our generator."""
    signals.get_generators.connect(_generators)


class Site(Pelican):  # type: ignore[misc] # Pelican has no types
    """Pelican without its own closing line, which counts articles."""

    def run(self) -> None:
        """Builds. Raises what is wrong with the content."""
        console.quiet, before = True, console.quiet
        try:
            super().run()
        finally:
            console.quiet = before

    @property
    def summary(self) -> Summary:
        """What the build did."""
        found: Summary = self.settings[SUMMARY]
        return found


class Program(Site):
    """The `pelican` command with our settings: faults are lines to work through and a status of 1, not a traceback."""

    def run(self) -> None:
        """Builds, and says what was done or what is wrong."""
        try:
            super().run()
        except WorkshopsError as fault:
            sys.exit(str(fault))
        sys.stderr.write(report(self.summary))


# ---------------------------------------------------------------------------------------------------------------------


def _generators(_pelican: Pelican) -> type[SiteGenerator]:
    return SiteGenerator
