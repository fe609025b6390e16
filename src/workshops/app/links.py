"""The buyer's link: a token that any later mail can write again, of which only the digest is stored."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshops.domain.booking import BookingId


def link_token(secret: str, booking: BookingId, revision: int) -> str:
    """The token in the address of the buyer's page: 43 characters of base64url, 256 bits (data-model.md, "Links").

    A higher revision gives another token, and so revokes the link before it.
    """
    digest = hmac.digest(secret.encode(), f"{booking}#{revision}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def link_digest(token: str) -> str:
    """What is stored of a token: its SHA-256 in hex, from which the token cannot be told. Any text has one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
