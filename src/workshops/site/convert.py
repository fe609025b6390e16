"""From sound fields to the values that pages and the catalogue are made of.

A field that the editor is warned is not used (`advice`) ends here: nothing later may come to use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.domain.catalogue import Provider
from workshops.domain.policy import CancellationTerm
from workshops.domain.vat import VatRate
from workshops.domain.workshop import (
    Day,
    Delivery,
    DeliveryMode,
    EarlyPrice,
    EventStatus,
    Extra,
    ExtraId,
    GroupDiscount,
    Per,
    Question,
    Rate,
    RateId,
    Run,
    RunId,
    Slug,
    Venue,
    Workshop,
)
from workshops.site.agreement import in_zone
from workshops.site.content import (
    ARCHIVED,
    BankDetails,
    OutlineSession,
    PageContent,
    Picture,
    ProviderContent,
    SeriesContent,
    SpeakerContent,
    WorkshopContent,
)

if TYPE_CHECKING:
    from workshops.domain.moment import Moment
    from workshops.site.content import Prose
    from workshops.site.schema import (
        DeliveryFields,
        PageFields,
        ProviderFields,
        RateFields,
        RunFields,
        SeriesFields,
        SpeakerFields,
        WorkshopFields,
    )


def workshop_content(slug: str, fields: WorkshopFields, prose: Prose, *, vat_registered: bool) -> WorkshopContent:
    """A workshop's page; a provider who is not registered charges no VAT on anything."""
    return WorkshopContent(
        workshop=_workshop(slug, fields, vat_registered=vat_registered),
        summary=fields.summary,
        status=fields.status,
        highlights=fields.highlights or (),
        topics=fields.topics,
        series=Slug(fields.series) if fields.series else None,
        picture=_picture(fields.image, fields.image_alt),
        speakers=tuple(map(Slug, fields.speakers or ())),
        led_by=fields.led_by,
        audience=fields.audience or (),
        outline=tuple(OutlineSession(part.title, part.starts, part.points or ()) for part in fields.outline or ()),
        cpd_certificate=bool(fields.cpd and fields.cpd.certificate),
        cpd_hours=fields.cpd.hours if fields.cpd else None,
        prose=prose,
    )


def speaker_content(slug: str, fields: SpeakerFields, prose: Prose) -> SpeakerContent:
    """A speaker's page."""
    picture = _picture(fields.photo, fields.photo_alt or fields.name)
    return SpeakerContent(Slug(slug), fields.name, fields.role, fields.organisation, picture, prose)


def series_content(slug: str, fields: SeriesFields, prose: Prose) -> SeriesContent:
    """A series' page with the workshops that it puts in order."""
    return SeriesContent(Slug(slug), fields.title, fields.summary, prose, tuple(map(Slug, fields.workshops or ())))


def page_content(slug: str, fields: PageFields, prose: Prose) -> PageContent:
    """A page of its own."""
    return PageContent(Slug(slug), fields.title, fields.summary, fields.status, prose)


def provider_content(fields: ProviderFields) -> ProviderContent:
    """Who sells."""
    return ProviderContent(
        provider=_provider(fields),
        email=fields.email,
        registered_office=fields.registered_office,
        invoice_terms_days=fields.invoice_terms_days,
        trusted_domains=fields.trusted_domains or (),
        calendar_replies=fields.calendar_replies,
        bank=BankDetails(fields.bank.account_name, fields.bank.sort_code, fields.bank.account_number)
        if fields.bank
        else None,
        cancellation=tuple(CancellationTerm(*term.notice, term.refund, term.fee) for term in fields.cancellation or ()),
        unfilled=fields.unfilled(),
    )


# ---------------------------------------------------------------------------------------------------------------------

_NEVER_MOVED = frozenset({EventStatus.SCHEDULED, EventStatus.TENTATIVE})


def _provider(fields: ProviderFields) -> Provider:
    return Provider(
        name=fields.name,
        booking_email=fields.booking_email,
        telephone=fields.telephone,
        legal_name=fields.legal_name,
        address=fields.address,
        company_number=fields.company_number,
        vat_number=fields.vat_number,
        vat_registered=fields.vat_registered is not False,
        purchase_orders_to=fields.purchase_orders_to,
        terms_page=fields.terms,
        privacy_page=fields.privacy,
    )


def _workshop(slug: str, fields: WorkshopFields, *, vat_registered: bool) -> Workshop:
    return Workshop(
        slug=Slug(slug),
        title=fields.title,
        vat=fields.vat if vat_registered else VatRate.NOT_REGISTERED,
        delivery=_delivery(fields.delivery),
        runs=tuple(_run(run, fields.rates) for run in fields.runs),
        group_discounts=tuple(GroupDiscount(tier.at_least, tier.percent) for tier in fields.group_discounts or ()),
        extras=tuple(
            Extra(
                ExtraId(one.id), one.name, one.price, one.vat if vat_registered else VatRate.NOT_REGISTERED, one.limit
            )
            for one in fields.extras or ()
        ),
        questions=tuple(Question(one.id, one.label, one.kind, one.keep) for one in fields.questions or ()),
        archived=fields.status == ARCHIVED,
    )


def _delivery(fields: DeliveryFields) -> Delivery:
    venue = Venue(fields.venue.name, fields.venue.address) if fields.venue else None
    return Delivery(
        fields.mode,
        platform=None if fields.mode is DeliveryMode.IN_PERSON else fields.platform,
        venue=None if fields.mode is DeliveryMode.ONLINE else venue,
    )


def _run(fields: RunFields, rates: tuple[RateFields, ...]) -> Run:
    zone = fields.timezone
    booking = fields.booking
    return Run(
        id=RunId(fields.known_as),
        days=tuple(Day(in_zone(day.starts, zone), in_zone(day.last, zone)) for day in fields.dated),
        timezone=zone,
        rates=tuple(_rate(rate, zone) for rate in fields.rates or rates),
        capacity=fields.capacity,
        status=fields.status,
        previously=None if fields.status in _NEVER_MOVED else _maybe_in_zone(fields.previously, zone),
        opens=_maybe_in_zone(booking.opens, zone) if booking else None,
        closes=_maybe_in_zone(booking.closes, zone) if booking else None,
        joining_days_before=fields.joining_details,
        max_per_booking=fields.max_per_booking,
    )


def _rate(fields: RateFields, zone: str) -> Rate:
    early = EarlyPrice(fields.early.price, in_zone(fields.early.until, zone)) if fields.early else None
    covers = fields.covers if fields.per is Per.ORGANISATION else None
    return Rate(RateId(fields.id), fields.name, fields.price, fields.who, early, fields.per, covers)


def _maybe_in_zone(when: Moment | None, zone: str) -> Moment | None:
    return in_zone(when, zone) if when else None


def _picture(file: str | None, alt: str | None) -> Picture | None:
    return Picture(file, alt) if file and alt else None
