"""`POST /api/checkout` books places; `GET /api/availability/…` says how many are left, and so warms this function."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions import wiring
from workshops.adapters import http_api
from workshops.adapters.http_api import BadRequest
from workshops.app.availability import availability
from workshops.app.booking_form import FormRefused, read_form
from workshops.app.checkout import NotBookable, PriceChanged, require_bookable, start
from workshops.app.ports import PaymentRefused, PaymentsUnavailable, SoldOut, StoreUnavailable
from workshops.domain.catalogue import UnknownRun
from workshops.domain.workshop import RunState
from workshops.formats.booking_form import form_view, last_value
from workshops.formats.human import count, moment, pounds
from workshops.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workshops.adapters.http_api import Answer, Request
    from workshops.app.checkout import SendTo
    from workshops.app.ports import Now
    from workshops.domain.catalogue import Catalogue, Provider
    from workshops.domain.errors import WorkshopsError
    from workshops.domain.workshop import Run, Workshop

AVAILABILITY = "/api/availability/"
RETRY_AFTER = {"retry-after": "60"}
ANTICIPATED = (FormRefused, PriceChanged, SoldOut, PaymentsUnavailable, PaymentRefused, StoreUnavailable)

log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], _context: object) -> Answer:
    """AWS HTTP API event in, answer out."""
    request, catalogue, now = http_api.request_of(event), wiring.catalogue(), settings().now()
    try:
        if request.path.startswith(AVAILABILITY):
            return _availability(request, catalogue, now)
        return _checkout(request, catalogue, now)
    except BadRequest as bad:
        heading = "This request cannot be answered"
        return _message(request, catalogue.provider, bad.status, heading, bad.message, headers=bad.headers)
    except UnknownRun:
        return _unknown_run(request, catalogue.provider)


# --- availability -----------------------------------------------------------------------------------------------------


def _availability(request: Request, catalogue: Catalogue, now: Now) -> Answer:
    http_api.require_method(request, "GET", "HEAD")
    slug, _, run_id = request.path.removeprefix(AVAILABILITY).strip("/").partition("/")
    workshop, run = catalogue.find(slug, run_id)
    try:
        found = availability(workshop, run, bookings=wiring.bookings(), now=now)
    except StoreUnavailable as error:
        log.error("availability not told: %s", error)  # noqa: TRY400 - foreseen: no traceback
        status, sentence = HTTPStatus.SERVICE_UNAVAILABLE, "We cannot count the places at this moment. Try again soon."
        heading = "Please try again in a minute"
        return _message(request, catalogue.provider, status, heading, sentence, workshop, RETRY_AFTER)
    if "text/html" not in request.headers.get("accept", ""):
        told = {"places_left": found.places_left, "state": found.state.value}
        return http_api.data(HTTPStatus.OK, told, {"cache-control": "public, max-age=60", "vary": "accept"})
    left = "" if found.places_left is None else f" ({count(found.places_left, 'place')} left)"
    sentence = f"{workshop.title}: {found.state.value}{left}."
    return _message(request, catalogue.provider, HTTPStatus.OK, "Places on this workshop", sentence, workshop)


# --- checkout ---------------------------------------------------------------------------------------------------------


def _checkout(request: Request, catalogue: Catalogue, now: Now) -> Answer:
    http_api.require_method(request, "POST")
    fields = http_api.form_of(request)
    workshop, run = catalogue.find(last_value(fields, "workshop"), last_value(fields, "run"))
    try:
        require_bookable(workshop, run, now)
        return http_api.see_other(_start(fields, workshop, run, catalogue, now).url)
    except NotBookable as closed:
        heading, sentence = _why_not_bookable(closed, catalogue.provider)
        return _message(request, catalogue.provider, HTTPStatus.GONE, heading, sentence, workshop)
    except ANTICIPATED as error:
        refusal = _refusal(error, catalogue.provider)
        form = form_view(workshop, run, now.business, values=fields, errors=refusal.errors)
        return _form_again(request, catalogue.provider, refusal, form)


def _start(fields: Mapping[str, Sequence[str]], workshop: Workshop, run: Run, catalogue: Catalogue, now: Now) -> SendTo:
    return start(
        request=read_form(fields, workshop, run, catalogue.provider),
        catalogue=catalogue,
        bookings=wiring.bookings(),
        payments=wiring.payments(),
        now=now,
        new_id=wiring.new_booking_id,
        secret=settings().token_secret,
        site_url=settings().site_url,
    )


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What a buyer is told, field by field."""

    status: HTTPStatus
    errors: Sequence[tuple[str, str]]
    heading: str = "Check your booking"

    @property
    def headers(self) -> Mapping[str, str]:
        return RETRY_AFTER if self.status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def _refusal(error: WorkshopsError, provider: Provider) -> _Refusal:
    match error:
        case FormRefused():
            errors = [(fault.field, fault.message) for fault in error.errors]
            return _Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, errors)
        case PriceChanged():
            return _Refusal(HTTPStatus.CONFLICT, [("rate", _new_price(error))], "The price has changed")
        case SoldOut():
            return _Refusal(HTTPStatus.CONFLICT, [_sold_out(error, provider)], "There are not enough places left")
        case _:
            log.error("checkout refused: %s: %s", type(error).__name__, error)
            sentence = (
                "Booking is interrupted at the moment. Nothing was charged by this attempt. "
                f"Your entries are still here: try again in a few minutes, or write to {provider.booking_email}."
            )
            return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, [("form", sentence)], "Booking is interrupted")


