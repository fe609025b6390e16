"""One attempt at paying: what the buyer filled in, as far as it may be kept."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshops.local.payment_double.refusal import Json


class Ending(enum.StrEnum):
    """How an attempt goes on once it is submitted."""

    SUCCEEDS = "succeeds"
    DECLINED = "declined"
    NEEDS_APPROVAL = "needs_approval"
    SETTLES_LATER = "settles_later"


@dataclass(frozen=True)
class Card:
    """What may be kept of a card, and what its bank will say; `code` and `reason` are Stripe's words for a refusal."""

    brand: str
    last4: str
    month: int
    year: int
    ending: Ending = Ending.SUCCEEDS
    code: str = "card_declined"
    reason: str = "generic_decline"
    message: str = "Your card was declined."


@dataclass(frozen=True)
class Attempt:
    """How a buyer pays and who says so. `method` is Stripe's name of a payment method type."""

    method: str
    email: str | None
    name: str = ""
    address: Json | None = None
    business_name: str = ""
    tax_id: str = ""
    card: Card | None = None

    @property
    def ending(self) -> Ending:
        """What comes of it."""
        if self.card is not None:
            return self.card.ending
        return Ending.NEEDS_APPROVAL if self.method == "paypal" else Ending.SETTLES_LATER

    def to_json(self) -> Json:
        """For the store."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, kept: Json) -> Attempt:
        """From the store."""
        card = kept["card"] and Card(**kept["card"] | {"ending": Ending(kept["card"]["ending"])})
        return cls(**kept | {"card": card})
