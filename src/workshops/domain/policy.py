"""The cancellation policy: how much comes back for how much notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshops.domain.money import BasisPoints, Pence


@dataclass(frozen=True, slots=True)
class CancellationTerm:
    """With at least this notice in days, this share of the price is refunded, less a fee in net pence.

    `working_days` leaves out weekends and the bank holidays of England and Wales.
    """

    notice_days: int
    working_days: bool
    refund: BasisPoints
    fee: Pence
