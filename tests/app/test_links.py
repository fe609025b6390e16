"""The buyer's link."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import SECRET
from workshops.app.links import link_digest, link_token
from workshops.domain.booking import BookingId

BOOKING = BookingId("B7K2M9QX")


def test_the_token_is_the_hmac_of_booking_and_revision_in_base64url_without_padding():
    token = link_token(SECRET, BOOKING, 1)

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert urlsafe_b64decode(token + "=") == hmac.new(SECRET.encode(), b"B7K2M9QX#1", hashlib.sha256).digest()


def test_any_later_mail_writes_the_same_link():
    assert link_token(SECRET, BOOKING, 1) == link_token(SECRET, BOOKING, 1)


def test_a_new_revision_another_booking_or_another_secret_is_another_link():
    tokens = {
        link_token(SECRET, BOOKING, 1),
        link_token(SECRET, BOOKING, 2),
        link_token(SECRET, BookingId("B7K2M9QY"), 1),
        link_token(SECRET + "x", BOOKING, 1),
    }

    assert len(tokens) == 4


def test_booking_and_revision_do_not_run_into_each_other():
    assert link_token(SECRET, BookingId("B1"), 11) != link_token(SECRET, BookingId("B11"), 1)


def test_only_the_sha256_of_a_token_is_stored():
    token = link_token(SECRET, BOOKING, 1)

    assert link_digest(token) == hashlib.sha256(token.encode()).hexdigest()


@settings(deadline=None)
@given(st.text())
def test_whatever_stands_in_an_address_has_a_digest(text):
    assert re.fullmatch(r"[0-9a-f]{64}", link_digest(text))


def test_even_half_a_surrogate_pair_has_a_digest():
    assert link_digest("\ud800") != link_digest("\ud801")
