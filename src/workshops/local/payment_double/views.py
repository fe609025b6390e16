"""How a kept object is shown: computed fields, and the fields that are shown only when asked for with `expand`.

Fields whose names begin with an underscore are our own notes and are never shown.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from workshops.local.payment_double.refusal import BadParameter, Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from workshops.local.payment_double.store import Transaction

INLINE_LINES = 10

EXPANDABLE = {
    "checkout.session": {"customer", "invoice", "payment_intent"},
    "payment_intent": {"customer", "latest_charge"},
    "charge": {"customer", "payment_intent"},
    "invoice": {"account_tax_ids", "customer"},
    "invoice_payment": {"invoice"},
    "refund": {"charge", "payment_intent"},
    "": {"payment_intent", "charge"},
}


class NotExpandable(BadParameter):
    """A path in `expand` that leads to no object."""

    def __init__(self, path: str) -> None:
        super().__init__(f"This property cannot be expanded ({path}).", param="expand")


def show(tx: Transaction, body: Json, expand: list[str]) -> Json:
    """An object or a list as the API answers it, with the paths of `expand` filled in. Raises NotExpandable."""
    shown = _show_all(tx, body)
    for path in expand:
        _expand(tx, shown, path.split("."), path)
    return shown


def snapshot(tx: Transaction, body: Json) -> Json:
    """An object as an event carries it: nothing expanded."""
    return _show(tx, copy.deepcopy(body))


def page_of(items: list[Json], url: str, *, has_more: bool = False) -> Json:
    """Stripe's list object."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


# ---


def _show_all(tx: Transaction, body: Json) -> Json:
    shown = copy.deepcopy(body)
    if shown.get("object") == "list":
        return {**shown, "data": [_show(tx, item) for item in shown["data"]]}
    return _show(tx, shown)


def _show(tx: Transaction, body: Json) -> Json:
    compute = COMPUTED.get(body["object"])
    public = {name: value for name, value in body.items() if not name.startswith("_")}
    return compute(tx, public) if compute else public


def _event(tx: Transaction, body: Json) -> Json:
    waiting = [one for one in tx.deliveries(body["id"]) if one.state == "pending"]
    return {**body, "pending_webhooks": len(waiting)}


def _invoice(tx: Transaction, body: Json) -> Json:
    lines = [_show(tx, line) for line in tx.owned("line_item", body["id"])]
    url = f"/v1/invoices/{body['id']}/lines"
    return {**body, "lines": page_of(lines[:INLINE_LINES], url, has_more=len(lines) > INLINE_LINES)}


COMPUTED: dict[str, Callable[[Transaction, Json], Json]] = {
    "event": _event,
    "invoice": _invoice,
}


def _line_items(tx: Transaction, session: Json) -> Json:
    lines = [_show(tx, line) for line in tx.owned("item", session["id"])]
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return page_of(lines[:INLINE_LINES], url, has_more=len(lines) > INLINE_LINES)


def _payments(tx: Transaction, invoice: Json) -> Json:
    return page_of(tx.owned("invoice_payment", invoice["id"]), f"/v1/invoice_payments?invoice={invoice['id']}")


def _refunds(tx: Transaction, charge: Json) -> Json:
    return page_of(tx.owned("refund", charge["id"])[::-1], f"/v1/charges/{charge['id']}/refunds")


INCLUDABLE: dict[tuple[str, str], Callable[[Transaction, Json], Json]] = {
    ("checkout.session", "line_items"): _line_items,
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
}


def _expand(tx: Transaction, holder: Any, steps: list[str], path: str) -> None:  # noqa: ANN401 - JSON
    if not steps or not isinstance(holder, dict | list):
        return
    if isinstance(holder, list):
        for each in holder:
            _expand(tx, each, steps, path)
        return
    name, *rest = steps
    _fill(tx, holder, name, path)
    _expand(tx, holder[name], rest, path)


def _fill(tx: Transaction, holder: Json, name: str, path: str) -> None:
    kind = holder.get("object", "")
    if (kind, name) in INCLUDABLE:
        holder[name] = holder.get(name) or INCLUDABLE[kind, name](tx, holder)
    elif (kind, name) == ("checkout.session", "total_details"):
        holder[name].setdefault("breakdown", _breakdown(tx, holder))
    elif name in EXPANDABLE.get(kind, ()):
        holder[name] = _resolved(tx, holder[name])
    elif not isinstance(holder.get(name), dict | list):
        raise NotExpandable(path)


def _resolved(tx: Transaction, value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_resolved(tx, each) for each in value]
    kept = tx.get(value) if isinstance(value, str) else None
    return value if kept is None else _show(tx, kept)


def _breakdown(tx: Transaction, session: Json) -> Json:
    totals: dict[str, Json] = {}
    for line in tx.owned("item", session["id"]):
        for tax in line["taxes"]:
            total = totals.setdefault(tax["rate"]["id"], {**tax, "amount": 0, "taxable_amount": 0})
            total["amount"] += tax["amount"]
            total["taxable_amount"] += tax["taxable_amount"]
    return {"discounts": [], "taxes": list(totals.values())}
