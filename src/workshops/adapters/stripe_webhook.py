"""Stripe's signed events: the raw bytes verified, then read.

The library can raise five kinds of error on a hostile body or header; here there is one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import stripe

from workshops.domain.booking import SessionId
from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Sequence

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
"""Events after which a checkout session is to be settled."""

TOLERANCE = 300
"""Seconds that a signature stays good, on the machine clock."""


class Unverified(WorkshopsError):
    """Nobody who knows one of our signing secrets sent this."""


class Unreadable(WorkshopsError):
    """It is signed, but is no event as Stripe's API describes one."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at Stripe, by reference: the object is asked for again before anything is believed."""

    id: str
    type: str
    object: str | None
    site: str | None
    livemode: bool

    @property
    def session(self) -> SessionId | None:
        """The checkout session to settle, where the event is about one."""
        return SessionId(self.object) if self.type in SESSION_EVENTS and self.object else None


def verified_event(body: bytes, signature: str, secrets: Sequence[str]) -> Event:
    """The event in a request body, signed with any of the secrets. Raises `Unverified` and `Unreadable`."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unverified("the body is not UTF-8") from None
    if not any(_signed(text, signature, secret) for secret in secrets):
        raise Unverified("no signing secret of ours made this signature")
    return _event(text)


# ---------------------------------------------------------------------------------------------------------------------


def _signed(text: str, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE))
    except (stripe.SignatureVerificationError, ValueError, AttributeError, TypeError):
        return False


def _event(text: str) -> Event:
    try:
        told = json.loads(text)
        about = told["data"]["object"]
        return Event(
            id=str(told["id"]),
            type=str(told["type"]),
            object=_text(about.get("id")),
            site=_text((about.get("metadata") or {}).get("site")),
            livemode=told["livemode"] is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else None
