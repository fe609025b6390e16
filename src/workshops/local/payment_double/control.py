"""Controls under /_double/…, in JSON: what has happened, paying without a browser, and troubles on demand.

    GET    /_double/state                  {"sessions": [...], "payment_intents", "charges", "invoices", "refunds",
    "events",
                                           "webhook_endpoints", "clock", "faults"}, the newest first
    POST   /_double/sessions/<id>/pay      {"card": "4242…"} or {"method": "paypal" | "delayed"}; also "expiry",
    "cvc", "name",
                                           "country", "line1", "city", "postal_code", "business_name", "tax_id", "email"
    POST   /_double/sessions/<id>/approve  {"approve": true | false}: after a card that asks, or PayPal
    POST   /_double/sessions/<id>/settle   {"outcome": "succeeded" | "failed"}: a delayed payment
    POST   /_double/sessions/<id>/expire   ends it now
    GET    /_double/faults                 what is switched on
    POST   /_double/faults                 one more: {"kind": "delay" | "error" | "drop", "when": "before" | "after",
                                           "operation": "checkout.sessions.create" or "*", "times": 1 or null,
                                           "seconds": 2.5, "status": 500}
    DELETE /_double/faults                 none any more
    POST   /_double/refuse                 {"seconds": 5}: takes no connections for so long
    POST   /_double/webhooks               {"hold", "delay", "duplicate", "drop", "reorder", "types"}
    POST   /_double/webhooks/release       {"newest_first": false}: sends what was held
    POST   /_double/webhooks/resend        {"event": "evt_…"}
    PUT    /_double/clock                  {"skew": seconds that Stripe's clock is ahead}
    PUT    /_double/account                {"payment_methods": ["card"], …}: what the Dashboard would set

Every answer about a session is the session itself, with `line_items` and `payment_intent` filled in. Troubles and the
clock's skew live in memory: a restart ends them.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from workshops.domain.errors import WorkshopsError
from workshops.local.payment_double import payments, views
from workshops.local.payment_double.api import account, sessions
from workshops.local.payment_double.buyer_form import BadForm, read_form
from workshops.local.payment_double.faults import BadFault
from workshops.local.payment_double.payments import NotPayable
from workshops.local.payment_double.refusal import Json, NoSuchObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Request

    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.desks import Desks
    from workshops.local.payment_double.faults import Faults
    from workshops.local.payment_double.webhooks import Postman

BUYER = {
    "expiry": "12/40",
    "cvc": "123",
    "name": "Alex Example",
    "country": "GB",
    "line1": "1 Example Street",
    "city": "Exampleton",
    "postal_code": "EX1 1EX",
    "business_name": "Example Constabulary",
    "email": "buyer@example.org",
    "accept_terms": "yes",
}
STATUSES = {NoSuchObject: HTTPStatus.NOT_FOUND, NotPayable: HTTPStatus.CONFLICT}
REPORTED = {
    "sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "invoices": "invoice",
    "refunds": "refund",
    "webhook_endpoints": "webhook_endpoint",
}


class BadControl(WorkshopsError):
    """A control that cannot be understood."""


class Controls:
    """Takes requests to /_double/…. `refuse` closes the door for a number of seconds."""

    def __init__(self, desks: Desks, faults: Faults, postman: Postman, refuse: Callable[[float], None]) -> None:
        self._desks = desks
        self._faults = faults
        self._postman = postman
        self._refuse = refuse
        self._addresses = Map(
            [
                Rule("/_double/state", methods=["GET"], endpoint=self._state),
                Rule("/_double/sessions/<session>/pay", methods=["POST"], endpoint=self._pay),
                Rule("/_double/sessions/<session>/approve", methods=["POST"], endpoint=self._approve),
                Rule("/_double/sessions/<session>/settle", methods=["POST"], endpoint=self._settle),
                Rule("/_double/sessions/<session>/expire", methods=["POST"], endpoint=self._expire),
                Rule("/_double/faults", methods=["GET"], endpoint=self._show_faults),
                Rule("/_double/faults", methods=["POST"], endpoint=self._add_fault),
                Rule("/_double/faults", methods=["DELETE"], endpoint=self._clear_faults),
                Rule("/_double/refuse", methods=["POST"], endpoint=self._refuse_connections),
                Rule("/_double/webhooks", methods=["POST"], endpoint=self._set_webhooks),
                Rule("/_double/webhooks/release", methods=["POST"], endpoint=self._release),
                Rule("/_double/webhooks/resend", methods=["POST"], endpoint=self._resend),
                Rule("/_double/clock", methods=["PUT"], endpoint=self._set_clock),
                Rule("/_double/account", methods=["PUT"], endpoint=self._set_account),
            ]
        )

    def respond(self, request: Request) -> Response:
        """JSON: what was asked for, or `{"error": …}`."""
        try:
            rule, values = self._addresses.bind("").match(request.path, request.method)
            return _json(rule(_given(request), **values))
        except HTTPException as refused:
            return _json({"error": refused.description}, refused.code or HTTPStatus.BAD_REQUEST)
        except BadForm as bad:
            return _json({"error": str(bad), "problems": bad.problems}, HTTPStatus.UNPROCESSABLE_ENTITY)
        except (NoSuchObject, NotPayable, BadFault, BadControl) as refused:
            return _json({"error": str(refused)}, STATUSES.get(type(refused), HTTPStatus.BAD_REQUEST))

    def _state(self, _given: Json) -> Json:
        with self._desks.open() as desk:
            kept = {
                name: [views.show(desk.tx, body, []) for body in desk.tx.newest(kind)]
                for name, kind in REPORTED.items()
            }
            events = [_event(desk, event) for event in desk.tx.newest("event")]
            clock = {"machine": desk.machine_now, "stripe": desk.now, "skew": self._desks.clock.skew}
            return {**kept, "events": events, "clock": clock, "faults": self._faults.to_json()}

    def _pay(self, given: Json, session: str) -> Json:
        form = BUYER | {"pay": given.pop("method", "card"), "number": given.pop("card", "4242424242424242")} | given
        with self._desks.open() as desk:
            found = _payable(desk, session)
            today = datetime.fromtimestamp(desk.now, UTC).date()
            return _shown(desk, payments.pay(desk, found, read_form(found, form, today=today)))

    def _approve(self, given: Json, session: str) -> Json:
        with self._desks.open() as desk:
            found = desk.find("checkout.session", session)
            decide = payments.approve if given.get("approve", True) else payments.refuse
            return _shown(desk, decide(desk, found))

    def _settle(self, given: Json, session: str) -> Json:
        with self._desks.open() as desk:
            found = desk.find("checkout.session", session)
            return _shown(desk, payments.settle(desk, found, succeeded=given.get("outcome") != "failed"))

    def _expire(self, _given: Json, session: str) -> Json:
        with self._desks.open() as desk:
            return _shown(desk, sessions.end(desk, _payable(desk, session)))

    def _show_faults(self, _given: Json) -> Json:
        return self._faults.to_json()

    def _add_fault(self, given: Json) -> Json:
        self._faults.add(given)
        return self._faults.to_json()

    def _clear_faults(self, _given: Json) -> Json:
        self._faults.clear()
        self._postman.wake()
        return self._faults.to_json()

    def _refuse_connections(self, given: Json) -> Json:
        seconds = _number(given, "seconds")
        self._refuse(seconds)
        return {"seconds": seconds}

    def _set_webhooks(self, given: Json) -> Json:
        self._faults.set_webhooks(given)
        self._postman.wake()
        return self._faults.to_json()

    def _release(self, given: Json) -> Json:
        self._postman.release(newest_first=bool(given.get("newest_first")))
        return self._faults.to_json()

    def _resend(self, given: Json) -> Json:
        return {"deliveries": self._postman.send_again(str(given.get("event")))}

    def _set_clock(self, given: Json) -> Json:
        self._desks.clock.skew = int(_number(given, "skew"))
        return {"skew": self._desks.clock.skew}

    def _set_account(self, given: Json) -> Json:
        unknown = sorted(given.keys() - account.DEFAULTS.keys())
        if unknown:
            raise BadControl(f"no such setting of the account: {', '.join(unknown)}")
        with self._desks.open() as desk:
            return account.change_settings(desk, given)


# ---


def _given(request: Request) -> dict[str, Any]:
    body = request.get_data()
    if not body:
        return {}
    try:
        given = json.loads(body)
    except ValueError as wrong:
        raise BadControl(f"the body is no JSON: {wrong}") from wrong
    if not isinstance(given, dict):
        raise BadControl("the body is no JSON object")
    return given


def _number(given: Json, name: str) -> float:
    value = given.get(name)
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise BadControl(f"{name} must be a number of seconds")
    return value


def _payable(desk: Desk, session: str) -> Json:
    found = desk.find("checkout.session", session)
    if found["status"] != "open":
        raise NotPayable(found)
    return found


def _shown(desk: Desk, session: Json) -> Json:
    return views.show(desk.tx, session, ["line_items", "payment_intent"])


def _event(desk: Desk, event: Json) -> Json:
    deliveries = [
        {"endpoint": one.endpoint, "state": one.state, "attempts": one.attempts, "note": one.note}
        for one in desk.tx.deliveries(event["id"])
    ]
    return {**views.show(desk.tx, event, []), "deliveries": deliveries}


def _json(body: object, status: int = HTTPStatus.OK) -> Response:
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return Response(text, status, content_type="application/json", headers={"Cache-Control": "no-store"})
