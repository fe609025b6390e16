"""The fields of each kind of file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from workshops.domain.moment import LONDON
from workshops.domain.money import Pence
from workshops.domain.vat import VatRate
from workshops.domain.workshop import DeliveryMode, EventStatus, Per
from workshops.site import agreement
from workshops.site.agreement import Conflict, Dated, agreeing
from workshops.site.content import DRAFT
from workshops.site.fields import NotAsMeant
from workshops.site.values import (
    AccountNumber,
    Capacity,
    CompanyNumber,
    Days,
    DaysBefore,
    Domain,
    Email,
    Flag,
    GroupSize,
    Hours,
    Id,
    Kind,
    Line,
    Mode,
    Name,
    Notice,
    PageStatus,
    Percent,
    Places,
    Price,
    Prose,
    RatePer,
    RunStatus,
    SortCode,
    Status,
    Summary,
    TermsDays,
    Topic,
    Vat,
    VatNumber,
    WallTime,
    When,
    Zone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")


def _at_least_one(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise NotAsMeant("write at least one")
    return items


def _all_different(names: tuple[str, ...]) -> tuple[str, ...]:
    return agreeing(names, agreement.repeated(names))


def _with_own_ids(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return agreeing(items, agreement.repeated_ids(tuple(item.id for item in items)))


Different = Annotated[tuple[Name, ...], AfterValidator(_all_different)]
"""A list of slugs that differ."""

Some = Annotated[tuple[Item, ...], AfterValidator(_at_least_one)]
"""A list of one or more."""

Identified = Annotated[tuple[Item, ...], AfterValidator(_with_own_ids)]
"""A list whose ids differ."""


class Fields(BaseModel):
    """Fields written together: others are refused, and `conflicts` tells those that do not agree."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Agreeing(Fields):
    """Fields that must agree with one another."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        return agreeing(self, self.conflicts())

    def conflicts(self) -> Iterator[Conflict]:
        """What does not agree."""
        raise NotImplementedError


# A workshop. ----------------------------------------------------------------------------------------------------------


class OutlineFields(Fields):
    """One session of the outline."""

    title: Line
    starts: WallTime | None = None
    points: tuple[Line, ...] | None = None


class VenueFields(Fields):
    """Where people meet."""

    name: Line
    address: Prose


class DeliveryFields(Agreeing):
    """How the workshop reaches its delegates."""

    mode: Mode
    platform: Line | None = None
    venue: VenueFields | None = None

    def conflicts(self) -> Iterator[Conflict]:
        """A way of meeting that the mode needs and that is missing."""
        if self.mode is not DeliveryMode.IN_PERSON and not self.platform:
            yield Conflict(("mode",), f"{{self}}.platform is missing: mode {self.mode} needs it")
        if self.mode is not DeliveryMode.ONLINE and not self.venue:
            yield Conflict(("mode",), f"{{self}}.venue is missing: mode {self.mode} needs its name and address")


class CpdFields(Fields):
    """Continuing professional development."""

    certificate: Flag = False
    hours: Hours | None = None


class EarlyFields(Fields):
    """An early-bird price."""

    price: Price
    until: When


class RateFields(Agreeing):
    """A price and who it is for."""

    id: Id
    name: Line
    price: Price
    who: Line | None = None
    early: EarlyFields | None = None
    per: RatePer = Per.DELEGATE
    covers: Places | None = None

    def conflicts(self) -> Iterator[Conflict]:
        """An early price that is none, an organisation's price for nobody knows how many."""
        if self.early and self.early.price >= self.price:
            yield Conflict(("early", "price"), "{self}.early.price is not below {self}.price")
        if self.per is Per.ORGANISATION and not self.covers:
            yield Conflict(("per",), "{self}.covers is missing: say how many people one price per organisation covers")


class DiscountFields(Fields):
    """A group's discount."""

    at_least: GroupSize = Field(alias="from")
    percent: Percent


class ExtraFields(Fields):
    """An optional addition."""

    id: Id
    name: Line
    price: Price
    vat: Vat
    limit: Capacity | None = None


class DayFields(Fields):
    """One of several days."""

    starts: When
    ends: When | None = None


class BookingFields(Fields):
    """When bookings are taken."""

    opens: When | None = None
    closes: When | None = None


class QuestionFields(Fields):
    """Something each delegate is asked after payment."""

    id: Id
    label: Line
    kind: Kind = "text"
    keep: Days


Rates = Annotated[tuple[RateFields, ...], AfterValidator(_at_least_one), AfterValidator(_with_own_ids)]


class RunFields(Agreeing):
    """One dated occurrence."""

    id: Id | None = None
    starts: When | None = None
    ends: When | None = None
    days: Some[DayFields] | None = None
    timezone: Zone = LONDON
    capacity: Capacity | None = None
    status: RunStatus = EventStatus.SCHEDULED
    previously: When | None = None
    booking: BookingFields | None = None
    joining_details: DaysBefore = 7
    max_per_booking: Places = 20
    rates: Rates | None = None

    @property
    def dated(self) -> tuple[Dated, ...]:
        """The days, and where each is written."""
        if self.days:
            return tuple(Dated(("days", place), day.starts, day.ends) for place, day in enumerate(self.days))
        return (Dated((), self.starts, self.ends),) if self.starts else ()

    @property
    def known_as(self) -> str:
        """The run's id: as written, or its first date."""
        return self.id or self.dated[0].starts.day.isoformat()

    def conflicts(self) -> Iterator[Conflict]:
        """Days and windows that are out of order or do not exist."""
        if undated := tuple(agreement.undated(self)):
            yield from undated
            return
        yield from agreement.skipped(self)
        yield from agreement.skipped_until(self.rates or (), self.timezone)
        yield from agreement.days_astray(self)
        yield from agreement.window_astray(self)
        if self.status is EventStatus.RESCHEDULED and not self.previously:
            yield Conflict(("status",), "{self}.previously is missing: write the date that the run had")