def _new_price(error: PriceChanged) -> str:
    total = error.quote.total
    return (
        f"The price has changed since the page was made: your booking now costs {pounds(total.net)} + "
        f"{pounds(total.vat)} VAT = {pounds(total.gross)}. Book again if you agree"
    )


def _sold_out(error: SoldOut, provider: Provider) -> tuple[str, str]:
    if error.what.startswith("EXTRA#"):
        extra = error.what.removeprefix("EXTRA#")
        return f"extra_{extra}", f"Only {error.left} of these are left: choose fewer"
    if error.left == 0:
        return (
            "quantity",
            f"No places are left. Write to {provider.booking_email} and we will tell you what is possible",
        )
    verb = "is" if error.left == 1 else "are"
    return "quantity", f"Only {count(error.left, 'place')} {verb} left: choose fewer, or write to us"


def _why_not_bookable(closed: NotBookable, provider: Provider) -> tuple[str, str]:
    ask = f"Write to {provider.booking_email} and we will help."
    opens = closed.run.opens
    match closed.state:
        case RunState.NOT_YET_OPEN if opens:
            return "Booking is not yet open", f"Booking opens on {moment(opens)}. {ask}"
        case RunState.PAST:
            return "This workshop is past", f"It took place on {moment(closed.run.starts)}. {ask}"
        case RunState.CANCELLED:
            return "This workshop is cancelled", f"It will not take place on {moment(closed.run.starts)}. {ask}"
        case RunState.POSTPONED:
            return "This workshop is postponed", f"A new date is not fixed yet. {ask}"
        case RunState.TENTATIVE:
            return "This date is still to be confirmed", f"Until then it is booked by purchase order only. {ask}"
        case _:
            return "Booking is closed", f"Booking for {moment(closed.run.starts)} has closed. {ask}"


# --- answers ----------------------------------------------------------------------------------------------------------


def _form_again(request: Request, provider: Provider, refusal: _Refusal, form: Mapping[str, Any]) -> Answer:
    if request.wants_json:
        return http_api.problem(refusal.status, refusal.heading, errors=refusal.errors, headers=refusal.headers)
    html = wiring.pages().booking_refused(provider, form, heading=refusal.heading)
    return http_api.page(refusal.status, html, refusal.headers)


def _unknown_run(request: Request, provider: Provider) -> Answer:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.NOT_FOUND
    sentence = "There is no such workshop, or it has no such date. Choose one from the list of workshops."
    if request.wants_json:
        return http_api.problem(status, sentence, errors=[("run", sentence)])
    return _message(request, provider, status, "We do not know this workshop", sentence)


def _message(
    request: Request,
    provider: Provider,
    status: HTTPStatus,
    heading: str,
    sentence: str,
    workshop: Workshop | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    if request.wants_json:
        return http_api.problem(status, sentence, headers=headers)
    href = f"/workshops/{workshop.slug}/" if workshop else "/workshops/"
    link = {"href": href, "text": workshop.title if workshop else "All workshops"}
    return http_api.page(status, wiring.pages().message(provider, heading, [sentence], [link]), headers)
