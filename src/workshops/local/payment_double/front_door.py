"""Stripe's API as a web application: the key, the version, the parameters, the idempotency key, then the work."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from workshops.domain.errors import WorkshopsError
from workshops.local.payment_double import forms, limits, schema, views
from workshops.local.payment_double.api import OPERATIONS
from workshops.local.payment_double.desk import API_VERSION, Desk, Origin
from workshops.local.payment_double.idempotency import REMEMBERED, KeysInUse, check_same, fingerprint
from workshops.local.payment_double.refusal import Refusal
from workshops.local.payment_double.store import StoredAnswer

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from workshops.local.payment_double.api.operation import Operation, Params
    from workshops.local.payment_double.desks import Desks
    from workshops.local.payment_double.faults import ApiFault, Faults, When

TEST_KEY = re.compile(r"(sk|rk)_test_\w+", re.ASCII)


class BadKey(Refusal):
    """No API key, or none of the test kind."""

    status = 401

    def __init__(self, key: str) -> None:
        shown = f"{key[:8]}{'*' * 8}{key[-4:]}"
        super().__init__(f"Invalid API Key provided: {shown}" if key else "You did not provide an API key.")


class UnknownAddress(Refusal):
    """A path or method that the API does not have, or the double does not."""

    status = 404

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"Unrecognized request URL ({method}: {path}).")


class UnknownVersion(Refusal):
    """Another version of the API than the one pinned."""

    def __init__(self, version: str) -> None:
        super().__init__(f"Invalid Stripe API version: {version}. The local payment page speaks {API_VERSION} only.")


class NotAForm(Refusal):
    """A body that is not form-encoded."""

    def __init__(self, content_type: str) -> None:
        super().__init__(f"Invalid request: send application/x-www-form-urlencoded, not {content_type}.")


class ConnectionDropped(WorkshopsError):
    """A trouble asked for: the caller gets no answer."""


@dataclass(frozen=True)
class Call:
    """One request as far as it has been understood."""

    operation: Operation
    ids: tuple[str, ...]
    pairs: list[tuple[str, str]]
    path: str
    request_id: str
    key: str | None


@dataclass(frozen=True)
class Answer:
    """What goes back; `kept` when stored under an idempotency key, `original` the request that it first answered."""

    status: int
    body: str
    kept: bool = False
    original: str | None = None


class FrontDoor:
    """Takes requests to /v1/…."""

    def __init__(self, desks: Desks, faults: Faults) -> None:
        self._desks = desks
        self._faults = faults
        self._in_use = KeysInUse()
        self._addresses = Map(
            [Rule(one.path, methods=[one.method], endpoint=one, strict_slashes=False) for one in OPERATIONS],
            merge_slashes=False,
        )

    def respond(self, request: Request) -> Response:
        """Stripe's answer. Raises ConnectionDropped where that was asked for."""
        request_id = self._desks.new_id("req_")
        try:
            answer = self._answer(request, request_id)
        except Refusal as refused:
            answer = Answer(refused.status, _written(refused.body(request_id)))
        return _response(answer, request, request_id)

    def _answer(self, request: Request, request_id: str) -> Answer:
        _check_key(request)
        _check_version(request)
        call = self._understood(request, request_id)
        self._meet_troubles(call, "before")
        answer = self._once(call) if call.key else self._work(call)
        self._meet_troubles(call, "after")
        return answer

    def _understood(self, request: Request, request_id: str) -> Call:
        try:
            rule, values = self._addresses.bind("").match(request.path, request.method)
        except HTTPException:
            raise UnknownAddress(request.method, request.path) from None
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        return Call(rule, tuple(values.values()), _pairs(request), request.path, request_id, key)

    def _meet_troubles(self, call: Call, when: When) -> None:
        name = call.operation.name
        if delay := self._faults.take("delay", when, name):
            time.sleep(delay.seconds)
        if self._faults.take("drop", when, name):
            raise ConnectionDropped(name)

    def _once(self, call: Call) -> Answer:
        key = call.key or ""
        with self._in_use.using(key):
            with self._desks.store.transaction() as tx:
                kept = tx.answer(key, since=self._desks.clock.stripe() - REMEMBERED)
            if kept is None:
                return self._work(call)
            check_same(kept, _mark(call))
            return Answer(kept.status, kept.body, kept=True, original=kept.request)

    def _work(self, call: Call) -> Answer:
        params = self._checked(call)
        failure = self._faults.take("error", "before", call.operation.name)
        with self._desks.open(Origin(call.request_id, call.key)) as desk:
            answer = _failed(failure, call) if failure else _done(desk, call, params)
            late_failure = self._faults.take("error", "after", call.operation.name)
            answer = _failed(late_failure, call) if late_failure else answer
            return self._kept(desk, call, answer)

    def _checked(self, call: Call) -> Params:
        params = schema.read(call.operation.params, forms.decode(call.pairs))
        limits.check(params)
        call.operation.check(params, self._desks.clock.stripe())
        return params

    def _kept(self, desk: Desk, call: Call, answer: Answer) -> Answer:
        if call.key is None or answer.status in NEVER_KEPT:
            return answer
        kept = StoredAnswer(call.key, _mark(call), answer.status, answer.body, call.request_id, desk.now)
        desk.tx.keep_answer(kept)
        return Answer(answer.status, answer.body, kept=True)


# ---

NEVER_KEPT = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def _check_key(request: Request) -> None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    key = _basic_user(credentials) if scheme.lower() == "basic" else credentials.strip()
    if not TEST_KEY.fullmatch(key):
        raise BadKey(key)


def _basic_user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check_version(request: Request) -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise UnknownVersion(version)


def _pairs(request: Request) -> list[tuple[str, str]]:
    if request.content_length and request.mimetype != "application/x-www-form-urlencoded":
        raise NotAForm(request.mimetype or "a body without a type")
    return [*request.args.items(multi=True), *request.form.items(multi=True)]


def _mark(call: Call) -> str:
    return fingerprint(call.operation.method, call.path, call.pairs)


def _done(desk: Desk, call: Call, params: Params) -> Answer:
    try:
        with desk.tx.attempt():
            body = call.operation.run(desk, params, *call.ids)
            return Answer(HTTPStatus.OK, _written(views.show(desk.tx, body, params.get("expand", []))))
    except Refusal as refused:
        return Answer(refused.status, _written(refused.body(call.request_id)))


def _failed(fault: ApiFault, call: Call) -> Answer:
    error = {"message": f"An unknown error occurred ({call.request_id}).", "type": "api_error"}
    return Answer(fault.status, _written({"error": error}))


def _written(body: object) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _response(answer: Answer, request: Request, request_id: str) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = API_VERSION
    response.headers["Cache-Control"] = "no-cache, no-store"
    if key := request.headers.get("Idempotency-Key"):
        response.headers["Idempotency-Key"] = key
    if answer.original is not None:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = answer.original
    if answer.status == HTTPStatus.CONFLICT:
        response.headers["Stripe-Should-Retry"] = "true"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.kept:
        response.headers["Stripe-Should-Retry"] = "false"
    return response
