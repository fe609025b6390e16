"""The functions as Lambda runs them: real event files in, answers out, over the real engine and the payment double."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from functions import booking, checkout, stripe_webhook, wiring
from tests.builders import AS_OF, SECRET, a_provider, a_workshop
from tests.forms import a_form
from tests.register import Register
from tests.till import KEY
from workshops import settings as settings_module
from workshops.adapters.dynamodb import table as table_module
from workshops.app.links import link_token
from workshops.domain.booking import BookingId
from workshops.formats.catalogue import catalogue_of, dump
from workshops.local.engine import aws_environment

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from tests.till import Till
    from workshops.domain.booking import Booking
    from workshops.domain.workshop import Workshop
    from workshops.local.engine import Clients, Engine

EVENTS = Path(__file__).parent / "functions" / "events"
THEME = Path(__file__).parents[1] / "theme"
SITE = "https://training.example.org"
SIGNING = "whsec_example"
PAGE, JSON = "text/html", "application/json"
MADE_ONCE = [settings_module.settings, wiring.bookings, wiring.payments, wiring.pages, wiring._catalogue_file]

Answer = dict[str, Any]


class Office:
    """The functions of one site with a table of its own."""

    def __init__(
        self, engine: Engine, aws: Clients, table: str, till: Till, folder: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self._aws, self._table, self.till, self._patch = aws, table, till, patch
        self._catalogue = folder / "catalogue.json"
        self.sells(a_workshop())
        self._set(aws_environment(engine.url) | self._environment(till))
        self.open_as_of(AS_OF)
        if table_module.client().meta.endpoint_url != engine.url:
            table_module.client.cache_clear()

    def sells(self, *workshops: Workshop) -> None:
        """What the site was built with last."""
        text = dump(catalogue_of(a_provider(), workshops, None))
        new = self._catalogue.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self._catalogue)

    def open_as_of(self, business: datetime) -> None:
        self._set({"WORKSHOPS_CLOCK_OFFSET": str(business.timestamp() - time.time())})

    # --- asking ---

    def post(self, *, accept: str = JSON, form: dict[str, list[str]] | None = None, **changes: Any) -> Answer:
        """A booking form is posted."""
        event = an_event("checkout", accept=accept)
        return invoked(checkout, with_body(event, urlencode(form or a_form(**changes), doseq=True).encode()))

    def availability(
        self, path: str = "harmful-sexual-behaviour/2026-04-28", *, accept: str = JSON, method: str = "GET"
    ) -> Answer:
        event = an_event("availability", accept=accept, path=f"/api/availability/{path}", method=method)
        return invoked(checkout, event)

    def webhook(self, body: bytes, signature: str | None = None, *, encoded: bool = False) -> Answer:
        """Stripe tells something."""
        event = an_event("stripe_webhook", **{"stripe-signature": signed(body) if signature is None else signature})
        return invoked(stripe_webhook, with_body(event, body) if encoded else event | {"body": body.decode()})

    def return_page(self, session: str, method: str = "GET") -> Answer:
        event = an_event("return_page", method=method)
        return invoked(booking, event | {"queryStringParameters": {"session_id": session}})

    def buyers_page(self, token: str, method: str = "GET") -> Answer:
        return invoked(booking, an_event("buyers_page", path=f"/booking/{token}", method=method))

    def name_delegates(self, token: str, fields: dict[str, list[str]], method: str = "POST") -> Answer:
        event = an_event("name_delegates", path=f"/booking/{token}/delegates", method=method)
        return invoked(booking, with_body(event, urlencode(fields, doseq=True).encode()))

    def paid(self, **how: Any) -> Answer:
        """The buyer of the one booking held pays, and Stripe tells so."""
        session = self.held().session or ""
        self.till.pay(session, **how)
        return self.webhook(self.till.event(session, "checkout.session.completed"))

    # --- looking ---

    def whole(self) -> Register:
        return Register.of(self._aws.dynamodb, self._table)

    def held(self) -> Booking:
        return self._one("held")

    def confirmed(self) -> Booking:
        return self._one("confirmed")

    def token(self) -> str:
        """What the buyer of the one confirmed booking has in the mail."""
        return link_token(SECRET, self.confirmed().id, 1)

    def _one(self, state: str) -> Booking:
        (item,) = [item for item in self.whole().bookings if item["state"] == state]
        found = wiring.bookings().find(BookingId(item["pk"].removeprefix("BOOKING#")))
        if found is None:
            raise LookupError(state)
        return found

    # ---

    def _environment(self, till: Till) -> dict[str, str]:
        return {
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_API_BASE": till.url,
            "STRIPE_WEBHOOK_SECRETS": f"{SIGNING},whsec_next",
            "WORKSHOPS_SITE_URL": SITE,
            "WORKSHOPS_TABLE": self._table,
            "WORKSHOPS_CATALOGUE": str(self._catalogue),
            "WORKSHOPS_MAIL_FROM": "bookings@training.example.org",
            "WORKSHOPS_MAIL_ORGANISER": "office@training.example.org",
            "WORKSHOPS_TOKEN_SECRET": SECRET,
            "WORKSHOPS_THEME": str(THEME),
        }

    def _set(self, environment: dict[str, str]) -> None:
        for name, value in environment.items():
            self._patch.setenv(name, value)
        forget()


def forget() -> None:
    """As a cold start finds it."""
    for made in MADE_ONCE:
        made.cache_clear()


def an_event(name: str, *, method: str | None = None, path: str | None = None, **headers: str) -> dict[str, Any]:
    """An event file, with another method, path or header where told."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    event["headers"] |= headers
    event["rawPath"] = path or event["rawPath"]
    event["requestContext"]["http"] |= {"path": event["rawPath"]} | ({"method": method} if method else {})
    return event


def with_body(event: dict[str, Any], body: bytes) -> dict[str, Any]:
    return event | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def invoked(function: Any, event: dict[str, Any]) -> Answer:
    """The answer of a function, through JSON both ways as Lambda does it."""
    answer: Answer = json.loads(json.dumps(function.handler(json.loads(json.dumps(event)), None)))
    return answer


def signed(body: bytes, *secrets: str) -> str:
    """A Stripe-Signature of now."""
    stamp = int(time.time())
    made = [
        hmac.new(one.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() for one in secrets or [SIGNING]
    ]
    return ",".join([f"t={stamp}", *(f"v1={one}" for one in made)])


def errors(answer: Answer) -> dict[str, str]:
    """The sentence for each field of a refusal in JSON."""
    return {one["field"]: one["message"] for one in json.loads(answer["body"])["errors"]}
