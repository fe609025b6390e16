"""The fields of each kind of file, and what must agree within one file."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import CoreSchema, core_schema

from workshops.domain.errors import WorkshopsError
from workshops.domain.moment import LONDON, Moment, in_daylight_saving_gap
from workshops.domain.money import BasisPoints, Pence
from workshops.domain.vat import VatRate
from workshops.domain.workshop import MOST_PLACES_A_BOOKING, DeliveryMode, EventStatus, Per
from workshops.site import fields
from workshops.site.fields import choice, one, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workshops.site.nodes import Loc

Item = TypeVar("Item")

MOST_PLACES_A_RUN = 10_000

UNWRITTEN = "To be written"
"""How a new draft's placeholders begin; a published workshop may not keep them."""


class Conflict(WorkshopsError):
    """Values that are each sound and do not agree; `{self}` in the sentence is the place that `loc` starts from."""

    def __init__(self, loc: Loc, sentence: str) -> None:
        super().__init__(sentence)
        self.loc, self.sentence = loc, sentence


class Conflicts(WorkshopsError, ValueError):
    """Every conflict within one place."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("; ".join(map(str, conflicts)))
        self.conflicts = tuple(conflicts)


class Read:
    """Marks a field's type with the function that reads its text: pydantic's own guesses are never asked."""

    def __init__(self, parse: Callable[[str], object]) -> None:
        self.read = one(parse)

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        """What pydantic asks an annotation for."""
        return core_schema.no_info_plain_validator_function(self.read)


# Kinds of values. -----------------------------------------------------------------------------------------------------

Line = Annotated[str, Read(fields.line)]
Prose = Annotated[str, Read(fields.prose)]
Summary = Annotated[str, Read(fields.summary)]
Topic = Annotated[str, Read(fields.topic)]
Name = Annotated[str, Read(fields.slug)]
Id = Annotated[str, Read(fields.identifier)]
Price = Annotated[Pence, Read(fields.price)]
Percent = Annotated[BasisPoints, Read(fields.percent)]
When = Annotated[Moment, Read(fields.moment)]
WallTime = Annotated[str, Read(fields.wall_time)]
Zone = Annotated[str, Read(fields.zone)]
Flag = Annotated[bool, Read(fields.flag)]
Hours = Annotated[str, Read(fields.hours)]
Email = Annotated[str, Read(fields.email)]
Domain = Annotated[str, Read(fields.domain)]
Days = Annotated[int, Read(fields.days)]
DaysBefore = Annotated[int, Read(fields.days_before)]
Notice = Annotated[tuple[int, bool], Read(fields.notice)]
CompanyNumber = Annotated[str, Read(fields.company_number)]
VatNumber = Annotated[str, Read(fields.vat_number)]
SortCode = Annotated[str, Read(fields.sort_code)]
AccountNumber = Annotated[str, Read(fields.account_number)]
Places = Annotated[int, Read(whole(1, MOST_PLACES_A_BOOKING))]
Capacity = Annotated[int, Read(whole(1, MOST_PLACES_A_RUN))]
GroupSize = Annotated[int, Read(whole(2, MOST_PLACES_A_BOOKING))]
TermsDays = Annotated[int, Read(whole(0, 365))]
Status = Annotated[str, Read(choice({word: word for word in ("published", "draft", "archived")}))]
PageStatus = Annotated[str, Read(choice({word: word for word in ("published", "draft")}))]
Kind = Annotated[str, Read(choice({"text": "text"}))]
Vat = Annotated[VatRate, Read(choice({rate.value: rate for rate in VatRate if rate is not VatRate.NOT_REGISTERED}))]
Mode = Annotated[DeliveryMode, Read(choice({mode.value: mode for mode in DeliveryMode}))]
RunStatus = Annotated[EventStatus, Read(choice({status.value: status for status in EventStatus}))]
RatePer = Annotated[Per, Read(choice({per.value: per for per in Per}))]


def _at_least_one(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise fields.NotAsMeant("write at least one")
    return items


def _all_different(names: tuple[str, ...]) -> tuple[str, ...]:
    return _agreeing(names, _repeated(names))


def _with_own_ids(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return _agreeing(items, _repeated_ids(items))


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
        return _agreeing(self, self.conflicts())

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
    def dated(self) -> tuple[tuple[Loc, DayFields], ...]:
        """The days, and where each is written."""
        if self.days:
            return tuple((("days", place), day) for place, day in enumerate(self.days))
        return (((), DayFields.model_construct(starts=self.starts, ends=self.ends)),)

    @property
    def first_day(self) -> DayFields:
        """The day that the run starts on."""
        return self.dated[0][1]

    def conflicts(self) -> Iterator[Conflict]:
        """Days and windows that are out of order or do not exist."""
        yield from _undated(self) or (*_skipped(self), *_days_astray(self), *_window_astray(self))
        if self.status is EventStatus.RESCHEDULED and not self.previously:
            yield Conflict(("status",), "{self}.previously is missing: write the date that the run had")


def _with_own_dates(runs: tuple[RunFields, ...]) -> tuple[RunFields, ...]:
    return _agreeing(runs, _repeated_runs(runs))


def _rising(tiers: tuple[DiscountFields, ...]) -> tuple[DiscountFields, ...]:
    return _agreeing(tiers, _falling_tiers(tiers))


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
        yield from _picture_conflicts(self.image, self.image_alt)
        if self.status != "draft":
            yield from _unwritten(self)
        for place, rate in enumerate(self.rates):
            for run in self.runs if rate.early else ():
                yield from _skipped_until(rate, run.timezone, ("rates", place))


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
    return _agreeing(terms, _lengthening_terms(terms))


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

Anything = TypeVar("Anything")


def _agreeing(value: Anything, conflicts: Iterator[Conflict]) -> Anything:
    if found := tuple(conflicts):
        raise Conflicts(found)
    return value


def _repeated(names: tuple[str, ...]) -> Iterator[Conflict]:
    for place, name in enumerate(names):
        if (earlier := names.index(name)) != place:
            yield Conflict((place,), f"{{self}}[{place}] is the same as {{self}}[{earlier}]: {name}")


def _repeated_ids(items: tuple[Any, ...]) -> Iterator[Conflict]:
    first: dict[str, int] = {}
    for place, item in enumerate(items):
        if first.setdefault(item.id, place) != place:
            yield Conflict(
                (place, "id"), f"{{self}}[{place}].id is the same as {{self}}[{first[item.id]}].id: {item.id}"
            )


def _repeated_runs(runs: tuple[RunFields, ...]) -> Iterator[Conflict]:
    first: dict[str, int] = {}
    for place, run in enumerate(runs):
        if (earlier := first.setdefault(run_id(run), place)) == place:
            continue
        same = f"{{self}}[{place}].id is the same as {{self}}[{earlier}].id: {run_id(run)}"
        advice = "" if run.id else " (a run without an id has its first date for one: write another)"
        yield Conflict((place, "id") if run.id else (place,), same + advice)


def run_id(run: RunFields) -> str:
    """The run's id: as written, or its first date."""
    return run.id or run.first_day.starts.day.isoformat()


