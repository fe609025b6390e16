"""What templates are given: strings and primitives, never the values that they were made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from workshops.domain.vat import charges_vat
from workshops.domain.workshop import DeliveryMode
from workshops.formats.booking_form import extra_view, form_view, rate_view
from workshops.formats.human import count, pounds, sentence_case
from workshops.formats.jsonld import course, embedded
from workshops.formats.run_view import run_view
from workshops.formats.site import site_view
from workshops.site.banner import pattern
from workshops.site.content import ARCHIVED, DRAFT
from workshops.site.markdown import render
from workshops.site.visible import HOME, Addresses, address, addresses, topic_path

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.domain.policy import CancellationTerm
    from workshops.domain.workshop import Delivery, GroupDiscount
    from workshops.site.content import (
        Content,
        PageContent,
        Picture,
        Prose,
        SeriesContent,
        SpeakerContent,
        WorkshopContent,
    )
    from workshops.site.edition import Edition

View = dict[str, Any]

MOST_ON_HOME = 6
"""Workshops that the front page names before it points to the whole list."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The content an edition shows, and what every view is made with.

    `coming` are the workshops with a run to come, the next first; `past` those whose runs are all over and those that
    are no longer offered, the last first.
    """

    content: Content
    edition: Edition
    addresses: Addresses
    speakers: dict[str, SpeakerContent]
    site: View
    coming: tuple[WorkshopContent, ...]
    past: tuple[WorkshopContent, ...]

    def over(self, one: WorkshopContent) -> bool:
        """Whether a workshop belongs in the archive."""
        return _over(one, self.edition.as_of)


def shelf(content: Content, edition: Edition) -> Shelf:
    """All that the views need. `content` is what the edition shows: see `visible`."""
    found = addresses(content)
    pages = sorted((address("page", page.slug), page.title) for page in content.pages if page.slug != HOME)
    site = site_view(
        content.provider.provider,
        edition.site_url,
        edition.stylesheet_path,
        registered_office=content.provider.registered_office,
        pages=pages,
    )
    as_of = edition.as_of
    return Shelf(
        content,
        edition,
        found,
        {one.slug: one for one in content.speakers},
        site,
        coming=tuple(sorted(_not_over(content, as_of), key=lambda one: _next_first(one, as_of))),
        past=tuple(sorted((one for one in content.workshops if _over(one, as_of)), key=_last_first)),
    )


def workshop_page(one: WorkshopContent, at: Shelf) -> View:
    """A workshop's own page."""
    workshop, as_of = one.workshop, at.edition.as_of
    path = address("workshop", workshop.slug)
    runs = [run_view(workshop, run, as_of) for run in workshop.runs]
    offered = one.status not in {DRAFT, ARCHIVED}
    return {
        **_page(at, path, workshop.title, one.summary, draft=one.status == DRAFT, json_ld=_json_ld(one, at, path)),
        "workshop": {
            **_card(one, at),
            "highlights": list(one.highlights),
            "audience": list(one.audience),
            "outline": [
                {"title": part.title, "starts": part.starts, "points": list(part.points)} for part in one.outline
            ],
            "format": _format(one),
            "venue": _venue(workshop.delivery),
            "certificate": _certificate(one),
            "topics": [{"href": topic_path(topic), "text": sentence_case(topic)} for topic in one.topics],
            "series": _series_link(one, at),
            "speakers": [_speaker(at.speakers[slug], at) for slug in one.speakers],
            "speaker_links": [_speaker_link(at.speakers[slug]) for slug in one.speakers],
            "joining": next((run["joining"] for run in runs if not run["over"]), runs[-1]["joining"]),
            "banner": _banner(one),
            "runs": runs,
            "prices": _prices(one, at),
            "group_discounts": [_tier(tier) for tier in workshop.group_discounts],
            "extras": [extra_view(extra) for extra in workshop.extras],
            "html": _html(one.prose, at),
        },
        "forms": [
            {"run": shown, "form": form_view(workshop, run, as_of)}
            for run, shown in zip(workshop.runs, runs, strict=True)
            if offered and shown["online"]
        ],
    }


def list_page(at: Shelf) -> View:
    """All workshops to come."""
    return {
        **_page(at, "/workshops/", "Workshops", f"The next workshops of {at.site['name']}: dates, prices and booking."),
        "cards": [_card(one, at) for one in at.coming],
        "topics": [{"href": topic_path(topic), "text": sentence_case(topic)} for topic in topics(at)],
    }


def archive_page(at: Shelf) -> View:
    """All workshops that are over."""
    description = f"Workshops of {at.site['name']} that have taken place or are no longer offered."
    return {
        **_page(at, "/workshops/archive/", "Past workshops", description),
        "cards": [_card(one, at) for one in at.past],
    }


