"""What every page knows of the site, whether the build makes it or a function does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workshops.domain.catalogue import Provider


def site_view(
    provider: Provider,
    site_url: str,
    stylesheet_path: str,
    *,
    registered_office: str | None = None,
    pages: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The provider and the links around every page, as strings.

    `pages` are (path, title) of further pages. Who knows only the catalogue leaves them and the registered office
    out, and links the booking terms and the privacy page alone.
    """
    return {
        "name": provider.name,
        "url": site_url.rstrip("/"),
        "stylesheet": stylesheet_path,
        "email": provider.booking_email,
        "telephone": provider.telephone,
        "telephone_href": telephone_href(provider.telephone) if provider.telephone else None,
        "purchase_orders_to": provider.purchase_orders_to,
        "invoice": "VAT invoice" if provider.vat_registered else "invoice",
        "legal_lines": legal_lines(provider, registered_office),
        "terms_url": page_path(provider.terms_page),
        "privacy_url": page_path(provider.privacy_page),
        "nav": [
            {"href": "/workshops/", "text": "Workshops"},
            {"href": "/workshops/archive/", "text": "Past workshops"},
        ],
        "pages": [{"href": path, "text": title} for path, title in pages or _known_pages(provider)],
    }


def telephone_href(telephone: str) -> str:
    """A tel: address for a number as people write it: +44 (0)844 660 8707 is dialled without the nought."""
    international = telephone.replace("(0)", "") if telephone.lstrip().startswith("+") else telephone
    return "tel:" + re.sub(r"[^\d+]", "", international)


def legal_lines(provider: Provider, registered_office: str | None = None) -> list[str]:
    """What a business must tell of itself, as far as it is known: name, company, addresses, VAT number."""
    known = [
        (provider.legal_name, "{}"),
        (provider.company_number, "Company number {}"),
        (registered_office, "Registered office: {}"),
        (provider.address, "{}"),
        (provider.vat_number, "VAT number {}"),
    ]
    return [sentence.format(", ".join(fact.splitlines())) for fact, sentence in known if fact]


def page_path(slug: str | None) -> str | None:
    """Where a page of content/pages is found."""
    return f"/{slug}/" if slug else None


# ---------------------------------------------------------------------------------------------------------------------


def _known_pages(provider: Provider) -> list[tuple[str, str]]:
    pages = [(page_path(provider.terms_page), "Booking terms"), (page_path(provider.privacy_page), "Privacy")]
    return [(path, title) for path, title in pages if path]