def _falling_tiers(tiers: tuple[DiscountFields, ...]) -> Iterator[Conflict]:
    for place, (lower, upper) in enumerate(pairwise(tiers), start=1):
        if upper.at_least <= lower.at_least:
            yield Conflict((place, "from"), f"{{self}}[{place}].from is not above {{self}}[{place - 1}].from")
        elif upper.percent <= lower.percent:
            yield Conflict((place, "percent"), f"{{self}}[{place}].percent is not above {{self}}[{place - 1}].percent")


def _lengthening_terms(terms: tuple[CancellationFields, ...]) -> Iterator[Conflict]:
    for place, (longer, shorter) in enumerate(pairwise(terms), start=1):
        if _calendar_days(shorter) >= _calendar_days(longer):
            yield Conflict(
                (place, "notice"), f"{{self}}[{place}].notice is not shorter than {{self}}[{place - 1}].notice"
            )
        elif shorter.refund > longer.refund:
            yield Conflict((place, "refund"), f"{{self}}[{place}].refund is above {{self}}[{place - 1}].refund")


def _calendar_days(term: CancellationFields) -> float:
    days, working = term.notice
    return days * 7 / 5 if working else days


def _picture_conflicts(image: str | None, alt: str | None) -> Iterator[Conflict]:
    if image and not alt:
        yield Conflict(("image",), "image_alt is missing: say what the picture shows")
    if alt and not image:
        yield Conflict(("image_alt",), "image is missing: name the picture that image_alt tells of")


