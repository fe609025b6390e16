"""A confirmed booking as strings and primitives, for the mails to its buyer and its delegates."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workshops.domain.moment import LONDON, Moment, local
from workshops.domain.workshop import Day, DeliveryMode, EventStatus
from workshops.formats.human import count, day, day_by_day, one_line, short_day
from workshops.formats.quote_view import amount_view, line_view, vat_view
from workshops.formats.site import legal_lines, page_path, telephone_href

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.domain.booking import Booking, Delegate
    from workshops.domain.catalogue import Provider
    from workshops.domain.workshop import Delivery, Run, Workshop


def buyer_view(booking: Booking, run: Run, booking_url: str) -> dict[str, Any]:
    """What the buyer alone is told: who comes, what it costs to the penny, and where to see and change it."""
    return {
        "name": one_line(booking.buyer.name),
        "organisation": one_line(booking.buyer.organisation),
        "booking_url": booking_url,
        "places": _places(booking, run),
        "delegates": [_delegate_view(delegate) for delegate in booking.delegates],
        "names_missing": sum(not delegate.named for delegate in booking.delegates),
        "lines": [line_view(line) for line in booking.quote.lines],
        "vat": vat_view(booking.quote.lines),
        "total": amount_view(booking.quote.total),
        "purchase_order": one_line(booking.purchase_order) if booking.purchase_order else None,
        "paid": booking.session is not None,
        "invoice_url": booking.invoice_url,
    }


def delegate_view(delegate: Delegate) -> dict[str, Any]:
    """What a delegate alone is told: nothing of prices, nor of anybody else."""
    return {"name": one_line(delegate.name or "")}


def run_view(workshop: Workshop, run: Run, *, site_url: str, whom: str, at: datetime) -> dict[str, Any]:
    """What both are told of a run as of an instant; `whom` is to get the joining details, such as "you"."""
    page_url = f"{site_url}/workshops/{workshop.slug}/"
    return {
        "title": one_line(workshop.title),
        "date": short_day(run.starts.day),
        "days": day_by_day(run),
        "days_in_london": day_by_day(_in_london(run)) if run.timezone != LONDON and run.starts.time else [],
        "times_known": run.starts.time is not None,
        "places_held": _where(workshop.delivery),
        "notice": _NOTICES.get(run.status),
        "previously": day(run.previously.day) if run.previously else None,
        "joining": _joining(workshop.delivery, run, whom, at),
        "page_url": page_url,
        "calendar_url": f"{page_url}{run.id}.ics",
    }


def provider_view(provider: Provider, site_url: str) -> dict[str, Any]:
    """Who sells, and how to reach them; what the content leaves empty is None."""
    return {
        "name": one_line(provider.name),
        "email": provider.booking_email,
        "telephone": provider.telephone,
        "telephone_href": telephone_href(provider.telephone) if provider.telephone else None,
        "legal_lines": [one_line(line) for line in legal_lines(provider)],
        "terms_url": _page(site_url, provider.terms_page),
        "privacy_url": _page(site_url, provider.privacy_page),
    }


# ---------------------------------------------------------------------------------------------------------------------

_NOTICES = {
    EventStatus.TENTATIVE: "This date is provisional. We will write to you when it is confirmed.",
    EventStatus.POSTPONED: "This date has been postponed. We will write to you with the new one.",
    EventStatus.CANCELLED: "This date has been cancelled. We will write to you about your booking.",
}

_JOINING = {
    DeliveryMode.ONLINE: "The link to join",
    DeliveryMode.IN_PERSON: "A note with the details of the day",
    DeliveryMode.HYBRID: "A note with how to join",
}


_UNHELD = frozenset({EventStatus.POSTPONED, EventStatus.CANCELLED})


def _places(booking: Booking, run: Run) -> str:
    covers = next((rate.covers for rate in run.rates if rate.id == booking.rate), None)
    most = f" (this rate covers up to {covers})" if covers else ""
    return f"{count(booking.places, 'place')}{most}"


def _delegate_view(delegate: Delegate) -> dict[str, Any]:
    return {
        "number": delegate.number,
        "name": one_line(delegate.name) if delegate.name else None,
        "email": delegate.email,
    }


def _in_london(run: Run) -> Run:
    days = tuple(Day(_london(one.starts), _london(one.ends)) for one in run.days)
    return replace(run, days=days, timezone=LONDON)


def _london(moment: Moment) -> Moment:
    there = local(moment.first_instant())
    return Moment(there.date(), there.time())


def _where(delivery: Delivery) -> list[str]:
    online = f"Online, through {delivery.platform}" if delivery.platform else "Online"
    venue = f"{delivery.venue.name}, {delivery.venue.address}" if delivery.venue else "Venue to be confirmed"
    held = {
        DeliveryMode.ONLINE: [online],
        DeliveryMode.IN_PERSON: [venue],
        DeliveryMode.HYBRID: [venue, online],
    }
    return [one_line(place) for place in held[delivery.mode]]


def _joining(delivery: Delivery, run: Run, whom: str, at: datetime) -> str | None:
    if run.status in _UNHELD:
        return None
    return f"{_JOINING[delivery.mode]} will be sent to {whom} {_joining_when(run, at)}."


def _page(site_url: str, slug: str | None) -> str | None:
    path = page_path(slug)
    return f"{site_url}{path}" if path else None


def _joining_when(run: Run, at: datetime) -> str:
    due = run.starts.day - timedelta(days=run.joining_days_before)
    if due <= local(at, run.timezone).date():
        return "shortly"
    if not run.joining_days_before:
        return f"on {day(due)}"
    return f"{count(run.joining_days_before, 'day')} before, on {day(due)}"
