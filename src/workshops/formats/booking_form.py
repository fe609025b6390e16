"""The booking form as strings and primitives: the same view for the workshop page and for a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshops.domain.pricing import unit_price
from workshops.domain.vat import LABELS, charges_vat, taxed
from workshops.domain.workshop import MOST_PLACES_A_BOOKING, Per, places_most
from workshops.formats.human import moment, pounds, run_dates
from workshops.formats.quote_view import amount_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from workshops.domain.workshop import Extra, Rate, Run, Workshop

ROWS_OPEN_AT_FIRST = 3
"""Delegates a form offers to name at once; the rows for the others are folded away, not missing."""

TABLE_OF_TOTALS = (1, 2, 3, 4, 5, 10, 20)
"""Numbers of places whose totals are printed for a visitor without JavaScript."""

FIELDS_KEPT = (
    "rate",
    "quantity",
    "buyer_name",
    "buyer_email",
    "organisation",
    "different_people",
    "pay",
    "code",
    "purchase_order",
    "address_line1",
    "address_line2",
    "town",
    "postcode",
    "country",
    "invoice_email",
    "vat_number",
    "accept_terms",
    "on_behalf_of_organisation",
)


def form_view(
    workshop: Workshop,
    run: Run,
    at: datetime,
    *,
    values: Mapping[str, Sequence[str]] | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """What the booking-form component shows: rates with prices as of an instant, and what was typed, kept.

    `values` are the fields as posted; `errors` are (field, sentence) in the order of the form. An error of the
    third delegate's e-mail address is of field `delegate_email_3`.
    """
    typed = values or {}
    by_field: dict[str, str] = {}
    for field, sentence in errors:
        by_field.setdefault(field, sentence)
    most = max(places_most(run, rate) for rate in run.rates)
    delegates = _delegate_rows(typed, by_field, most)
    return {
        "workshop": workshop.slug,
        "run": run.id,
        "title": workshop.title,
        "dates": run_dates(run),
        "rates": [rate_view(workshop, run, rate, at) for rate in run.rates],
        "extras": [{**extra_view(extra), "count": last_value(typed, f"extra_{extra.id}")} for extra in workshop.extras],
        "places_most": most,
        "values": {field: last_value(typed, field) for field in FIELDS_KEPT},
        "delegates": delegates,
        "delegates_open": _rows_open(delegates),
        "errors": [{"field": field, "message": sentence} for field, sentence in errors],
        "error_by_field": by_field,
    }


def rate_view(workshop: Workshop, run: Run, rate: Rate, at: datetime) -> dict[str, Any]:
    """A rate as of an instant, with and without VAT, and its totals by number of places."""
    price = unit_price(workshop, rate, 1, at)
    amount = taxed(price.net, workshop.vat)
    return {
        "id": rate.id,
        "name": rate.name,
        "who": rate.who,
        "net_pence": price.net,
        **amount_view(amount),
        "list_net": pounds(price.list_net) if price.list_net != price.net else None,
        "early_until": moment(rate.early.until) if rate.early and price.discount else None,
        "vat_label": LABELS[workshop.vat],
        "charges_vat": charges_vat(workshop.vat),
        "per": rate.per.value,
        "covers": rate.covers,
        "places_most": places_most(run, rate),
        "totals": _totals(workshop, run, rate, at),
    }


def extra_view(extra: Extra) -> dict[str, Any]:
    """An extra with and without its own VAT."""
    return {
        "id": extra.id,
        "name": extra.name,
        "net_pence": extra.net,
        **amount_view(taxed(extra.net, extra.vat)),
        "vat_label": LABELS[extra.vat],
        "charges_vat": charges_vat(extra.vat),
        "limit": extra.limit,
    }


def last_value(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """What was posted for a field, the last where it was posted several times; nothing at all is empty."""
    return fields[name][-1] if fields.get(name) else ""


# ---------------------------------------------------------------------------------------------------------------------


def _totals(workshop: Workshop, run: Run, rate: Rate, at: datetime) -> list[dict[str, Any]]:
    if rate.per is Per.ORGANISATION:
        return []
    most = places_most(run, rate)
    return [
        {
            "places": places,
            **amount_view(taxed(unit_price(workshop, rate, places, at).net * places, workshop.vat)),
        }
        for places in TABLE_OF_TOTALS
        if places <= most
    ]


def _delegate_rows(typed: Mapping[str, Sequence[str]], errors: Mapping[str, str], most: int) -> list[dict[str, str]]:
    names, emails = typed.get("delegate_name", ()), typed.get("delegate_email", ())
    return [
        {
            "name": names[place] if place < len(names) else "",
            "email": emails[place] if place < len(emails) else "",
            "name_error": errors.get(f"delegate_name_{place + 1}", ""),
            "email_error": errors.get(f"delegate_email_{place + 1}", ""),
        }
        for place in range(max(most, min(len(names), MOST_PLACES_A_BOOKING)))
    ]


def _rows_open(rows: Sequence[Mapping[str, str]]) -> int:
    used = [number for number, row in enumerate(rows, start=1) if any(row.values())]
    return max([ROWS_OPEN_AT_FIRST, *used])
