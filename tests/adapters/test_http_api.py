"""AWS HTTP API events read, and answers made."""

from __future__ import annotations

import json
from base64 import b64encode
from http import HTTPStatus

import pytest

from workshops.adapters import http_api
from workshops.adapters.http_api import FORM, BadRequest, form_of, request_of, require_method


def an_event(body=b"", *, method="POST", encoded=True, **headers):
    told = {"body": b64encode(body).decode() if encoded else body.decode()} if body else {}
    return {
        "rawPath": "/api/checkout",
        "headers": {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method}},
        "isBase64Encoded": encoded and bool(body),
        **told,
    }


def fields(body, **headers):
    return form_of(request_of(an_event(body, **headers)))


def status_of(body, **headers):
    with pytest.raises(BadRequest) as refused:
        fields(body, **headers)
    return refused.value.status


@pytest.mark.parametrize("encoded", [True, False])
def test_a_form_is_read_in_either_encoding_of_the_body(encoded):
    request = request_of(an_event(b"name=Zo%C3%AB+O%27Neill&name=&a=1", encoded=encoded))
    assert form_of(request) == {"name": ["Zoë O'Neill", ""], "a": ["1"]}


def test_an_event_without_body_or_query_is_an_empty_request():
    request = request_of(an_event(method="GET"))
    assert (request.method, request.path, request.query, request.body) == ("GET", "/api/checkout", {}, b"")


def test_header_names_are_read_in_any_case():
    assert request_of(an_event(STRIPE_SIGNATURE="t=1")).headers["stripe-signature"] == "t=1"


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_another_content_type_is_415(content_type):
    assert status_of(b"a=1", Content_Type=content_type) is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize("content_type", [FORM.upper(), f"{FORM};charset=UTF-8", f" {FORM} ; charset=utf-8"])
def test_a_form_is_a_form_in_any_spelling(content_type):
    assert fields(b"a=1", Content_Type=content_type) == {"a": ["1"]}


@pytest.mark.parametrize("body", [b"a=" + b"x" * 5_000_000, b"&".join(b"a=1" for _ in range(401))])
def test_a_form_that_is_too_large_is_413(body):
    assert status_of(body) is HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize("body", [b"a=\xff", b"a=%FF%FE", b"a=%ED%A0%80"])
def test_a_form_in_another_encoding_is_400(body):
    assert status_of(body) is HTTPStatus.BAD_REQUEST


def test_the_largest_sound_form_is_not_too_large():
    rows = b"&".join(b"delegate_name=" + b"%E2%80%99" * 200 + b"&delegate_email=" + b"a" * 254 for _ in range(60))
    assert len(rows) < http_api.FORM_BYTES * 2
    assert len(fields(rows)["delegate_name"]) == 60


def test_another_method_is_refused_with_those_that_are_allowed():
    with pytest.raises(BadRequest) as refused:
        require_method(request_of(an_event(method="PUT")), "GET", "HEAD")
    assert (refused.value.status, refused.value.headers) == (HTTPStatus.METHOD_NOT_ALLOWED, {"allow": "GET, HEAD"})


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("text/html,application/xhtml+xml,application/json;q=0.1", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_program_names_json_and_a_browser_names_pages(accept, json_wanted):
    assert request_of(an_event(accept=accept)).wants_json is json_wanted


def test_a_refusal_for_a_program_is_problem_json():
    answer = http_api.problem(HTTPStatus.CONFLICT, "No.", errors=[("rate", "Gone")], headers={"retry-after": "60"})
    assert answer["statusCode"] == 409
    assert answer["headers"] == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-robots-tag": "noindex",
        "retry-after": "60",
    }
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "No.",
        "errors": [{"field": "rate", "message": "Gone"}],
    }


@pytest.mark.parametrize("answer", [http_api.page(HTTPStatus.OK, "<p>"), http_api.see_other("https://pay.example/")])
def test_what_one_reader_is_answered_is_kept_by_nobody(answer):
    assert answer["headers"]["cache-control"] == "no-store"
    assert answer["headers"]["x-robots-tag"] == "noindex"
