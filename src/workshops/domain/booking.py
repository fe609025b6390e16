"""A booking, its people, and the one table of what can happen to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.domain.pricing import Quote
    from workshops.domain.workshop import RateId, RunId, Slug

BookingId = NewType("BookingId", str)
SessionId = NewType("SessionId", str)


class IllegalTransition(WorkshopsError):
    """Something cannot happen to a booking in the state it is in."""

    def __init__(self, state: BookingState, step: Step) -> None:
        super().__init__(f"a booking that is {state} cannot take the step {step}")
        self.state, self.step = state, step


class BookingState(StrEnum):
    """Where a booking stands. Payments and refunds are ledger rows beside it, not states."""

    HELD = "held"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_FUNDS = "awaiting_funds"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What happens to a booking; the audit trail is a list of these."""

    PAY = "pay"
    PAY_LATER = "pay_later"
    PAY_RESEATED = "pay_reseated"
    PAY_UNSEATED = "pay_unseated"
    EXPIRE = "expire"
    CANCEL = "cancel"


TRANSITIONS: dict[tuple[BookingState, Step], BookingState] = {
    (BookingState.HELD, Step.PAY): BookingState.CONFIRMED,
    (BookingState.HELD, Step.PAY_LATER): BookingState.AWAITING_FUNDS,
    (BookingState.HELD, Step.EXPIRE): BookingState.EXPIRED,
    (BookingState.AWAITING_FUNDS, Step.PAY): BookingState.CONFIRMED,
    (BookingState.AWAITING_FUNDS, Step.EXPIRE): BookingState.EXPIRED,
    (BookingState.EXPIRED, Step.PAY_RESEATED): BookingState.CONFIRMED,
    (BookingState.EXPIRED, Step.PAY_UNSEATED): BookingState.REFUND_DUE,
    (BookingState.CONFIRMED, Step.CANCEL): BookingState.CANCELLED,
}
"""Every legal step; anything else raises `IllegalTransition`."""

HOLDING = frozenset({BookingState.HELD, BookingState.AWAITING_APPROVAL, BookingState.AWAITING_FUNDS})
"""States in which places are kept but not sold."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """schema.org's order contact: often not a delegate."""

    name: str
    email: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Delegate:
    """Somebody who attends. Name and e-mail address are None until they are given; `number` counts from 1."""

    number: int
    name: str | None = None
    email: str | None = None
    version: int = 1

    @property
    def named(self) -> bool:
        """Whether we know who comes."""
        return self.name is not None and self.email is not None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What we ask of the payment provider: its exact parameters as JSON, under an idempotency key of its own.

    Stored before it is sent, so that a retry sends just the same (payments.md, "Idempotency and repeated posts").
    """

    key: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Booking:
    """One order: so many places on a run at a quoted price.

    `made_at` is on the business clock, `expires_at` on the machine clock (both UTC): the hold ends no earlier than
    `expires_at`, and then only when the payment provider says so. `link_revision` counts the buyer's links; a higher
    one revokes those before. `version` counts the writes.
    """

    id: BookingId
    workshop: Slug
    run: RunId
    rate: RateId
    state: BookingState
    quote: Quote
    buyer: Buyer
    delegates: tuple[Delegate, ...]
    made_at: datetime
    expires_at: datetime
    terms: str
    request: PaymentRequest
    form: str
    buyer_key: str
    purchase_order: str | None = None
    session: SessionId | None = None
    session_url: str | None = None
    invoice_url: str | None = None
    attention: str | None = None
    link_revision: int = 1
    version: int = 1

    @property
    def places(self) -> int:
        """How many seats it takes."""
        return self.quote.places


def after(state: BookingState, step: Step) -> BookingState:
    """The state that a step leads to. Raises `IllegalTransition`."""
    if (state, step) not in TRANSITIONS:
        raise IllegalTransition(state, step)
    return TRANSITIONS[state, step]
