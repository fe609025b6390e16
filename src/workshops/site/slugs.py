"""Slugs: the part of an address that names a page."""

from __future__ import annotations

import re
import unicodedata

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""Lower-case letters, digits, and single hyphens between them."""


def slugify(text: str, longest: int | None = None) -> str:
    """A slug made from any text, cut at a word where it would be longer; "" when no letter or digit is left of it."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_SPELT_OUT))
    ascii_only = plain.encode("ascii", "ignore").decode("ascii")
    return _cut("-".join(re.findall(r"[a-z0-9]+", ascii_only)), longest)


# ---------------------------------------------------------------------------------------------------------------------

_SPELT_OUT = str.maketrans(
    {"&": " and ", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "\u0131": "i"}
    | dict.fromkeys("'\u2019\u2018\u02bc", "")
    | dict.fromkeys("\u2013\u2014\u2010\u2011\u2212", "-")
)
"""Letters that Unicode does not take apart, apostrophes that join, and dashes that part."""


def _cut(slug: str, longest: int | None) -> str:
    if longest is None or len(slug) <= longest:
        return slug
    head, _, rest = slug[: longest + 1].rpartition("-")
    return head or rest[:longest]