def topic_page(topic: str, at: Shelf) -> View:
    """The workshops of a topic."""
    title = sentence_case(topic)
    ours = [one for one in (*at.coming, *at.past) if topic in one.topics]
    return {
        **_page(at, topic_path(topic), title, f"Workshops of {at.site['name']} on {topic}: dates, prices and booking."),
        "cards": [_card(one, at) for one in ours if not at.over(one)],
        "past": [_card(one, at) for one in ours if at.over(one)],
        "html": Markup(""),
        "kind": "Topic",
    }


def series_page(one: SeriesContent, at: Shelf) -> View:
    """A series with its workshops in its own order."""
    by_slug = {each.workshop.slug: each for each in at.content.workshops}
    ours = [by_slug[slug] for slug in one.workshops if slug in by_slug]
    description = one.summary or f"{one.title}: a series of workshops of {at.site['name']}."
    return {
        **_page(at, address("series", one.slug), one.title, description),
        "cards": [_card(each, at) for each in ours if not at.over(each)],
        "past": [_card(each, at) for each in ours if at.over(each)],
        "html": _html(one.prose, at),
        "kind": "Series",
    }


def speaker_page(one: SpeakerContent, at: Shelf) -> View:
    """A speaker with the workshops they take part in."""
    ours = [each for each in (*at.coming, *at.past) if one.slug in each.speakers]
    description = f"{', '.join(filter(None, (one.name, one.role, one.organisation)))}: workshops and biography."
    return {
        **_page(at, address("speaker", one.slug), one.name, description),
        "speaker": {**_speaker(one, at), "html": _html(one.prose, at)},
        "cards": [_card(each, at) for each in ours if not at.over(each)],
        "past": [_card(each, at) for each in ours if at.over(each)],
    }


def content_page(one: PageContent, at: Shelf) -> View:
    """A page of content/pages."""
    provider = at.content.provider
    terms = provider.cancellation if one.slug == provider.provider.terms_page else ()
    description = one.summary or f"{one.title}: {at.site['name']}."
    return {
        **_page(at, address("page", one.slug), one.title, description, draft=one.status == DRAFT),
        "html": _html(one.prose, at),
        "cancellation": [_cancellation(term) for term in terms],
    }


def home_page(at: Shelf) -> View:
    """The front page: what content/pages/home.md says, and the next workshops."""
    home = next((page for page in at.content.pages if page.slug == HOME), None)
    title = home.title if home else at.site["name"]
    description = (home and home.summary) or f"{at.site['name']}: the next workshops, their prices and booking."
    return {
        **_page(at, "/", title, description),
        "html": _html(home.prose, at) if home else Markup(""),
        "cards": [_card(one, at) for one in at.coming[:MOST_ON_HOME]],
        "more": len(at.coming) > MOST_ON_HOME,
    }


def not_found_page(at: Shelf) -> View:
    """What an address that does not exist answers."""
    return _page(at, "/404.html", "Page not found", "There is no page at this address.")


def topics(at: Shelf) -> list[str]:
    """Every topic of the workshops shown, in order."""
    return sorted({topic for one in at.content.workshops for topic in one.topics})


# ---------------------------------------------------------------------------------------------------------------------


def _page(
    at: Shelf, path: str, title: str, description: str, *, draft: bool = False, json_ld: Markup | None = None
) -> View:
    page = {
        "path": path,
        "title": title,
        "description": description,
        "canonical": at.edition.url(path),
        "draft": draft,
        "json_ld": json_ld,
        "indexed": not draft and path != "/404.html",
    }
    return {"site": at.site, "page": page}


def _over(one: WorkshopContent, as_of: datetime) -> bool:
    return one.status == ARCHIVED or all(as_of >= run.ends.end_instant() for run in one.workshop.runs)


def _not_over(content: Content, as_of: datetime) -> list[WorkshopContent]:
    return [one for one in content.workshops if not _over(one, as_of)]


def _next_first(one: WorkshopContent, as_of: datetime) -> tuple[datetime, str]:
    starts = (run.starts.first_instant() for run in one.workshop.runs if run.ends.end_instant() > as_of)
    return min(starts), one.workshop.slug


def _last_first(one: WorkshopContent) -> tuple[float, str]:
    return -max(run.ends.end_instant().timestamp() for run in one.workshop.runs), one.workshop.slug


def _card(one: WorkshopContent, at: Shelf) -> View:
    workshop, as_of = one.workshop, at.edition.as_of
    coming = [run for run in workshop.runs if as_of < run.ends.end_instant()]
    runs = coming if coming and one.status != ARCHIVED else workshop.runs
    nets = {rate.net for run in runs for rate in run.rates}
    return {
        "href": address("workshop", workshop.slug),
        "title": workshop.title,
        "summary": one.summary,
        "draft": one.status == DRAFT,
        "archived": one.status == ARCHIVED,
        "over": at.over(one),
        "runs": [run_view(workshop, run, as_of) for run in runs],
        "delivery": _delivery(workshop.delivery),
        "led_by": one.led_by,
        "from_net": pounds(min(nets)),
        "several_rates": len(nets) > 1,
        "charges_vat": charges_vat(workshop.vat),
    }


