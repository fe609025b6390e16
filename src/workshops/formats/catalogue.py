"""The catalogue as JSON: the build writes what can be sold, the functions sell from that text alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any, TypeVar

from workshops.domain.catalogue import Catalogue, Provider
from workshops.domain.errors import WorkshopsError
from workshops.domain.moment import LONDON, Moment
from workshops.domain.money import BasisPoints, Pence
from workshops.domain.vat import VatRate
from workshops.domain.workshop import (
    Day,
    Delivery,
    DeliveryMode,
    EarlyPrice,
    EventStatus,
    Extra,
    ExtraId,
    GroupDiscount,
    Per,
    Question,
    Rate,
    RateId,
    Run,
    RunId,
    Slug,
    Venue,
    Workshop,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Found = TypeVar("Found")

VERSION = 1
"""Of the text's shape; a reader of another version refuses it."""


class CatalogueUnreadable(WorkshopsError):
    """The text is no catalogue that may be sold from."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the catalogue cannot be read: {reason}; build the site again and deploy its catalogue")
        self.reason = reason


def catalogue_of(provider: Provider, workshops: Iterable[Workshop], commit: str | None) -> Catalogue:
    """The catalogue of these workshops, with the SHA-256 of what is sold. Its commit is no part of the hash."""
    by_slug = {workshop.slug: workshop for workshop in sorted(workshops, key=lambda workshop: workshop.slug)}
    return Catalogue(provider, by_slug, _sha256(_sold(provider, by_slug)), commit)


def dump(catalogue: Catalogue) -> str:
    """Canonical JSON, capacities included: for the functions, never for the site."""
    return _text(catalogue, _sold(catalogue.provider, catalogue.workshops), complete=True)


def dump_public(catalogue: Catalogue) -> str:
    """Canonical JSON for everybody, with the same hash but without capacities and the limits of extras."""
    workshops = {slug: _without_limits(workshop) for slug, workshop in catalogue.workshops.items()}
    return _text(catalogue, _sold(catalogue.provider, workshops), complete=False)


def load(text: str) -> Catalogue:
    """The catalogue that `dump` wrote. Raises `CatalogueUnreadable`, also for a public copy or a changed text."""
    data = _parsed(text)
    _require(data)
    try:
        workshops = {Slug(slug): _workshop(Slug(slug), found) for slug, found in data["workshops"].items()}
        return Catalogue(_provider(data["provider"]), workshops, data["sha256"], data["commit"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CatalogueUnreadable(f"{type(error).__name__} at {error}") from error


# ---------------------------------------------------------------------------------------------------------------------


def _text(catalogue: Catalogue, sold: dict[str, Any], *, complete: bool) -> str:
    about = {
        "version": VERSION,
        "complete": complete,
        "sha256": catalogue.sha256,
        "commit": catalogue.commit,
    }
    return _canonical({**about, **sold}) + "\n"


def _sold(provider: Provider, workshops: dict[Slug, Workshop]) -> dict[str, Any]:
    without_slug = {slug: _plain(workshop) for slug, workshop in workshops.items()}
    for workshop in without_slug.values():
        del workshop["slug"]
    return {"provider": _plain(provider), "workshops": without_slug}


def _sha256(sold: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(sold).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _without_limits(workshop: Workshop) -> Workshop:
    return replace(
        workshop,
        runs=tuple(replace(run, capacity=None) for run in workshop.runs),
        extras=tuple(replace(extra, limit=None) for extra in workshop.extras),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of the domain becomes any value of JSON
    if isinstance(value, Moment):
        return _moment_text(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not is_dataclass(value):
        return value
    named = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: _plain(found) for name, found in named if found is not None}


def _moment_text(moment: Moment) -> str:
    """Such as 2026-04-28, 2026-04-28T10:00:00 or 2026-04-28T10:00:00[Europe/Paris]; no zone is London's."""
    at = f"T{moment.time.isoformat()}" if moment.time else ""
    zone = "" if moment.zone == LONDON else f"[{moment.zone}]"
    return f"{moment.day.isoformat()}{at}{zone}"


def _parsed(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise CatalogueUnreadable(f"it is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise CatalogueUnreadable("it is not a JSON object")
    return data


def _require(data: dict[str, Any]) -> None:
    missing = sorted({"version", "complete", "sha256", "commit", "provider", "workshops"} - data.keys())
    if data.get("version", VERSION) != VERSION:
        raise CatalogueUnreadable(f"it is of version {data['version']!r}, this program reads version {VERSION}")
    if missing:
        raise CatalogueUnreadable(f"it has no {', '.join(missing)}")
    if data["complete"] is not True:
        raise CatalogueUnreadable("it is the public copy, without capacities")
    if _sha256({"provider": data["provider"], "workshops": data["workshops"]}) != data["sha256"]:
        raise CatalogueUnreadable("its SHA-256 does not match what it sells")


def _provider(data: dict[str, Any]) -> Provider:
    return Provider(**data)


def _workshop(slug: Slug, data: dict[str, Any]) -> Workshop:
    return Workshop(
        slug=slug,
        title=data["title"],
        vat=VatRate(data["vat"]),
        delivery=_delivery(data["delivery"]),
        runs=tuple(_run(found) for found in data["runs"]),
        group_discounts=tuple(_group_discount(found) for found in data["group_discounts"]),
        extras=tuple(_extra(found) for found in data["extras"]),
        questions=tuple(Question(**found) for found in data["questions"]),
        archived=data["archived"],
    )


def _delivery(data: dict[str, Any]) -> Delivery:
    venue = Venue(**data["venue"]) if "venue" in data else None
    return Delivery(DeliveryMode(data["mode"]), data.get("platform"), venue)


def _run(data: dict[str, Any]) -> Run:
    return Run(
        id=RunId(data["id"]),
        days=tuple(Day(_moment(day["starts"]), _moment(day["ends"])) for day in data["days"]),
        timezone=data["timezone"],
        rates=tuple(_rate(found) for found in data["rates"]),
        capacity=data.get("capacity"),
        status=EventStatus(data["status"]),
        previously=_perhaps(_moment, data.get("previously")),
        opens=_perhaps(_moment, data.get("opens")),
        closes=_perhaps(_moment, data.get("closes")),
        joining_days_before=data["joining_days_before"],
        max_per_booking=data["max_per_booking"],
    )


def _rate(data: dict[str, Any]) -> Rate:
    return Rate(
        id=RateId(data["id"]),
        name=data["name"],
        net=Pence(data["net"]),
        who=data.get("who"),
        early=_perhaps(_early, data.get("early")),
        per=Per(data["per"]),
        covers=data.get("covers"),
    )


def _early(data: dict[str, Any]) -> EarlyPrice:
    return EarlyPrice(Pence(data["net"]), _moment(data["until"]))


def _group_discount(data: dict[str, Any]) -> GroupDiscount:
    return GroupDiscount(data["at_least"], BasisPoints(data["off"]))


def _extra(data: dict[str, Any]) -> Extra:
    return Extra(ExtraId(data["id"]), data["name"], Pence(data["net"]), VatRate(data["vat"]), data.get("limit"))


def _moment(text: str) -> Moment:
    wall, _, zone = text.removesuffix("]").partition("[")
    day, _, at = wall.partition("T")
    return Moment(date.fromisoformat(day), time.fromisoformat(at) if at else None, zone or LONDON)


def _perhaps(read: Callable[[Any], Found], found: object) -> Found | None:
    return None if found is None else read(found)
