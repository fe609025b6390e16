"""What a booking costs: the one place where prices are worked out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.domain.money import WHOLE, Amount, BasisPoints, Pence, total
from workshops.domain.vat import VatRate, rounded_down_to_whole_vat, taxed
from workshops.domain.workshop import Per, places_most

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from workshops.domain.workshop import Extra, Rate, Run, Workshop


class TooManyPlaces(WorkshopsError):
    """More or fewer places than one booking may take at a rate."""

    def __init__(self, wanted: int, most: int) -> None:
        super().__init__(f"a booking at this rate takes 1 to {most} places, not {wanted}")
        self.wanted, self.most = wanted, most


class LineDoesNotAddUp(WorkshopsError):
    """A line's net is not its unit price times its quantity, or its VAT is not that of its net."""

    def __init__(self, line_id: str, unit_net: int, quantity: int, amount: Amount) -> None:
        super().__init__(f"line {line_id}: {quantity} × {unit_net}p does not make {amount}")
        self.line_id, self.unit_net, self.quantity, self.amount = line_id, unit_net, quantity, amount


@dataclass(frozen=True, slots=True)
class Line:
    """Something sold: so many units at a net unit price in pence. `list_net` is the unit price before discount.

    Raises `LineDoesNotAddUp` unless the amount is the taxed net of the units.
    """

    id: str
    description: str
    quantity: int
    unit_net: Pence
    list_net: Pence
    vat: VatRate
    amount: Amount
    discount: str | None = None

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.amount != taxed(self.unit_net * self.quantity, self.vat):
            raise LineDoesNotAddUp(self.id, self.unit_net, self.quantity, self.amount)


@dataclass(frozen=True, slots=True)
class Quote:
    """The lines of a booking, the places they take, and the catalogue they were priced from."""

    lines: tuple[Line, ...]
    places: int
    catalogue_sha256: str
    catalogue_commit: str | None

    @property
    def total(self) -> Amount:
        """The sum of the lines."""
        return total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """The net price in pence of one unit, the list price it came from, and why it is lower (None: it is not)."""

    net: Pence
    list_net: Pence
    discount: str | None = None


def quote(
    workshop: Workshop,
    run: Run,
    rate: Rate,
    places: int,
    *,
    at: datetime,
    extras: Mapping[str, int],
    catalogue_sha256: str,
    catalogue_commit: str | None,
) -> Quote:
    """The price of so many places at a rate, and of extras, as of an instant.

    Raises `TooManyPlaces` and `UnknownExtra`.
    """
    most = places_most(run, rate)
    if not 1 <= places <= most:
        raise TooManyPlaces(places, most)
    wanted = [(workshop.extra(extra_id), count) for extra_id, count in sorted(extras.items()) if count]
    lines = (_rate_line(workshop, rate, places, at), *(_extra_line(extra, count) for extra, count in wanted))
    return Quote(lines, places, catalogue_sha256, catalogue_commit)


def unit_price(workshop: Workshop, rate: Rate, places: int, at: datetime) -> UnitPrice:
    """The price of one unit when so many places are booked: the early price first, then the group tier."""
    price = _early_price(rate, at)
    off = _group_discount(workshop, rate, places)
    if not off:
        return price
    reduced = discounted(price.net, off, workshop.vat)
    return UnitPrice(reduced, rate.net, _both(price.discount, f"group of {places}, {off / 100:g}% off"))


def discounted(net: Pence, off: BasisPoints, vat: VatRate) -> Pence:
    """A unit's net price less so many basis points, rounded down to a step whose VAT is whole pence."""
    return rounded_down_to_whole_vat(net * (WHOLE - off) // WHOLE, vat)


# ---------------------------------------------------------------------------------------------------------------------


def _early_price(rate: Rate, at: datetime) -> UnitPrice:
    """The early price while it lasts, and otherwise the list price."""
    if rate.early and at < rate.early.until.end_instant():
        return UnitPrice(rate.early.net, rate.net, "early price")
    return UnitPrice(rate.net, rate.net)


def _group_discount(workshop: Workshop, rate: Rate, places: int) -> BasisPoints:
    """The best group tier that so many places reach, in basis points; an organisation's price has none."""
    if rate.per is Per.ORGANISATION:
        return BasisPoints(0)
    reached = [tier.off for tier in workshop.group_discounts if places >= tier.at_least]
    return max(reached, default=BasisPoints(0))


def _rate_line(workshop: Workshop, rate: Rate, places: int, at: datetime) -> Line:
    price = unit_price(workshop, rate, places, at)
    quantity = 1 if rate.per is Per.ORGANISATION else places
    amount = taxed(price.net * quantity, workshop.vat)
    return Line(f"rate:{rate.id}", rate.name, quantity, price.net, price.list_net, workshop.vat, amount, price.discount)


def _extra_line(extra: Extra, count: int) -> Line:
    amount = taxed(extra.net * count, extra.vat)
    return Line(f"extra:{extra.id}", extra.name, count, extra.net, extra.net, extra.vat, amount)


def _both(first: str | None, second: str) -> str:
    return f"{first}, {second}" if first else second
