"""Invented workshops, bookings and catalogues, whole and valid; each builder changes only what is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from workshops.domain.booking import Booking, BookingId, BookingState, Buyer, Delegate, PaymentRequest, SessionId
from workshops.domain.catalogue import Catalogue, Provider
from workshops.domain.moment import LONDON, Moment
from workshops.domain.money import Pence
from workshops.domain.pricing import quote
from workshops.domain.vat import VatRate
from workshops.domain.workshop import Day, Delivery, DeliveryMode, Rate, RateId, Run, RunId, Slug, Workshop

if TYPE_CHECKING:
    from collections.abc import Mapping

AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the example workshop is open for booking."""

SECRET = "not-a-secret-but-long-enough-for-one"


def a_day(day: date = date(2026, 4, 28), starts: str = "", ends: str = "", zone: str = LONDON) -> Day:
    """One day of a run; times such as "10:00", or none."""
    return Day(_moment(day, starts, zone), _moment(day, ends, zone))


def a_rate(**changes) -> Rate:
    return replace(Rate(RateId("public-sector"), "Law enforcement and government agencies", Pence(20900)), **changes)


def a_run(**changes) -> Run:
    """28 April 2026, no times set, at £209.00 and £249.50 + VAT."""
    rates = (a_rate(), a_rate(id=RateId("industry"), name="Industry", net=Pence(24950)))
    return replace(Run(RunId("2026-04-28"), (a_day(),), LONDON, rates), **changes)


def a_workshop(*runs: Run, **changes) -> Workshop:
    """Online through Microsoft Teams, at the standard rate of VAT, with one run unless others are given."""
    example = Workshop(
        slug=Slug("harmful-sexual-behaviour"),
        title="Technology Assisted Harmful Sexual Behaviour",
        vat=VatRate.STANDARD,
        delivery=Delivery(DeliveryMode.ONLINE, "Microsoft Teams"),
        runs=runs or (a_run(),),
    )
    return replace(example, **changes)


def a_provider(**changes) -> Provider:
    example = Provider(
        name="Example Training",
        booking_email="booking@training.example.org",
        telephone="+44 20 7946 0000",
        legal_name="Example Training Limited",
        address="1 Example Street, London",
        company_number="00000000",
        vat_number="GB 000 0000 00",
        terms_page="booking-terms",
        privacy_page="privacy",
    )
    return replace(example, **changes)


def a_catalogue(*workshops: Workshop, **changes) -> Catalogue:
    """A catalogue of the example workshop, or of those given."""
    by_slug = {workshop.slug: workshop for workshop in workshops or (a_workshop(),)}
    return replace(Catalogue(a_provider(), by_slug, "c" * 64, "0" * 40), **changes)


def a_booking(
    workshop: Workshop | None = None,
    *,
    places: int = 3,
    extras: Mapping[str, int] | None = None,
    at: datetime = AS_OF,
    **changes,
) -> Booking:
    """A confirmed booking of the workshop's first run at its first rate: three named delegates unless changed."""
    workshop = workshop or a_workshop()
    run = workshop.runs[0]
    rate = run.rate(changes.get("rate", run.rates[0].id))
    priced = quote(
        workshop, run, rate, places, at=at, extras=extras or {}, catalogue_sha256="c" * 64, catalogue_commit="0" * 40
    )
    example = Booking(
        id=BookingId("B7K2M9QX"),
        workshop=workshop.slug,
        run=run.id,
        rate=rate.id,
        state=BookingState.CONFIRMED,
        quote=priced,
        buyer=Buyer("Chris Example", "chris@example.police.uk", "Example Constabulary"),
        delegates=delegates(places),
        made_at=at,
        expires_at=at + timedelta(minutes=35),
        terms="2026-01",
        request=PaymentRequest("7b0e1d5c", '{"mode":"payment"}'),
        form="f" * 64,
        buyer_key="b" * 64,
        session=SessionId("cs_test_a1B2c3"),
        session_url="https://pay.example.org/cs_test_a1B2c3",
    )
    return replace(example, **changes)


def delegates(count: int, named: int | None = None) -> tuple[Delegate, ...]:
    """So many delegates, the first of them named (all, unless told)."""
    known = count if named is None else named
    return tuple(_named(number) if number <= known else Delegate(number) for number in range(1, count + 1))


# ---------------------------------------------------------------------------------------------------------------------

_NAMES = ("Alex Sample", "Sam Specimen", "Jo Instance", "Kit Pattern", "Lee Model")


def _named(number: int) -> Delegate:
    name = _NAMES[(number - 1) % len(_NAMES)]
    return Delegate(number, name, f"{name.split()[0].lower()}.{number}@example.police.uk")


def _moment(day: date, at: str, zone: str) -> Moment:
    return Moment(day, time.fromisoformat(at) if at else None, zone)
