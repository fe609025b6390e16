"""How a kept object is shown: computed fields, and the fields that are shown only when asked for with `expand`.

Fields whose names begin with an underscore are our own notes and are never shown.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from workshops.local.payment_double.refusal import BadParameter, Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from workshops.local.payment_double.desk import Desk

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


def show(desk: Desk, body: Json, expand: list[str]) -> Json:
    """An object or a list as the API answers it, with the paths of `expand` filled in. Raises NotExpandable."""
    shown = _show_all(desk, body)
    for path in expand:
        _expand(desk, shown, path.split("."), path)
    return shown


def snapshot(desk: Desk, body: Json) -> Json:
    """An object as an event carries it: nothing expanded."""
    return _show(desk, copy.deepcopy(body))


def page_of(items: list[Json], url: str, *, has_more: bool = False) -> Json:
    """Stripe's list object."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


# ---


def _show_all(desk: Desk, body: Json) -> Json:
    shown = copy.deepcopy(body)
    if shown.get("object") == "list":
        return {**shown, "data": [_show(desk, item) for item in shown["data"]]}
    return _show(desk, shown)


def _show(desk: Desk, body: Json) -> Json:
    compute = COMPUTED.get(body["object"])
    public = {name: value for name, value in body.items() if not name.startswith("_")}
    return compute(desk, public) if compute else public


def _event(desk: Desk, body: Json) -> Json:
    waiting = [one for one in desk.tx.deliveries(body["id"]) if one.state == "pending"]
    return {**body, "pending_webhooks": len(waiting)}


def _invoice(desk: Desk, body: Json) -> Json:
    lines = [_show(desk, line) for line in desk.tx.owned("line_item", body["id"])]
    url = f"/v1/invoices/{body['id']}/lines"
    return {**body, "lines": page_of(lines[:INLINE_LINES], url, has_more=len(lines) > INLINE_LINES)}


COMPUTED: dict[str, Callable[[Desk, Json], Json]] = {
    "event": _event,
    "invoice": _invoice,
}


def _line_items(desk: Desk, session: Json) -> Json:
    lines = [_show(desk, line) for line in desk.tx.owned("item", session["id"])]
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return page_of(lines[:INLINE_LINES], url, has_more=len(lines) > INLINE_LINES)


def _payments(desk: Desk, invoice: Json) -> Json:
    return page_of(desk.tx.owned("invoice_payment", invoice["id"]), f"/v1/invoice_payments?invoice={invoice['id']}")


def _refunds(desk: Desk, charge: Json) -> Json:
    return page_of(desk.tx.owned("refund", charge["id"])[::-1], f"/v1/charges/{charge['id']}/refunds")


INCLUDABLE: dict[tuple[str, str], Callable[[Desk, Json], Json]] = {
    ("checkout.session", "line_items"): _line_items,
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
}


def _expand(desk: Desk, holder: Any, steps: list[str], path: str) -> None:  # noqa: ANN401 - JSON
    if not steps or not isinstance(holder, dict | list):
        return
    if isinstance(holder, list):
        for each in holder:
            _expand(desk, each, steps, path)
        return
    name, *rest = steps
    _fill(desk, holder, name, path)
    _expand(desk, holder[name], rest, path)


def _fill(desk: Desk, holder: Json, name: str, path: str) -> None:
    kind = holder.get("object", "")
    if (kind, name) in INCLUDABLE:
        holder[name] = holder.get(name) or INCLUDABLE[kind, name](desk, holder)
    elif (kind, name) == ("checkout.session", "total_details"):
        holder[name].setdefault("breakdown", _breakdown(desk, holder))
    elif name in EXPANDABLE.get(kind, ()):
        holder[name] = _resolved(desk, holder[name])
    elif not isinstance(holder.get(name), dict | list):
        raise NotExpandable(path)


def _resolved(desk: Desk, value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_resolved(desk, each) for each in value]
    kept = desk.tx.get(value) if isinstance(value, str) else None
    return value if kept is None else _show(desk, kept)


def _breakdown(desk: Desk, session: Json) -> Json:
    totals: dict[str, Json] = {}
    for line in desk.tx.owned("item", session["id"]):
        for tax in line["taxes"]:
            total = totals.setdefault(tax["rate"]["id"], {**tax, "amount": 0, "taxable_amount": 0})
            total["amount"] += tax["amount"]
            total["taxable_amount"] += tax["taxable_amount"]
    return {"discounts": [], "taxes": list(totals.values())}
