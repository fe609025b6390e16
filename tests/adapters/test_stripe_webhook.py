"""Stripe's signed events: the raw bytes decide, and nothing hostile comes further than one kind of error."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.adapters.stripe_webhook import SESSION_EVENTS, TOLERANCE, Event, Unreadable, Unverified, verified_event

SECRET = "whsec_example"


def an_event(**changes):
    about = {"id": "cs_test_1", "object": "checkout.session", "metadata": {"site": "site.example", "booking": "B1"}}
    return {
        "id": "evt_1",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": about},
    } | changes


def signature(body: bytes, *secrets: str, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    signed = [hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={stamp}", *(f"v1={one}" for one in signed)])


def verified(event, **changes):
    body = json.dumps(event, ensure_ascii=False).encode()
    return verified_event(body, changes.get("signed") or signature(body, SECRET), [SECRET])


def test_a_signed_event_is_read():
    assert verified(an_event()) == Event(
        "evt_1", "checkout.session.completed", "cs_test_1", "site.example", livemode=False
    )


def test_names_in_any_alphabet_do_not_break_the_signature():
    assert verified(an_event(note="Zoë 李小龍 محمد")).id == "evt_1"


def test_any_of_our_secrets_may_have_signed():
    body = json.dumps(an_event()).encode()
    assert verified_event(body, signature(body, "whsec_old"), ["whsec_new", "whsec_old"]).id == "evt_1"


def test_one_of_two_signatures_is_enough():
    body = json.dumps(an_event()).encode()
    assert verified_event(body, signature(body, "whsec_other", SECRET), [SECRET]).id == "evt_1"


def test_json_that_was_written_anew_is_refused():
    body = json.dumps(an_event(), indent=2).encode()
    written_anew = json.dumps(json.loads(body)).encode()
    with pytest.raises(Unverified):
        verified_event(written_anew, signature(body, SECRET), [SECRET])


@pytest.mark.parametrize("secrets", [["whsec_wrong"], []])
def test_without_the_right_secret_nothing_is_believed(secrets):
    body = json.dumps(an_event()).encode()
    with pytest.raises(Unverified):
        verified_event(body, signature(body, SECRET), secrets)


@pytest.mark.parametrize(
    "header", ["", "t=1", "v1=abc", "t=x,v1=abc", "t=,v1=", "nonsense", "t=1,v1=é", ",,,", "=", "t=9" * 99]
)
def test_a_header_that_is_none_is_refused(header):
    with pytest.raises(Unverified):
        verified_event(b"{}", header, [SECRET])


def test_a_signature_grows_old():
    body = json.dumps(an_event()).encode()
    assert verified_event(body, signature(body, SECRET, at=time.time() - TOLERANCE + 30), [SECRET])
    with pytest.raises(Unverified):
        verified_event(body, signature(body, SECRET, at=time.time() - TOLERANCE - 30), [SECRET])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"1",
        b"{",
        b'{"id": "evt_1"}',
        b'{"id": "evt_1", "type": "x", "data": null, "livemode": false}',
        b'{"id": "evt_1", "type": "x", "data": {"object": null}, "livemode": false}',
        b'{"id": "evt_1", "type": "x", "data": {"object": []}, "livemode": false}',
        b'{"id": "evt_1", "type": "x", "data": {"object": {"metadata": []}}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": {"metadata": "x"}}, "livemode": false}',
        b"[" * 100_000,
    ],
)
def test_what_is_signed_but_no_event_is_unreadable(body):
    with pytest.raises(Unreadable):
        verified_event(body, signature(body, SECRET), [SECRET])


def test_rubbish_is_refused_whatever_its_size():
    for body in (b"\xff" * 1_000_000, b"x" * 1_000_000):
        with pytest.raises(Unverified):
            verified_event(body, "t=1,v1=abc", [SECRET])


@given(st.binary(max_size=200), st.text(max_size=200))
def test_anything_at_all_unsigned_is_refused(body, header):
    with pytest.raises(Unverified):
        verified_event(body, header, [SECRET])


@pytest.mark.parametrize("kind", sorted(SESSION_EVENTS))
def test_an_event_of_a_session_names_the_session_to_settle(kind):
    assert verified(an_event(type=kind)).session == "cs_test_1"


@pytest.mark.parametrize("kind", ["invoice.paid", "payment_intent.succeeded", "charge.succeeded", "nobody.knows.it"])
def test_other_events_name_no_session(kind):
    assert verified(an_event(type=kind)).session is None


@pytest.mark.parametrize("metadata", [None, {}, {"site": 1}, {"site": None}])
def test_an_object_that_is_not_ours_is_of_no_site(metadata):
    about = {"id": "cs_test_1", "metadata": metadata}
    assert verified(an_event(data={"object": about})).site is None