def _unwritten(workshop: WorkshopFields) -> Iterator[Conflict]:
    if workshop.summary.startswith(UNWRITTEN):
        yield Conflict(("summary",), "summary: the draft's placeholder is still here: write your own")
    for place, topic in enumerate(workshop.topics):
        if topic == UNWRITTEN.lower():
            yield Conflict(("topics", place), f"topics[{place}]: the draft's placeholder is still here: write your own")


def _undated(run: RunFields) -> tuple[Conflict, ...]:
    if run.days and (run.starts or run.ends):
        return (Conflict(("days",), "{self}.days stands instead of starts and ends: write one or the other"),)
    if not run.days and not run.starts:
        return (Conflict(("starts",), "{self}.starts is missing: write the date"),)
    return ()


def _skipped(run: RunFields) -> Iterator[Conflict]:
    for loc, when in _moments(run):
        if in_daylight_saving_gap(in_zone(when, run.timezone)):
            path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
            yield Conflict(loc, f"{{self}}{path} does not exist: clocks in {run.timezone} go forward over it")
    for place, rate in enumerate(run.rates or ()):
        yield from _skipped_until(rate, run.timezone, ("rates", place), "{self}.")


def _skipped_until(rate: RateFields, zone: str, loc: Loc, prefix: str = "") -> Iterator[Conflict]:
    if rate.early and in_daylight_saving_gap(in_zone(rate.early.until, zone)):
        path = f"{prefix}rates[{loc[-1]}].early.until"
        yield Conflict((*loc, "early", "until"), f"{path} does not exist: clocks in {zone} go forward over it")


def _moments(run: RunFields) -> Iterator[tuple[Loc, Moment]]:
    for loc, day in run.dated:
        yield (*loc, "starts"), day.starts
        if day.ends:
            yield (*loc, "ends"), day.ends
    for name in ("opens", "closes"):
        if when := getattr(run.booking, name, None):
            yield ("booking", name), when


def in_zone(when: Moment, zone: str) -> Moment:
    """The same wall time in a zone."""
    return when if zone == when.zone else Moment(when.day, when.time, zone)


def day_ends(day: DayFields) -> Moment:
    """When a day ends: as written, or with its date."""
    return day.ends or Moment(day.starts.day)


def _days_astray(run: RunFields) -> Iterator[Conflict]:
    previous: tuple[str, DayFields] | None = None
    for loc, day in run.dated:
        path = "{self}" + (f".days[{loc[1]}]" if loc else "")
        yield from _day_astray(loc, day, path)
        if previous and day.starts.first_instant() < day_ends(previous[1]).end_instant():
            yield Conflict((*loc, "starts"), f"{path}.starts is before {previous[0]}.ends")
        previous = path, day


def _day_astray(loc: Loc, day: DayFields, path: str) -> Iterator[Conflict]:
    if day.starts.time and not day.ends:
        yield Conflict((*loc, "starts"), f"{path}.ends is missing: write when it ends, or leave the time out of starts")
    elif day.ends and (day.starts.time is None) != (day.ends.time is None):
        yield Conflict((*loc, "ends"), f"{path}.starts and {path}.ends: write a time in both or in neither")
    elif day.ends and day.ends.first_instant() < day.starts.first_instant():
        yield Conflict((*loc, "ends"), f"{path}.ends is before {path}.starts")
    elif day.ends and day.ends.time and day.ends == day.starts:
        yield Conflict((*loc, "ends"), f"{path}.ends is the same as {path}.starts")


def _window_astray(run: RunFields) -> Iterator[Conflict]:
    if not run.booking:
        return
    starts = in_zone(run.first_day.starts, run.timezone).first_instant()
    closes = in_zone(run.booking.closes, run.timezone) if run.booking.closes else None
    opens = in_zone(run.booking.opens, run.timezone) if run.booking.opens else None
    if closes and closes.end_instant() > starts:
        why = " (a date without a time lasts until its midnight)" if closes.time is None else ""
        yield Conflict(("booking", "closes"), "{self}.booking.closes is after {self}.starts" + why)
    elif opens and opens.first_instant() >= (closes.end_instant() if closes else starts):
        end = "booking.closes" if closes else "starts"
        yield Conflict(("booking", "opens"), f"{{self}}.booking.opens is not before {{self}}.{end}")
