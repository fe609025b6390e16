"""One file as it was read: its content where it is sound, and in any case its place, mentions and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workshops.site.faults import Fault

if TYPE_CHECKING:
    from workshops.site.content import PageContent, ProviderContent, SeriesContent, SpeakerContent, WorkshopContent
    from workshops.site.mentions import Mention

    PageContents = WorkshopContent | SpeakerContent | SeriesContent | PageContent | ProviderContent


@dataclass(slots=True)
class Page:
    """A file of the content folder; `path` is how messages name it, `kind` its folder or "provider".

    `runs_place` is where its runs begin, for messages about runs that are not there any more.
    """

    path: str
    kind: str
    slug: str
    status: str = "published"
    content: PageContents | None = None
    runs_place: tuple[int, int] = (1, 1)
    mentions: list[Mention] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unfilled: list[Fault] = field(default_factory=list)

    def fault(self, line: int, column: int, message: str, *, warning: bool = False) -> None:
        """Notes what is wrong."""
        self.faults.append(Fault(self.path, line, column, message, warning))
