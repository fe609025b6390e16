"""schema.org as JSON-LD: a workshop is a Course, a run its CourseInstance, a rate an Offer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workshops.domain.moment import local
from workshops.domain.pricing import unit_price
from workshops.domain.vat import taxed
from workshops.domain.workshop import DeliveryMode, EventStatus, RunState, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from workshops.domain.catalogue import Provider
    from workshops.domain.moment import Moment
    from workshops.domain.workshop import Delivery, Rate, Run, Workshop

Json = dict[str, Any]


def course(  # noqa: PLR0913 - what a search engine is told comes from several files
    workshop: Workshop,
    provider: Provider,
    *,
    summary: str,
    speakers: Sequence[str],
    led_by: str | None,
    page_url: str,
    site_url: str,
    at: datetime,
    offered: bool = True,
) -> Json:
    """A workshop with its runs and rates as of an instant. Not `offered`: nothing of it is for sale."""
    organisation = _without_none({"@type": "Organization", "name": provider.name, "url": f"{site_url}/"})
    instructors = [{"@type": "Person", "name": name} for name in speakers]
    performers = [*([{"@type": "Organization", "name": led_by}] if led_by else []), *instructors]
    instances = [_instance(workshop, run, page_url, at, offered=offered) for run in workshop.runs]
    for instance in instances:
        instance.update({"organizer": organisation, "performer": performers, "instructor": instructors})
    return _without_none(
        {
            "@context": "https://schema.org",
            "@type": "Course",
            "name": workshop.title,
            "description": summary,
            "url": page_url,
            "provider": organisation,
            "hasCourseInstance": [_without_none(instance) for instance in instances],
        }
    )


def embedded(data: Json) -> str:
    """JSON that cannot end the script element it stands in, nor begin another."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# ---------------------------------------------------------------------------------------------------------------------

_SCHEMA = "https://schema.org/"

_MODES = {
    DeliveryMode.ONLINE: ("Online", "OnlineEventAttendanceMode"),
    DeliveryMode.IN_PERSON: ("Onsite", "OfflineEventAttendanceMode"),
    DeliveryMode.HYBRID: ("Blended", "MixedEventAttendanceMode"),
}

_STATUS = {
    EventStatus.SCHEDULED: "EventScheduled",
    EventStatus.TENTATIVE: "EventScheduled",
    EventStatus.POSTPONED: "EventPostponed",
    EventStatus.RESCHEDULED: "EventRescheduled",
    EventStatus.CANCELLED: "EventCancelled",
}

_AVAILABILITY = {
    RunState.OPEN: "InStock",
    RunState.FEW_PLACES: "LimitedAvailability",
    RunState.TENTATIVE: "PreOrder",
    RunState.NOT_YET_OPEN: "PreSale",
    RunState.FULL: "SoldOut",
}


def _instance(workshop: Workshop, run: Run, page_url: str, at: datetime, *, offered: bool) -> Json:
    mode, attendance = _MODES[workshop.delivery.mode]
    return {
        "@type": ["CourseInstance", "EducationEvent"],
        "@id": f"{page_url}#run-{run.id}",
        "name": workshop.title,
        "url": page_url,
        "startDate": _written(run.starts),
        "endDate": _written(run.ends),
        "previousStartDate": _written(run.previously) if run.previously else None,
        "eventStatus": _SCHEMA + _STATUS[run.status],
        "eventAttendanceMode": _SCHEMA + attendance,
        "courseMode": mode,
        "location": _locations(workshop.delivery, page_url),
        "offers": [_offer(workshop, run, rate, page_url, at, offered=offered) for rate in run.rates],
    }


def _offer(workshop: Workshop, run: Run, rate: Rate, page_url: str, at: datetime, *, offered: bool) -> Json:
    price = taxed(unit_price(workshop, rate, 1, at).net, workshop.vat)
    availability = _AVAILABILITY.get(state_of(run, at), "Discontinued") if offered else "Discontinued"
    opens_at = run.opens_at()
    return _without_none(
        {
            "@type": "Offer",
            "name": rate.name,
            "url": page_url,
            "price": _decimal(price.gross),
            "priceCurrency": "GBP",
            "priceSpecification": {
                "@type": "PriceSpecification",
                "price": _decimal(price.gross),
                "priceCurrency": "GBP",
                "valueAddedTaxIncluded": True,
            },
            "availability": _SCHEMA + availability,
            "validFrom": local(opens_at, run.timezone).isoformat() if opens_at else None,
            "validThrough": local(run.closes_at(), run.timezone).isoformat(),
        }
    )


def _locations(delivery: Delivery, page_url: str) -> list[Json]:
    venue = delivery.venue
    places = [{"@type": "Place", "name": venue.name, "address": venue.address}] if venue else []
    online = delivery.mode is not DeliveryMode.IN_PERSON
    return [*places, *([{"@type": "VirtualLocation", "url": page_url}] if online else [])]


def _written(moment: Moment) -> str:
    return local(moment.first_instant(), moment.zone).isoformat() if moment.time else moment.day.isoformat()


def _decimal(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02}"


def _without_none(data: Json) -> Json:
    return {name: value for name, value in data.items() if value is not None and value != []}
