"""`/booking/…`: the return page after payment, and the buyer's own page under a link that only the buyer has."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions import wiring
from workshops.adapters import http_api
from workshops.adapters.http_api import BadRequest
from workshops.app.booking_form import FormRefused, typed_names
from workshops.app.delegates import name_delegates
from workshops.app.links import link_digest, link_token
from workshops.app.ports import PaymentRefused, PaymentsUnavailable, StoreUnavailable, UnknownSession
from workshops.app.settlement import settle
from workshops.domain.booking import BookingState, SessionId
from workshops.domain.catalogue import UnknownRun
from workshops.formats.booking_page import buyers_view, public_view
from workshops.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workshops.adapters.http_api import Answer, Request
    from workshops.domain.booking import Booking
    from workshops.domain.catalogue import Catalogue

SESSION = re.compile(r"cs_[A-Za-z0-9_]{10,120}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
SETTLED = frozenset({BookingState.CONFIRMED, BookingState.CANCELLED, BookingState.REFUND_DUE})

log = logging.getLogger(__name__)


class NotHere(BadRequest):
    """Nothing is at this address; nobody learns whether something ever was."""

    def __init__(self) -> None:
        sentence = (
            "Check that the address is complete: mail programs sometimes cut it. "
            "If you have booked and cannot find your booking, write to us."
        )
        super().__init__(HTTPStatus.NOT_FOUND, sentence)


def handler(event: Mapping[str, Any], _context: object) -> Answer:
    """AWS HTTP API event in, answer out."""
    request, catalogue = http_api.request_of(event), wiring.catalogue()
    try:
        return _answer(request, catalogue)
    except BadRequest as bad:
        return _message(catalogue, bad.status, "We cannot show this page", bad.message, bad.headers)
    except UnknownRun:
        sentence = "Your booking is safe, but its workshop is no longer on our pages. Write to us about it."
        return _message(catalogue, HTTPStatus.NOT_FOUND, "This workshop is no longer listed", sentence)
    except StoreUnavailable as error:
        log.error("booking not shown: %s", error)  # noqa: TRY400 - foreseen: no traceback
        sentence = "Your booking is safe, but we cannot show it at this moment. Try again in a minute."
        heading = "Please try again in a minute"
        return _message(catalogue, HTTPStatus.SERVICE_UNAVAILABLE, heading, sentence, {"retry-after": "60"})


# ---------------------------------------------------------------------------------------------------------------------


def _answer(request: Request, catalogue: Catalogue) -> Answer:
    match request.path.strip("/").split("/"):
        case ["booking", "return"]:
            return _return_page(request, catalogue)
        case ["booking", token]:
            http_api.require_method(request, "GET", "HEAD")
            return _buyers_page(_of_token(token), token, catalogue)
        case ["booking", token, "delegates"]:
            return _name_delegates(request, token, catalogue)
        case _:
            raise NotHere


def _return_page(request: Request, catalogue: Catalogue) -> Answer:
    http_api.require_method(request, "GET", "HEAD")
    session = SessionId(request.query.get("session_id", ""))
    booking = _of_session(session)
    if booking.state not in SETTLED:
        _settle(session, catalogue)
        booking = _of_session(session)
    workshop, run = catalogue.find(booking.workshop, booking.run)
    again = f"/booking/return?session_id={session}"
    return _booking_page(catalogue, HTTPStatus.OK, public_view(booking, workshop, run, check_again=again))


def _settle(session: SessionId, catalogue: Catalogue) -> None:
    """Settle if the payment provider answers; if not, the page tells what is stored, and offers to check again."""
    try:
        settle(
            session,
            bookings=wiring.bookings(),
            payments=wiring.payments(),
            catalogue=catalogue,
            now=settings().now(),
        )
    except (PaymentsUnavailable, PaymentRefused, UnknownSession) as error:
        log.warning("return page not settled: %s", error)


def _name_delegates(request: Request, token: str, catalogue: Catalogue) -> Answer:
    http_api.require_method(request, "POST")
    booking, fields = _of_token(token), http_api.form_of(request)
    try:
        name_delegates(booking.id, fields, bookings=wiring.bookings(), now=settings().now())
    except FormRefused as refused:
        errors = [(fault.field, fault.message) for fault in refused.errors]
        typed = typed_names(fields, booking.delegates)
        return _buyers_page(booking, token, catalogue, HTTPStatus.UNPROCESSABLE_ENTITY, typed, errors)
    return http_api.see_other(f"{settings().site_url}/booking/{token}")


def _buyers_page(
    booking: Booking,
    token: str,
    catalogue: Catalogue,
    status: HTTPStatus = HTTPStatus.OK,
    typed: Mapping[int, tuple[str, str]] | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> Answer:
    workshop, run = catalogue.find(booking.workshop, booking.run)
    action = f"/booking/{token}/delegates"
    view = buyers_view(booking, workshop, run, names_action=action, typed=typed, errors=errors)
    return _booking_page(catalogue, status, view)


def _of_session(session: SessionId) -> Booking:
    if not SESSION.fullmatch(session):
        raise NotHere
    return _found(lambda: wiring.bookings().of_session(session))


def _of_token(token: str) -> Booking:
    """The booking of a link. An earlier revision's link is revoked, though its digest is still stored."""
    if not TOKEN.fullmatch(token):
        raise NotHere
    booking = _found(lambda: wiring.bookings().of_link(link_digest(token)))
    if token != link_token(settings().token_secret, booking.id, booking.link_revision):
        raise NotHere
    return booking


def _found(look: Callable[[], Any]) -> Booking:
    booking_id = look()
    booking = wiring.bookings().find(booking_id) if booking_id else None
    if booking is None:
        raise NotHere
    return booking


def _booking_page(catalogue: Catalogue, status: HTTPStatus, view: Mapping[str, Any]) -> Answer:
    return http_api.page(status, wiring.pages().booking(catalogue.provider, view))


def _message(
    catalogue: Catalogue, status: HTTPStatus, heading: str, sentence: str, headers: Mapping[str, str] | None = None
) -> Answer:
    link = {
        "href": f"mailto:{catalogue.provider.booking_email}",
        "text": f"Write to {catalogue.provider.booking_email}",
    }
    return http_api.page(status, wiring.pages().message(catalogue.provider, heading, [sentence], [link]), headers)
