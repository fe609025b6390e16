"""Between HTTP and the functions: AWS HTTP API events (payload format 2.0) and answers, as behind CloudFront."""

from __future__ import annotations

import base64
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Response

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from werkzeug.wrappers import Request

BODY_LIMIT = 10 * 1024 * 1024
_EVENT_LIMIT = 6 * 1024 * 1024
_DRAIN = 1024 * 1024
_TEXT = re.compile(r"text/.*|application/(.*\+)?(json|xml|javascript)", re.ASCII)
_NOT_PASSED_ON = re.compile(r"cookie$|cloudfront-", re.ASCII | re.IGNORECASE)
_ACCOUNT, _API = "000000000000", "local"


class RequestTooLarge(WorkshopsError):
    """The body is over API Gateway's limit of 10 MB, or over Lambda's of 6 MB once encoded."""

    def __init__(self) -> None:
        super().__init__("The request is too large.")


class AnswerMalformed(WorkshopsError):
    """A function's answer that API Gateway could not make a response of."""

    def __init__(self, answer: object) -> None:
        super().__init__(f"The function's answer is no HTTP response but a {type(answer).__name__}.")


@dataclass(frozen=True)
class Route:
    """A path of the API, such as `/certificates/{code}`, and the name of the function behind it, for any method."""

    path: str
    function: str

    @property
    def key(self) -> str:
        """API Gateway's name of the route; the access log uses it in place of the path."""
        return f"ANY {self.path}"

    def match(self, path: str) -> dict[str, str] | None:
        """The path's parameters if this route takes it."""
        found = re.fullmatch(_pattern(self.path), path, re.DOTALL)
        return found.groupdict() if found else None


def event(
    request: Request, route: Route, parameters: Mapping[str, str], body: bytes, *, now: datetime
) -> dict[str, Any]:
    """The event for a request on a route. Raises RequestTooLarge."""
    made = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode("latin-1"),
        "headers": _headers(request),
        "requestContext": _context(request, route, now),
        "isBase64Encoded": False,
    }
    made |= _optional(request, parameters) | _body(request.mimetype, body)
    if len(json.dumps(made)) > _EVENT_LIMIT:
        raise RequestTooLarge
    return made


def read_body(request: Request) -> bytes:
    """The whole body, up to the limit. Raises RequestTooLarge, having read on so that the refusal can be heard."""
    body = request.stream.read(BODY_LIMIT + 1)
    if len(body) <= BODY_LIMIT:
        return body
    while request.stream.read(_DRAIN):
        pass
    raise RequestTooLarge


def response(answer: object) -> Response:
    """What the client gets for a function's answer. Raises AnswerMalformed."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return _inferred(answer)
    try:
        made = Response(_answer_body(answer), status=int(answer["statusCode"]))
        made.headers.clear()
        for name, value in (answer.get("headers") or {}).items():
            made.headers[name] = str(value)
        for cookie in answer.get("cookies") or ():
            made.headers.add("Set-Cookie", cookie)
    except (TypeError, ValueError, AttributeError) as fault:
        raise AnswerMalformed(answer) from fault
    made.headers.setdefault("Content-Type", "text/plain;charset=UTF-8")
    return made


# ---------------------------------------------------------------------------------------------------------------------


def _pattern(path: str) -> str:
    escaped = re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+}", "+}")
    greedy = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", escaped)
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", greedy)


def _headers(request: Request) -> dict[str, str]:
    """Lower-case names without the cookies (WSGI has joined repeated ones); CloudFront adds the viewer's address."""
    headers = {name.lower(): value for name, value in request.headers if not _NOT_PASSED_ON.match(name)}
    address, port = request.remote_addr or "127.0.0.1", request.environ.get("REMOTE_PORT", "0")
    on_the_way = [headers["x-forwarded-for"]] if "x-forwarded-for" in headers else []
    return headers | {
        "cloudfront-viewer-address": f"{address}:{port}",
        "x-forwarded-for": ", ".join([*on_the_way, address]),
    }


def _context(request: Request, route: Route, now: datetime) -> dict[str, Any]:
    return {
        "accountId": _ACCOUNT,
        "apiId": _API,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "sourceIp": request.remote_addr or "127.0.0.1",
            "userAgent": request.headers.get("User-Agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": route.key,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _optional(request: Request, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The fields that are left out when there is nothing in them."""
    fields: dict[str, Any] = {
        "cookies": [cookie for cookie in request.headers.get("Cookie", "").split("; ") if cookie],
        "queryStringParameters": _query(request.query_string.decode("latin-1")),
        "pathParameters": dict(parameters),
    }
    return {name: value for name, value in fields.items() if value}


def _query(raw: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(content_type: str, body: bytes) -> dict[str, Any]:
    """Text as text; everything else, forms included, in base64."""
    if not body:
        return {}
    if _TEXT.fullmatch(content_type):
        return {"body": body.decode("utf-8", errors="replace")}
    return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}


def _answer_body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body") or ""
    return base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()


def _inferred(answer: object) -> Response:
    """An answer without a status is taken for the JSON body of a 200."""
    if answer is None:
        raise AnswerMalformed(answer)
    body = answer if isinstance(answer, str) else json.dumps(answer)
    return Response(body, content_type="application/json")
