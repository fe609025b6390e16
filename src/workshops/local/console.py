"""What happened on this machine, at `/_local/`: mail, bookings, payments, clocks. Every page says that it is local."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from boto3.dynamodb.types import TypeDeserializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from workshops.adapters.dynamodb.items import BOOKING
from workshops.domain.moment import local
from workshops.local.clock import business_time
from workshops.local.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug.wrappers import Request

    from workshops.local.engine import Clients
    from workshops.local.mailbox import Mail

_PAGES = Path(__file__).parent / "pages"
_TO_DOUBLE = 3.0
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class Console:
    """The pages under `/_local/`. `offset` is in seconds; `double` the payment double's address, if there is one."""

    def __init__(self, aws: Clients, table: str, data: Path, *, offset: int, double: str | None) -> None:
        self._aws = aws
        self._table = table
        self._data = data
        self._mailbox = Mailbox(data / "mail")
        self._offset = offset
        self._double = double
        self._pages = Environment(
            loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._routes = Map(
            [
                Rule("/_local/", endpoint=self._overview),
                Rule("/_local/style.css", endpoint=self._style),
                Rule("/_local/mail", endpoint=self._mails),
                Rule("/_local/mail.json", endpoint=self._mail_json),
                Rule("/_local/mail/<name>", endpoint=self._mail),
                Rule("/_local/mail/<name>/html", endpoint=self._mail_html),
                Rule("/_local/mail/<name>/message.eml", endpoint=self._mail_raw),
                Rule("/_local/mail/<name>/attachments/<int:number>", endpoint=self._attachment),
                Rule("/_local/bookings", endpoint=self._bookings),
                Rule("/_local/payments", endpoint=self._payments),
                Rule("/_local/clock", endpoint=self._clock),
                Rule("/_local/clock.json", endpoint=self._clock_json),
            ],
            strict_slashes=False,
        )

    def response(self, request: Request) -> Response:
        """The page, or 404 or 405; nothing here is changed by a request."""
        if request.method not in {"GET", "HEAD"}:
            return _text("Only GET and HEAD.\n", HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})
        try:
            endpoint, values = self._routes.bind_to_environ(request.environ).match()
            response: Response = endpoint(**values)
        except HTTPException as fault:
            return _text(f"Local: {fault.name}\n", HTTPStatus(fault.code or HTTPStatus.NOT_FOUND))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    # The pages.

    def _overview(self) -> Response:
        return self._page(
            "overview.html",
            clock=self._clocks(),
            mails=len(self._mailbox.names()),
            unfilled=_build_summary(self._data).get("unfilled", []),
            double=self._double,
        )

    def _mails(self) -> Response:
        newest_first = reversed(self._mailbox.names())
        return self._page("mails.html", mails=[(name, self._mailbox.read(name)) for name in newest_first])

    def _mail(self, name: str) -> Response:
        return self._page("mail.html", name=name, mail=self._read(name))

    def _bookings(self) -> Response:
        return self._page("bookings.html", bookings=_bookings(self._items()))

    def _payments(self) -> Response:
        state, fault = self._double_state()
        return self._page("payments.html", double=self._double, state=state, fault=fault)

    def _clock(self) -> Response:
        return self._page("clock.html", clock=self._clocks(), offset=self._offset)

    # Files and data.

    def _style(self) -> Response:
        return Response((_PAGES / "style.css").read_text("utf-8"), content_type="text/css; charset=utf-8")

    def _mail_json(self) -> Response:
        mails = json.dumps(self._mailbox.mails(), ensure_ascii=False, indent=1)
        return Response(mails, content_type="application/json")

    def _clock_json(self) -> Response:
        machine = datetime.now(UTC)
        clocks = {"business": business_time(machine, self._offset), "machine": machine}
        instants = json.dumps({name: instant.isoformat() for name, instant in clocks.items()})
        return Response(instants, content_type="application/json")

    def _mail_html(self, name: str) -> Response:
        html = self._read(name)["html"].replace("<head>", '<head><base target="_blank">', 1)
        headers = {"Content-Security-Policy": _MAIL_POLICY}
        return Response(html, headers=headers, content_type="text/html; charset=utf-8")

    def _mail_raw(self, name: str) -> Response:
        self._read(name)
        return Response(self._mailbox.raw(name), content_type="message/rfc822")

    def _attachment(self, name: str, number: int) -> Response:
        attachments = self._read(name)["attachments"]
        if not 1 <= number <= len(attachments):
            raise NotFound
        attachment = attachments[number - 1]
        response = Response(base64.b64decode(attachment["base64"]), content_type=attachment["content_type"])
        name = quote(attachment["filename"], safe="")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response

    # What the pages show.

    def _page(self, template: str, **view: object) -> Response:
        html = self._pages.get_template(template).render(view)
        return Response(html, content_type="text/html; charset=utf-8")

    def _read(self, name: str) -> Mail:
        if name not in self._mailbox.names():
            raise NotFound
        return self._mailbox.read(name)

    def _clocks(self) -> dict[str, str]:
        machine = datetime.now(UTC)
        return {"business": _shown(business_time(machine, self._offset)), "machine": _shown(machine)}

    def _items(self) -> Iterator[dict[str, Any]]:
        deserialise = TypeDeserializer().deserialize
        for page in self._aws.dynamodb.get_paginator("scan").paginate(TableName=self._table):
            for item in page["Items"]:
                yield {name: deserialise(value) for name, value in item.items()}

    def _double_state(self) -> tuple[dict[str, Any], str]:
        """The payment double's state, or why there is none."""
        if self._double is None:
            return {}, "Payments are at Stripe, in test mode: see its Dashboard."
        try:
            with urllib.request.urlopen(f"{self._double}/_double/state", timeout=_TO_DOUBLE) as answer:  # noqa: S310 - loopback
                state: dict[str, Any] = json.load(answer)
        except (urllib.error.URLError, TimeoutError, ValueError) as fault:
            return {}, f"The payment double does not answer: {fault}"
        return state, ""


# ---------------------------------------------------------------------------------------------------------------------


def _shown(instant: datetime) -> str:
    return f"{local(instant):%A %-d %B %Y, %H:%M:%S %Z}"


def _text(text: str, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, status, {**_HEADERS, **(headers or {})}, content_type="text/plain; charset=utf-8")


def _build_summary(data: Path) -> dict[str, Any]:
    path = data / "build.json"
    summary: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return summary


def _bookings(items: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every booking with the other rows of its partition, newest first."""
    partitions: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if str(item["pk"]).startswith("BOOKING#"):
            partitions.setdefault(item["pk"], []).append(item)
    bookings = [_booking(pk, sorted(rows, key=_booking_first)) for pk, rows in partitions.items()]
    return sorted(bookings, key=lambda booking: str(booking["made_at"]), reverse=True)


def _booking(pk: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    head = next((row for row in rows if row["sk"] == BOOKING), {})
    return {
        "id": pk.removeprefix("BOOKING#"),
        "made_at": head.get("made_at", ""),
        "state": head.get("state", ""),
        "run": head.get("run", ""),
        "places": head.get("seats", ""),
        "rows": [{"sk": row["sk"], "json": _pretty(row)} for row in rows],
    }


def _booking_first(row: dict[str, Any]) -> tuple[bool, str]:
    return row["sk"] != BOOKING, str(row["sk"])


def _pretty(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=str)
