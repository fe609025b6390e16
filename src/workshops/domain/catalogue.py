"""The catalogue: what can be sold, as the build wrote it and the functions read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from workshops.domain.workshop import Run, Slug, Workshop


class UnknownRun(WorkshopsError):
    """The catalogue has no such workshop or run."""

    def __init__(self, workshop: str, run: str) -> None:
        super().__init__(f"the catalogue has no run {run!r} of a workshop {workshop!r}")
        self.workshop, self.run = workshop, run


@dataclass(frozen=True, slots=True)
class Provider:
    """Who sells. Fields that the content leaves empty are None."""

    name: str
    booking_email: str
    telephone: str | None = None
    legal_name: str | None = None
    address: str | None = None
    company_number: str | None = None
    vat_number: str | None = None
    vat_registered: bool = True
    purchase_orders_to: str | None = None
    terms_page: str | None = None
    privacy_page: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything on sale, with the SHA-256 of its canonical form and the commit it was built from (None: no commit)."""

    provider: Provider
    workshops: dict[Slug, Workshop]
    sha256: str
    commit: str | None

    def find(self, workshop: str, run: str) -> tuple[Workshop, Run]:
        """A workshop and its run. Raises `UnknownRun`."""
        found = self.workshops.get(workshop)  # type: ignore[call-overload]
        found_run = found.run(run) if found else None
        if not found or not found_run:
            raise UnknownRun(workshop, run)
        return found, found_run
