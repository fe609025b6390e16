"""The kinds of values that fields hold, for pydantic: each with the function that reads its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic_core import CoreSchema, core_schema

from workshops.domain.moment import Moment
from workshops.domain.money import BasisPoints, Pence
from workshops.domain.vat import VatRate
from workshops.domain.workshop import MOST_PLACES_A_BOOKING, DeliveryMode, EventStatus, Per
from workshops.site import fields
from workshops.site.fields import choice, one, whole

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_PLACES_A_RUN = 10_000


class Read:
    """Marks a field's type with the function that reads its text: pydantic's own guesses are never asked."""

    def __init__(self, parse: Callable[[str], object]) -> None:
        self.read = one(parse)

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        """What pydantic asks an annotation for."""
        return core_schema.no_info_plain_validator_function(self.read)


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
