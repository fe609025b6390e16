"""Pages that functions render from the theme: the form again, a booking, a plain message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshops.formats.site import site_view
from workshops.theme import environment, stylesheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workshops.domain.catalogue import Provider


class Pages:
    """The theme's pages for functions. The style is the one the site was built with, at the same address."""

    def __init__(self, theme: Path, site_url: str) -> None:
        self._environment = environment(theme)
        self._stylesheet = stylesheet(theme).path
        self._site_url = site_url

    def booking_refused(self, provider: Provider, form: Mapping[str, Any], *, heading: str) -> str:
        """The booking form again, filled in, with an error summary."""
        return self._render("booking_refused", provider, form=form, heading=heading, notice=None)

    def booking(self, provider: Provider, booking: Mapping[str, Any]) -> str:
        """A booking as it stands."""
        return self._render("booking", provider, booking=booking)

    def message(
        self, provider: Provider, heading: str, paragraphs: Sequence[str], links: Sequence[Mapping[str, str]] = ()
    ) -> str:
        """A heading, some paragraphs and where to go from there."""
        return self._render("message", provider, heading=heading, paragraphs=paragraphs, links=links)

    # --- private ---

    def _render(self, page: str, provider: Provider, **view: object) -> str:
        site = site_view(provider, self._site_url, self._stylesheet)
        return self._environment.get_template(f"pages/{page}.html").render(site=site, **view)
