"""Amounts and lines of a quote in pounds, the same on the form, on a booking's page and in its mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshops.domain.money import total
from workshops.domain.vat import LABELS, VatRate
from workshops.formats.human import one_line, pounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workshops.domain.money import Amount
    from workshops.domain.pricing import Line


def amount_view(amount: Amount) -> dict[str, str]:
    """Net, VAT and gross in pounds."""
    return {"net": pounds(amount.net), "vat": pounds(amount.vat), "gross": pounds(amount.gross)}


def line_view(line: Line) -> dict[str, Any]:
    """A line of a quote; `list_net` is told only where a discount was taken from it."""
    return {
        "description": one_line(line.description),
        "quantity": line.quantity,
        "unit_net": pounds(line.unit_net),
        "list_net": pounds(line.list_net) if line.list_net != line.unit_net else None,
        "discount": line.discount,
        "vat_label": LABELS[line.vat],
        **amount_view(line.amount),
    }


def vat_view(lines: Iterable[Line]) -> list[dict[str, str]]:
    """The sums by rate of VAT, in the order of the rates: what a VAT invoice shows."""
    by_rate = {rate: [line.amount for line in lines if line.vat is rate] for rate in VatRate}
    return [{"label": LABELS[rate], **amount_view(total(found))} for rate, found in by_rate.items() if found]
