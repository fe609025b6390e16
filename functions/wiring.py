"""What the functions stand on, made once a process: settings, catalogue, bookings, payments, pages.

Libraries that not every function needs are imported where they are: nobody waits for another's at a cold start.
"""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from workshops.adapters.catalogue import CatalogueFile
from workshops.adapters.dynamodb.bookings import DynamoBookings
from workshops.adapters.dynamodb.table import Table
from workshops.adapters.dynamodb.table import client as dynamodb
from workshops.settings import is_live, settings

if TYPE_CHECKING:
    from workshops.adapters.pages import Pages
    from workshops.adapters.stripe import StripePayments
    from workshops.domain.catalogue import Catalogue

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals that are not mistaken for each other on the telephone."""

ID_LENGTH = 10
"""Characters of a booking number: 49 random bits, and the table refuses a number that is taken."""


@cache
def bookings() -> DynamoBookings:
    """The register of bookings."""
    return DynamoBookings(Table(dynamodb(), settings().table))


@cache
def payments() -> StripePayments:
    """The payment provider; its library is the slowest import of all."""
    from workshops.adapters.stripe import StripePayments, client  # noqa: PLC0415

    key = settings().stripe_secret_key
    return StripePayments(client(key, settings().stripe_api_base), site_url=settings().site_url, live=is_live(key))


@cache
def pages() -> Pages:
    """The theme's pages."""
    from workshops.adapters.pages import Pages  # noqa: PLC0415

    return Pages(Path(settings().theme), settings().site_url)


def catalogue() -> Catalogue:
    """What is on sale now. Raises `CatalogueUnreadable`."""
    return _catalogue_file().current()


def new_booking_id() -> str:
    """A booking number that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


# ---------------------------------------------------------------------------------------------------------------------


@cache
def _catalogue_file() -> CatalogueFile:
    return CatalogueFile(settings().catalogue)