def _with_own_dates(runs: tuple[RunFields, ...]) -> tuple[RunFields, ...]:
    return agreeing(runs, agreement.repeated_ids(tuple(run.known_as for run in runs)))


def _rising(tiers: tuple[DiscountFields, ...]) -> tuple[DiscountFields, ...]:
    return agreeing(tiers, agreement.falling_tiers(tiers))


class WorkshopFields(Agreeing):
    """The front matter of a file in content/workshops."""

    title: Line
    summary: Summary
    status: Status = "published"
    highlights: tuple[Line, ...] | None = None
    topics: Annotated[tuple[Topic, ...], AfterValidator(_at_least_one), AfterValidator(_all_different)]
    series: Name | None = None
    image: Line | None = None
    image_alt: Line | None = None
    speakers: Different | None = None
    led_by: Line | None = None
    audience: tuple[Line, ...] | None = None
    outline: tuple[OutlineFields, ...] | None = None
    delivery: DeliveryFields
    cpd: CpdFields | None = None
    vat: Vat = VatRate.STANDARD
    rates: Rates
    group_discounts: Annotated[tuple[DiscountFields, ...], AfterValidator(_rising)] | None = None
    extras: Identified[ExtraFields] | None = None
    runs: Annotated[tuple[RunFields, ...], AfterValidator(_at_least_one), AfterValidator(_with_own_dates)]
    questions: Identified[QuestionFields] | None = None

    def conflicts(self) -> Iterator[Conflict]:
        """A picture without words, words without a picture, an early price that ends in no moment."""
        yield from agreement.picture_unsaid(self.image, self.image_alt)
        if self.status != DRAFT:
            yield from agreement.unwritten(self)
        for zone in dict.fromkeys(run.timezone for run in self.runs):
            yield from agreement.skipped_until(self.rates, zone)


# The other files. -----------------------------------------------------------------------------------------------------


class SpeakerFields(Fields):
    """The front matter of a file in content/speakers; a photo's alternative text is the name unless given."""

    name: Line
    role: Line | None = None
    organisation: Line | None = None
    photo: Line | None = None
    photo_alt: Line | None = None


class SeriesFields(Fields):
    """The front matter of a file in content/series; `workshops` puts some of its workshops in order."""

    title: Line
    summary: Line | None = None
    workshops: Different | None = None


class PageFields(Fields):
    """The front matter of a file in content/pages."""

    title: Line
    summary: Line | None = None
    status: PageStatus = "published"


class BankFields(Fields):
    """Where a transfer goes."""

    account_name: Line
    sort_code: SortCode
    account_number: AccountNumber


class CancellationFields(Fields):
    """With this notice, this much comes back."""

    notice: Notice
    refund: Percent
    fee: Price = Pence(0)


def _shortening(terms: tuple[CancellationFields, ...]) -> tuple[CancellationFields, ...]:
    return agreeing(terms, agreement.lengthening_terms(terms))


class ProviderFields(Agreeing):
    """The fields of content/provider.yaml. All but two may stay empty until the site is published."""

    name: Line
    booking_email: Email
    legal_name: Line | None = None
    company_registered: Flag | None = None
    company_number: CompanyNumber | None = None
    registered_office: Prose | None = None
    vat_registered: Flag | None = None
    vat_number: VatNumber | None = None
    address: Prose | None = None
    email: Email | None = None
    telephone: Line | None = None
    purchase_orders_to: Line | None = None
    invoice_terms_days: TermsDays | None = None
    terms: Name | None = None
    privacy: Name | None = None
    cancellation: Annotated[tuple[CancellationFields, ...], AfterValidator(_shortening)] | None = None
    bank: BankFields | None = None
    trusted_domains: tuple[Domain, ...] | None = None
    calendar_replies: Email | None = None

    def conflicts(self) -> Iterator[Conflict]:
        """Numbers of a register that the provider says it is not in."""
        if self.vat_registered is False and self.vat_number:
            yield Conflict(("vat_number",), "vat_number is given although vat_registered is false")
        if self.company_registered is False and self.company_number:
            yield Conflict(("company_number",), "company_number is given although company_registered is false")

    def unfilled(self) -> tuple[str, ...]:
        """The fields that a published site needs and that are still empty, named as in the file."""
        spared = set(_VAT_FIELDS if self.vat_registered is False else ())
        spared |= set(_COMPANY_FIELDS if self.company_registered is False else ())
        return tuple(name for name in _NEEDED if name not in spared and getattr(self, name) in {None, ()})


# ----------------------------------------------------------------------------------------------------------------------

_VAT_FIELDS = ("vat_number",)
_COMPANY_FIELDS = ("company_number", "registered_office")
_NEEDED = (
    "legal_name",
    *_COMPANY_FIELDS,
    *_VAT_FIELDS,
    "address",
    "email",
    "telephone",
    "purchase_orders_to",
    "invoice_terms_days",
    "terms",
    "privacy",
    "cancellation",
)
