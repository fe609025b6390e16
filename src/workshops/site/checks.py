"""What must agree between files, and with what was published before."""

from __future__ import annotations

from collections import Counter, defaultdict
from difflib import get_close_matches
from typing import TYPE_CHECKING

from workshops.site.content import DRAFT, WorkshopContent
from workshops.site.faults import Fault, shown, suggestion
from workshops.site.layout import IMAGES, PICTURE_ENDINGS
from workshops.site.links import kind_advice
from workshops.site.mentions import PICTURE, TITLE, TOPIC
from workshops.site.slugs import slugify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workshops.domain.catalogue import Catalogue
    from workshops.domain.workshop import Workshop
    from workshops.site.layout import Listing
    from workshops.site.mentions import Mention
    from workshops.site.page import Page

    Found = tuple[Page, Mention]


def across(pages: Sequence[Page], listing: Listing, previous: Catalogue | None) -> Iterator[Fault]:
    """Faults and warnings that one file alone cannot show."""
    yield from _unknown_names(pages, listing)
    yield from _pictures(pages, listing)
    yield from _topics(pages)
    yield from _titles(pages)
    if previous:
        yield from _gone(pages, previous, listing.name)


# ---------------------------------------------------------------------------------------------------------------------

_CLOSE = 0.88
_SHORTEST = 5
"""Letters: shorter topics are too alike by nature."""


def _at(page: Page, mention: Mention, message: str, *, warning: bool = False) -> Fault:
    return Fault(page.path, mention.line, mention.column, f"{mention.told_as}: {message}", warning)


def _mentions(pages: Sequence[Page], target: str) -> Iterator[Found]:
    return ((page, mention) for page in pages for mention in page.mentions if mention.target == target)


def _unknown_names(pages: Sequence[Page], listing: Listing) -> Iterator[Fault]:
    drafts = {(page.kind, page.slug) for page in pages if page.status == DRAFT}
    for page in pages:
        for mention in page.mentions:
            if not mention.target:
                yield _at(page, mention, f"there are no such links: {kind_advice(mention.told_as[1:].split('}')[0])}")
            elif mention.target in listing.files:
                yield from _unknown_name(page, mention, listing, drafts)


def _unknown_name(page: Page, mention: Mention, listing: Listing, drafts: set[tuple[str, str]]) -> Iterator[Fault]:
    known = listing.files[mention.target]
    if mention.name not in known:
        path = f"{listing.name}/{mention.target}/{shown(mention.name) or '…'}.md"
        yield _at(page, mention, f"there is no {path}{_or(suggestion(mention.name, known))}")
    elif (
        (mention.target, mention.name) in drafts
        and page.status != DRAFT
        and not mention.told_as.startswith("workshops[")
    ):
        yield _at(page, mention, "this is a draft, which readers cannot open: publish it, or take the link out")


def _or(meant: str | None) -> str:
    return f": did you mean {meant}?" if meant else ""


def _pictures(pages: Sequence[Page], listing: Listing) -> Iterator[Fault]:
    for page, mention in _mentions(pages, PICTURE):
        if message := _picture(mention.name, listing):
            yield _at(page, mention, message)


def _picture(name: str, listing: Listing) -> str | None:
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        return f"{shown(name)} is not within {listing.name}/{IMAGES}: put the picture there and write its name alone"
    if name not in listing.pictures:
        return f"there is no {listing.name}/{IMAGES}/{shown(name)}{_or(suggestion(name, listing.pictures))}"
    if not name.lower().endswith(PICTURE_ENDINGS):
        return f"{shown(name)} is not a picture that browsers show: use {', '.join(PICTURE_ENDINGS)}"
    return None


def _topics(pages: Sequence[Page]) -> Iterator[Fault]:
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for _, mention in _mentions(pages, TOPIC):
        spellings[slugify(mention.name)][mention.name] += 1
    usual = {topic: _most_used(counter) for topic, counter in spellings.items()}
    close = _close_topics(spellings)
    for page, mention in _mentions(pages, TOPIC):
        topic = slugify(mention.name)
        if mention.name != usual[topic]:
            yield _at(page, mention, f"{shown(mention.name)} is written {usual[topic]} elsewhere: use one spelling")
        elif topic in close:
            message = f"no other workshop has {shown(mention.name)}: did you mean {usual[close[topic]]}?"
            yield _at(page, mention, message, warning=True)


def _most_used(spellings: Counter[str]) -> str:
    return max(spellings, key=lambda name: (spellings[name], name.islower(), name))


def _close_topics(spellings: dict[str, Counter[str]]) -> dict[str, str]:
    """Topics used once, each with one that is used more often and written almost alike."""
    often = [topic for topic, counter in spellings.items() if counter.total() > 1 and len(topic) >= _SHORTEST]
    once = [topic for topic, counter in spellings.items() if counter.total() == 1 and len(topic) >= _SHORTEST]
    found = ((topic, get_close_matches(topic, often, n=1, cutoff=_CLOSE)) for topic in once)
    return {topic: matches[0] for topic, matches in found if matches}


def _titles(pages: Sequence[Page]) -> Iterator[Fault]:
    first: dict[str, Page] = {}
    for page, mention in _mentions(pages, TITLE):
        other = first.setdefault(mention.name.casefold(), page)
        if other is not page:
            yield _at(page, mention, f"{other.path} has the same title", warning=True)


def _gone(pages: Sequence[Page], previous: Catalogue, name: str) -> Iterator[Fault]:
    now = {page.slug: page for page in pages if page.kind == "workshops"}
    for slug, workshop in sorted(previous.workshops.items()):
        page = now.get(slug)
        if page is None:
            message = "this workshop was published and is gone: put it back, with status: archived"
            yield Fault(f"{name}/workshops/{slug}.md", 1, 1, message)
        elif page.status == DRAFT:
            yield Fault(page.path, 1, 1, "this workshop was published and is a draft now: write status: archived")
        elif isinstance(page.content, WorkshopContent):
            yield from _runs_gone(page, page.content.workshop, workshop)


def _runs_gone(page: Page, now: Workshop, before: Workshop) -> Iterator[Fault]:
    new = [run for run in now.runs if not before.run(run.id)]
    for run in before.runs:
        if now.run(run.id):
            continue
        renamed = next((other.id for other in new if other.starts.day == run.starts.day), None)
        if renamed:
            message = f"runs: {run.id} was published and is {renamed} now: write id: {run.id}"
        else:
            message = f"runs: {run.id} was published and is gone: put it back, with status: cancelled if it is off"
        yield Fault(page.path, *page.runs_place, message)
