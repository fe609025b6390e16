"""`POST /api/stripe/webhook`: Stripe says that something happened; we ask Stripe what, and settle it.

400 for what nobody signed; 200 for what is done, not ours or not of interest; 503 where we could not, so that Stripe
sends it again.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions import wiring
from workshops.adapters import http_api
from workshops.adapters.http_api import BadRequest
from workshops.adapters.stripe_webhook import Event, Unreadable, Unverified, verified_event
from workshops.app.ports import PaymentRefused, PaymentsUnavailable, StoreUnavailable, UnknownSession
from workshops.app.settlement import Outcome, settle
from workshops.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workshops.adapters.http_api import Answer

NEEDS_A_PERSON = frozenset({Outcome.UNKNOWN, Outcome.MISMATCH})

log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], _context: object) -> Answer:
    """AWS HTTP API event in, answer out."""
    request = http_api.request_of(event)
    try:
        http_api.require_method(request, "POST")
        signature = request.headers.get("stripe-signature", "")
        told = verified_event(request.body, signature, settings().stripe_webhook_secrets)
        outcome = _settled(told)
    except BadRequest as bad:
        return http_api.problem(bad.status, bad.message, headers=bad.headers)
    except (Unverified, Unreadable) as refused:
        return http_api.problem(HTTPStatus.BAD_REQUEST, str(refused))
    except (PaymentsUnavailable, PaymentRefused, StoreUnavailable) as error:
        log.error("event not settled: %s: %s", type(error).__name__, error)  # noqa: TRY400 - foreseen: no traceback
        return http_api.problem(HTTPStatus.SERVICE_UNAVAILABLE, "Send this again later.")
    level = logging.ERROR if outcome in NEEDS_A_PERSON else logging.INFO
    log.log(level, "event %s %s: %s", told.id, told.type, outcome)
    return http_api.data(HTTPStatus.OK, {"received": True, "outcome": outcome.value})


# ---------------------------------------------------------------------------------------------------------------------


def _settled(told: Event) -> Outcome:
    payments = wiring.payments()
    if told.session is None or told.site != payments.site or told.livemode is not payments.live:
        return Outcome.FOREIGN
    try:
        return settle(
            told.session,
            bookings=wiring.bookings(),
            payments=payments,
            catalogue=wiring.catalogue(),
            now=settings().now(),
        )
    except UnknownSession:
        return Outcome.FOREIGN
