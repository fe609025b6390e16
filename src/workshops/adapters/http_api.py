"""AWS HTTP API events (payload format 2.0) read, and answers made, for every function behind a web address."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORM = "application/x-www-form-urlencoded"
FORM_BYTES = 128 * 1024
"""Sixty delegates with the longest names and addresses, each character percent-encoded, take less."""

FORM_FIELDS = 400

Answer = dict[str, Any]


class BadRequest(WorkshopsError):
    """A request that no form of ours sends; `status` says what is wrong in HTTP's words."""

    def __init__(self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}


@dataclass(frozen=True, slots=True)
class Request:
    """A web request: header names in lower case, the body as the very bytes that were sent."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def wants_json(self) -> bool:
        """Whether a program asks: JSON is named, a page is not."""
        accepted = self.headers.get("accept", "")
        return "json" in accepted and "text/html" not in accepted


def request_of(event: Mapping[str, Any]) -> Request:
    """The request in an event."""
    body = event.get("body") or ""
    return Request(
        method=event["requestContext"]["http"]["method"],
        path=event["rawPath"],
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in event["headers"].items()},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(),
    )


def require_method(request: Request, *allowed: str) -> None:
    """Raises `BadRequest` (405) for another method."""
    if request.method not in allowed:
        names = ", ".join(allowed)
        raise BadRequest(
            HTTPStatus.METHOD_NOT_ALLOWED, f"This address answers {names} requests only.", {"allow": names}
        )


def form_of(request: Request) -> dict[str, Sequence[str]]:
    """The fields of a posted form, in order. Raises `BadRequest`: 415 for another content type, 413, or 400."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the form as {FORM}.")
    if len(request.body) > FORM_BYTES:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form is too large.")
    try:
        return dict(
            parse_qs(request.body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
        )
    except UnicodeDecodeError:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "The form is not encoded as browsers encode it, in UTF-8.") from None
    except ValueError:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form has too many fields.") from None


def page(status: HTTPStatus, html: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer for one reader: never stored, never indexed."""
    return _answer(status, html, "text/html; charset=utf-8", {**_PRIVATE, **(headers or {})})


def data(status: HTTPStatus, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer for a program."""
    return _answer(status, json.dumps(value), "application/json", headers or {})


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    errors: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A refusal for a program, RFC 9457, with what is wrong field by field."""
    told = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "errors": [{"field": field, "message": message} for field, message in errors],
    }
    return _answer(status, json.dumps(told), "application/problem+json", {**_PRIVATE, **(headers or {})})


def see_other(url: str) -> Answer:
    """Go on to another page with a GET."""
    return {"statusCode": HTTPStatus.SEE_OTHER.value, "headers": {"location": url, **_PRIVATE}, "body": ""}


# ---------------------------------------------------------------------------------------------------------------------

_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}


def _answer(status: HTTPStatus, body: str, content_type: str, headers: Mapping[str, str]) -> Answer:
    return {"statusCode": status.value, "headers": {"content-type": content_type, **headers}, "body": body}
