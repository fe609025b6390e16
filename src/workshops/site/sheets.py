"""Every page of an edition: its path, its template and what the template is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workshops.site import views
from workshops.site.visible import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshops.site.views import Shelf, View


class Sheet(NamedTuple):
    """A page not yet rendered."""

    template: str
    view: View

    @property
    def path(self) -> str:
        """Where on the site: /workshops/ or /404.html."""
        return str(self.view["page"]["path"])

    @property
    def file(self) -> str:
        """Where in the output folder."""
        return (self.path + "index.html" if self.path.endswith("/") else self.path).lstrip("/")


def sheets(at: Shelf) -> Iterator[Sheet]:
    """All pages, one at a time."""
    yield Sheet("pages/home.html", views.home_page(at))
    yield Sheet("pages/workshops.html", views.list_page(at))
    yield Sheet("pages/archive.html", views.archive_page(at))
    for workshop in at.content.workshops:
        yield Sheet("pages/workshop.html", views.workshop_page(workshop, at))
    for topic in views.topics(at):
        yield Sheet("pages/collection.html", views.topic_page(topic, at))
    for series in at.content.series:
        yield Sheet("pages/collection.html", views.series_page(series, at))
    for speaker in at.content.speakers:
        yield Sheet("pages/speaker.html", views.speaker_page(speaker, at))
    for page in at.content.pages:
        if page.slug != HOME:
            yield Sheet("pages/page.html", views.content_page(page, at))
    yield Sheet("pages/404.html", views.not_found_page(at))
