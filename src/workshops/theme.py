"""The one Jinja environment over theme/: how pages, forms and mail look, in the build and in the functions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from workshops.formats.human import FILTERS

if TYPE_CHECKING:
    from pathlib import Path


CSS_ORDER = ("reset", "tokens", "base", "compositions", "components", "utilities")
"""The order of source is the cascade: no @layer, which older browsers drop."""


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """The site's one style: its text, and its address, which changes with the text."""

    text: str
    path: str


def stylesheet(theme: Path) -> Stylesheet:
    """All of the theme's CSS, joined in the order of `CSS_ORDER`, components by name."""
    text = "".join(_css(theme, part) for part in CSS_ORDER)
    return Stylesheet(text, f"/theme/site.{hashlib.sha256(text.encode()).hexdigest()[:12]}.css")


def environment(theme: Path) -> Environment:
    """An environment that escapes everything but .txt, refuses undefined names, and has our filters."""
    made = Environment(
        loader=FileSystemLoader(theme),
        autoescape=_escapes,  # noqa: S701 - leaves out plain-text mail alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    return made


# ---------------------------------------------------------------------------------------------------------------------


def _escapes(template: str | None) -> bool:
    return not (template or "").endswith(".txt")


def _css(theme: Path, part: str) -> str:
    if part == "components":
        return "".join(file.read_text(encoding="utf-8") for file in sorted(theme.glob("components/*/*.css")))
    return (theme / "css" / f"{part}.css").read_text(encoding="utf-8")
