"""Buying places: from a sound form to the hosted payment page, with the seats held before anybody is sent there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from workshops.app.links import link_digest, link_token
from workshops.app.ports import (
    FORM_REMEMBERED,
    AlreadyHeld,
    Changed,
    CheckoutSession,
    Limits,
    PaymentRefused,
    PaymentsUnavailable,
    RequestInProgress,
    SessionStatus,
    SoldOut,
    StoreUnavailable,
    UnknownSession,
)
from workshops.app.settlement import carry_over
from workshops.domain.booking import Booking, BookingId, BookingState, PaymentRequest
from workshops.domain.errors import WorkshopsError
from workshops.domain.pricing import Quote, quote, unit_price
from workshops.domain.workshop import BOOKABLE, RunState, state_on_offer
from workshops.formats.human import run_dates

if TYPE_CHECKING:
    from collections.abc import Callable

    from workshops.app.booking_form import BookingRequest
    from workshops.app.ports import Bookings, Now, Payments
    from workshops.domain.catalogue import Catalogue
    from workshops.domain.workshop import Run, Workshop

HOLD = timedelta(minutes=35)
"""Stripe refuses a session that ends within 30 minutes by its own clock; five more bear a slow request and skew."""

FRESH = timedelta(minutes=31)
"""A stored request can be sent again only while its session would still end so far ahead."""

TRIES = 5
"""How often a form is started anew when others change what it stands on."""


class NotBookable(WorkshopsError):
    """The run takes no bookings in the state it is in."""

    def __init__(self, workshop: Workshop, run: Run, state: RunState) -> None:
        super().__init__(f"{workshop.slug}/{run.id} is {state}")
        self.workshop, self.run, self.state = workshop, run, state


class PriceChanged(WorkshopsError):
    """The page showed another price than is in force, in pence; `quote` is what it costs now."""

    def __init__(self, now: Quote) -> None:
        super().__init__(f"the price in force is {now.total.gross}p, VAT included")
        self.quote = now


@dataclass(frozen=True, slots=True)
class SendTo:
    """Where the buyer goes next."""

    url: str


def require_bookable(workshop: Workshop, run: Run, now: Now) -> None:
    """Raises `NotBookable` unless the run takes bookings by card, places permitting."""
    state = state_on_offer(workshop, run, now.business)
    if state not in BOOKABLE or state is RunState.TENTATIVE:
        raise NotBookable(workshop, run, state)


def start(
    *,
    request: BookingRequest,
    catalogue: Catalogue,
    bookings: Bookings,
    payments: Payments,
    now: Now,
    new_id: Callable[[], str],
    secret: str,
    site_url: str,
) -> SendTo:
    """Hold the places that a form asks for and open its payment page.

    The same form again leads to the same page; a changed form of the same buyer gives up the earlier hold first.
    Raises `NotBookable`, `PriceChanged`, `SoldOut`, `PaymentsUnavailable`, `PaymentRefused`, `StoreUnavailable`.
    """
    require_bookable(request.workshop, request.run, now)
    priced = _priced(request, catalogue, now)
    checkout = _Checkout(request, priced, catalogue, bookings, payments, now, new_id, secret, site_url)
    for _ in range(TRIES):
        try:
            return checkout.attempt()
        except (AlreadyHeld, Changed, RequestInProgress):
            continue  # another request of the same buyer came between: see what it did
    raise StoreUnavailable("the booking kept changing")


# ---------------------------------------------------------------------------------------------------------------------


def _priced(request: BookingRequest, catalogue: Catalogue, now: Now) -> Quote:
    made = quote(
        request.workshop,
        request.run,
        request.rate,
        request.places,
        at=now.business,
        extras=request.extras,
        catalogue_sha256=catalogue.sha256,
        catalogue_commit=catalogue.commit,
    )
    unit = unit_price(request.workshop, request.rate, 1, now.business)
    if request.shown_net not in {None, str(unit.net)} or request.shown_total not in {None, str(made.total.gross)}:
        raise PriceChanged(made)
    return made


@dataclass(frozen=True, slots=True)
class _Checkout:
    """One form on its way to a payment page."""

    request: BookingRequest
    quote: Quote
    catalogue: Catalogue
    bookings: Bookings
    payments: Payments
    now: Now
    new_id: Callable[[], str]
    secret: str
    site_url: str

    def attempt(self) -> SendTo:
        earlier = self._earlier()
        for booking in earlier:
            if again := self._again(booking):
                return again
        booking = self._new_booking()
        self._hold(booking, replaces=[one.id for one in earlier])
        return self._open(booking)

    def _earlier(self) -> list[Booking]:
        form = self.bookings.of_form(self.request.fingerprint(self.secret))
        buyer = self.bookings.of_buyer(
            self.request.workshop.slug, self.request.run.id, self.request.buyer_key(self.secret)
        )
        ids = [found for found in dict.fromkeys([form, buyer]) if found]
        return [booking for booking in map(self.bookings.find, ids) if booking]

    def _again(self, booking: Booking) -> SendTo | None:
        """Where an earlier booking of this buyer leads, or None once it stands in the way no longer."""
        same_form = booking.form == self.request.fingerprint(self.secret)
        if booking.state is BookingState.HELD:
            return self._again_held(booking, same_form=same_form)
        over = booking.state in {BookingState.EXPIRED, BookingState.CANCELLED}
        forgotten = self.now.machine > booking.expires_at - HOLD + FORM_REMEMBERED
        return None if over or forgotten or not same_form else self._return_page(booking)

    def _again_held(self, booking: Booking, *, same_form: bool) -> SendTo | None:
        wanted = same_form and booking.quote.total == self.quote.total  # another price is another order
        if wanted and booking.session is None and booking.expires_at - self.now.machine > FRESH:
            self._open(booking)
            raise Changed(booking.id)  # the answer may be an old one, repeated: ask how the session is now
        session = self._ended_unless_wanted(booking, wanted=wanted)
        if wanted and session and session.status is SessionStatus.OPEN and session.url:
            return SendTo(session.url)
        complete = session is not None and session.status is SessionStatus.COMPLETE
        return self._return_page(booking) if complete and same_form else None

    def _ended_unless_wanted(self, booking: Booking, *, wanted: bool) -> CheckoutSession | None:
        """The session of an earlier hold as it is now; the hold is settled or released when it is not wanted."""
        if booking.session is None:
            self.bookings.release(booking, at=self.now.machine)
            return None
        ask = self.payments.retrieve if wanted else self.payments.expire
        try:
            session = ask(booking.session)
        except UnknownSession:  # the account is another than it was: nobody can pay there any more
            self.bookings.release(booking, at=self.now.machine)
            return None
        self._carry_over(session)
        return session

    def _carry_over(self, session: CheckoutSession) -> None:
        carry_over(session, bookings=self.bookings, payments=self.payments, catalogue=self.catalogue, now=self.now)

    def _return_page(self, booking: Booking) -> SendTo:
        return SendTo(f"{self.site_url}/booking/return?session_id={booking.session}")

    def _new_booking(self) -> Booking:
        request, run = self.request, self.request.run
        booking = Booking(
            id=BookingId(self.new_id()),
            workshop=request.workshop.slug,
            run=run.id,
            rate=request.rate.id,
            state=BookingState.HELD,
            quote=self.quote,
            buyer=request.buyer,
            delegates=request.delegates,
            made_at=self.now.business,
            expires_at=self.now.machine.replace(microsecond=0) + HOLD,
            terms=self.catalogue.commit or self.catalogue.sha256,
            request=PaymentRequest("", ""),
            form=request.fingerprint(self.secret),
            buyer_key=request.buyer_key(self.secret),
        )
        page = f"{self.site_url}/workshops/{request.workshop.slug}/"
        prepared = self.payments.prepare(booking, title=request.workshop.title, dates=run_dates(run), page=page)
        return replace(booking, request=prepared)

    def _hold(self, booking: Booking, *, replaces: list[BookingId]) -> None:
        limits = Limits(
            places=self.request.run.capacity,
            extras={extra.id: extra.limit for extra in self.request.workshop.extras},
        )
        link = link_digest(link_token(self.secret, booking.id, booking.link_revision))
        try:
            self.bookings.hold(booking, limits=limits, link=link, replaces=replaces, at=self.now.machine)
        except SoldOut:
            if not self._reclaim():
                raise
            self.bookings.hold(booking, limits=limits, link=link, replaces=replaces, at=self.now.machine)

    def _reclaim(self) -> bool:
        """End the holds of the run that are past their time, asking the payment provider first; whether any was."""
        slug, run = self.request.workshop.slug, self.request.run.id
        overdue = [self.bookings.find(booking) for booking in self.bookings.past_due(slug, run, self.now.machine)]
        for booking in overdue:
            if booking and booking.state is BookingState.HELD:
                self._ended_unless_wanted(booking, wanted=False)
        return bool(overdue)

    def _open(self, booking: Booking) -> SendTo:
        """Open the payment page of a hold. Nobody was given it yet, so that a failure may give the places back."""
        try:
            session = self.payments.open(booking.request)
        except (PaymentsUnavailable, PaymentRefused):
            with suppress(Changed):  # another request of this buyer was quicker; nobody waits for a further try
                self.bookings.release(booking, at=self.now.machine)
            raise
        self.bookings.session_opened(booking, session.id, session.url or "")
        if session.status is not SessionStatus.OPEN or not session.url:
            raise Changed(booking.id)  # it was opened and ended before: start anew with what became of it
        return SendTo(session.url)
