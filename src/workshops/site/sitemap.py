"""What search engines ask for: the sitemap and robots.txt."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workshops.site.edition import Edition


def sitemap(addresses: Iterable[str]) -> str:
    """The whole addresses of every page that may be found, in order."""
    urls = "".join(f"<url><loc>{escape(address)}</loc></url>\n" for address in sorted(addresses))
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{urls}</urlset>\n"


def robots(edition: Edition) -> str:
    """Everything may be visited but the functions and the pages of bookings."""
    return f"User-agent: *\nDisallow: /api/\nDisallow: /booking/\n\nSitemap: {edition.url('/sitemap.xml')}\n"