def _json_ld(one: WorkshopContent, at: Shelf, path: str) -> Markup:
    data = course(
        one.workshop,
        at.content.provider.provider,
        summary=one.summary,
        speakers=[at.speakers[slug].name for slug in one.speakers],
        led_by=one.led_by,
        page_url=at.edition.url(path),
        site_url=at.edition.site_url,
        at=at.edition.as_of,
        offered=one.status not in {DRAFT, ARCHIVED},
    )
    return Markup(embedded(data))  # noqa: S704 - `embedded` leaves no character that HTML would read


def _html(prose: Prose, at: Shelf, *, first_level: int = 2, prefix: str = "") -> Markup:
    html = render(prose.markdown, resolve=at.addresses, first_level=first_level, prefix=prefix)
    return Markup(html)  # noqa: S704 - written by the site's own editors, and rendered by us


def _prices(one: WorkshopContent, at: Shelf) -> list[View]:
    """The rates of each run, said once where every run has the same."""
    workshop = one.workshop
    priced = [
        {
            "dates": shown["dates"],
            "rates": [_price(rate_view(workshop, run, rate, at.edition.as_of)) for rate in run.rates],
        }
        for run in workshop.runs
        for shown in [run_view(workshop, run, at.edition.as_of)]
        if not shown["over"] or at.over(one)
    ]
    return priced if any(each["rates"] != priced[0]["rates"] for each in priced) else priced[:1]


def _price(rate: View) -> View:
    """What a page says of a rate wherever it is sold: how many places a booking may have is a run's own."""
    return {name: value for name, value in rate.items() if name not in {"places_most", "totals"}}


def _banner(one: WorkshopContent) -> View:
    workshop = one.workshop
    dates = " ".join(run.starts.day.isoformat() for run in workshop.runs)
    return {"picture": _picture(one.picture), "pattern": pattern(f"{workshop.title} {dates}")}


def _picture(picture: Picture | None) -> View | None:
    return {"src": address("image", picture.file), "alt": picture.alt} if picture else None


def _speaker(one: SpeakerContent, at: Shelf) -> View:
    return {
        "name": one.name,
        "role": ", ".join(filter(None, (one.role, one.organisation))),
        "href": address("speaker", one.slug),
        "picture": _picture(one.picture),
        "html": _html(one.prose, at, first_level=4, prefix=f"{one.slug}-"),
    }


def _speaker_link(one: SpeakerContent) -> View:
    return {"href": address("speaker", one.slug), "text": one.name}


def _series_link(one: WorkshopContent, at: Shelf) -> View | None:
    series = next((each for each in at.content.series if each.slug == one.series), None)
    return {"href": address("series", series.slug), "text": series.title} if series else None


def _delivery(delivery: Delivery) -> str:
    online = f"Online, through {delivery.platform}" if delivery.platform else "Online"
    venue = f"In person, {delivery.venue.name}" if delivery.venue else "In person"
    match delivery.mode:
        case DeliveryMode.ONLINE:
            return online
        case DeliveryMode.IN_PERSON:
            return venue
        case DeliveryMode.HYBRID:
            return f"{venue}, or {online[:1].lower()}{online[1:]}"


def _venue(delivery: Delivery) -> View | None:
    return {"name": delivery.venue.name, "address": delivery.venue.address} if delivery.venue else None


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _format(one: WorkshopContent) -> str | None:
    sessions = len(one.outline)
    if sessions < 2:  # noqa: PLR2004 - one part is no division
        return None
    return f"Workshop in {_NUMBERS[sessions] if sessions < len(_NUMBERS) else sessions} sessions"


def _certificate(one: WorkshopContent) -> str | None:
    if not one.cpd_certificate:
        return None
    hours = f" for {one.cpd_hours} {'hour' if one.cpd_hours == '1' else 'hours'}" if one.cpd_hours else ""
    return f"Certificates of CPD are available{hours}"


def _tier(tier: GroupDiscount) -> View:
    return {"people": count(tier.at_least, "delegate"), "percent": _percent(tier.off)}


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:g}%"


def _cancellation(term: CancellationTerm) -> View:
    unit = "working day" if term.working_days else "day"
    return {
        "notice": f"{count(term.notice_days, unit)} or more" if term.notice_days else "Less",
        "refund": _percent(term.refund),
        "fee": pounds(term.fee) if term.fee else "none",
    }
