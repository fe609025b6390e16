"""UK value added tax: rates and rounding.

Sources: VAT Notice 700 (section 17.5, rounding on invoices) and VATA 1994 sections 2, 29A, 30 and Schedule 9.
"""

from __future__ import annotations

from enum import StrEnum

from workshops.domain.money import Amount, BasisPoints, Pence, proportion


class VatRate(StrEnum):
    """How a supply is taxed."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"
    NOT_REGISTERED = "not-registered"


RATES: dict[VatRate, BasisPoints] = {
    VatRate.STANDARD: BasisPoints(2000),
    VatRate.REDUCED: BasisPoints(500),
    VatRate.ZERO: BasisPoints(0),
    VatRate.EXEMPT: BasisPoints(0),
    VatRate.NOT_REGISTERED: BasisPoints(0),
}

LABELS: dict[VatRate, str] = {
    VatRate.STANDARD: "VAT at 20%",
    VatRate.REDUCED: "VAT at 5%",
    VatRate.ZERO: "VAT at 0%",
    VatRate.EXEMPT: "exempt from VAT",
    VatRate.NOT_REGISTERED: "no VAT: the provider is not registered",
}

WHOLE_PENNY_STEPS: dict[VatRate, Pence] = {
    VatRate.STANDARD: Pence(5),
    VatRate.REDUCED: Pence(20),
    VatRate.ZERO: Pence(1),
    VatRate.EXEMPT: Pence(1),
    VatRate.NOT_REGISTERED: Pence(1),
}
"""Net prices in steps of so many pence have VAT in whole pence."""


def taxed(net: int, rate: VatRate) -> Amount:
    """A line's net pence with its VAT, rounded half-up once for the whole line."""
    return Amount.of(net, proportion(net, RATES[rate]))


def charges_vat(rate: VatRate) -> bool:
    """Whether the supply is taxable, zero-rated included: exempt and unregistered supplies carry no VAT line."""
    return rate not in {VatRate.EXEMPT, VatRate.NOT_REGISTERED}


def rounded_down_to_whole_vat(net: int, rate: VatRate) -> Pence:
    """A discounted unit price rounded down to the step whose VAT is whole pence.

    So the advertised discount is kept, and any number of delegates adds up the same way: £249.50 less 15 % is
    £212.075, charged at £212.05 + £42.41.
    """
    step = WHOLE_PENNY_STEPS[rate]
    return Pence(net - net % step)
