"""What a line costs: pence, tax by tax rate, each line rounded by itself and halves rounded up."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class LineTax:
    """The tax of one rate on one line, in pence."""

    rate: str
    amount: int
    taxable: int
    inclusive: bool


@dataclass(frozen=True)
class LineAmounts:
    """A line in pence: before tax rates that come on top, and with them."""

    subtotal: int
    taxes: tuple[LineTax, ...]

    @property
    def tax(self) -> int:
        """All tax, on top or included, in pence."""
        return sum(tax.amount for tax in self.taxes)

    @property
    def total(self) -> int:
        """What the buyer pays for the line, in pence."""
        return self.subtotal + sum(tax.amount for tax in self.taxes if not tax.inclusive)


def line_amounts(unit: Decimal, quantity: int, rates: Iterable[tuple[str, Decimal, bool]]) -> LineAmounts:
    """A line of `quantity` units at `unit` pence; each rate is (id, percent, whether the price includes it)."""
    subtotal = half_up(unit * quantity)
    return LineAmounts(subtotal, tuple(_tax(subtotal, *rate) for rate in rates))


def half_up(pence: Decimal) -> int:
    """The nearest whole penny; exactly half a penny goes up."""
    return int(pence.quantize(Decimal(1), rounding=ROUND_HALF_UP))


# ---


def _tax(subtotal: int, rate: str, percent: Decimal, inclusive: bool) -> LineTax:  # noqa: FBT001
    if inclusive:
        net = half_up(subtotal * 100 / (100 + percent))
        return LineTax(rate, subtotal - net, net, inclusive=True)
    return LineTax(rate, half_up(subtotal * percent / 100), subtotal, inclusive=False)
