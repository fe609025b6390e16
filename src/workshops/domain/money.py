"""Money in whole pence, and amounts whose net, VAT and gross cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Iterable

Pence = NewType("Pence", int)
"""Pounds sterling × 100, never a float."""

BasisPoints = NewType("BasisPoints", int)
"""Hundredths of a per cent: 20 % is 2000."""

WHOLE = 10_000
"""Basis points in 100 %."""


class AmountDoesNotAddUp(WorkshopsError):
    """Net and VAT do not make the gross."""

    def __init__(self, net: int, vat: int, gross: int) -> None:
        super().__init__(f"net {net}p + VAT {vat}p is {net + vat}p, not {gross}p")
        self.net, self.vat, self.gross = net, vat, gross


@dataclass(frozen=True, slots=True)
class Amount:
    """Net, VAT and gross in pence, with net + VAT = gross.

    Raises `AmountDoesNotAddUp` when they disagree and `TypeError` for anything but whole pence.
    """

    net: Pence
    vat: Pence
    gross: Pence

    def __post_init__(self) -> None:
        if {type(self.net), type(self.vat), type(self.gross)} != {int}:
            raise TypeError(f"pence are whole numbers, not {self.net!r}, {self.vat!r}, {self.gross!r}")
        if self.net + self.vat != self.gross:
            raise AmountDoesNotAddUp(self.net, self.vat, self.gross)

    @classmethod
    def of(cls, net: int, vat: int) -> Amount:
        """The amount with this net and VAT, in pence."""
        return cls(Pence(net), Pence(vat), Pence(net + vat))

    def __add__(self, other: Amount) -> Amount:
        return Amount.of(self.net + other.net, self.vat + other.vat)


NOTHING = Amount.of(0, 0)


def total(amounts: Iterable[Amount]) -> Amount:
    """The sum of amounts; nothing at all sums to £0.00."""
    return sum(amounts, start=NOTHING)


def proportion(pence: int, basis_points: int) -> Pence:
    """That many basis points of an amount of pence, rounded half-up to a penny (half away from zero)."""
    sign = -1 if pence < 0 else 1
    return Pence(sign * ((2 * abs(pence) * basis_points + WHOLE) // (2 * WHOLE)))


def share(pence: int, parts: int) -> tuple[Pence, ...]:
    """Pence dealt out in equal parts by largest remainder: the parts differ by a penny at most and sum to the whole.

    Raises `ValueError` for fewer than one part.
    """
    if parts < 1:
        raise ValueError(f"cannot share among {parts} parts")
    each, over = divmod(pence, parts)
    return tuple(Pence(each + (1 if place < over else 0)) for place in range(parts))
