"""The generator that Pelican runs: all content is read in its constructor, while the previous output is untouched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshops.site.edition import Edition, Paths, parsed_as_of
from workshops.site.production import prepare, write
from workshops.theme import stylesheet

if TYPE_CHECKING:
    from workshops.site.production import Summary

SUMMARY = "WORKSHOPS_SUMMARY"
"""The setting under which a build leaves its summary for whoever ran Pelican."""


class SiteGenerator:
    """Every page, feed, calendar and the catalogue."""

    def __init__(self, *, settings: dict[str, Any], **_: object) -> None:
        self._settings = settings
        self._paths = _paths(settings)
        style = stylesheet(self._paths.theme)
        self._prepared = prepare(self._paths, _edition(settings, style.path), style)

    def generate_output(self, _writer: object) -> None:
        """Writes what the constructor prepared."""
        summary: Summary = write(self._prepared, self._paths)
        self._settings[SUMMARY] = summary


# ---------------------------------------------------------------------------------------------------------------------


def _edition(settings: dict[str, Any], stylesheet_path: str) -> Edition:
    given = settings.get("AS_OF")
    return Edition(
        as_of=parsed_as_of(given) if given else datetime.now(UTC),
        site_url=settings["SITEURL"].rstrip("/"),
        stylesheet_path=stylesheet_path,
        publish=bool(settings.get("PUBLISH")),
    )


def _paths(settings: dict[str, Any]) -> Paths:
    previous = settings.get("PREVIOUS_CATALOGUE")
    return Paths(
        content=Path(settings["PATH"]),
        theme=Path(settings["THEME"]),
        output=Path(settings["OUTPUT_PATH"]),
        catalogue=Path(settings["CATALOGUE_PATH"]),
        previous_catalogue=Path(previous) if previous else None,
    )
