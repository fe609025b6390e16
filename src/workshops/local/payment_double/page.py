"""The hosted payment page: what a buyer sees and does in place of Stripe's own page. Plain HTML, no script.

Browser tests drive it by these names; they stay.

    GET  /c/pay/<session id>          the page POST /c/pay/<session id>          email (where the shop gave none),
    number, expiry, cvc, name, country (two letters),
                                      line1, line2, city, postal_code, business_name, tax_id, accept_terms, and the
                                      button `pay`: card, paypal, close (pays; nobody returns to the shop), delayed,
                                      expire
    GET  /c/pay/<session id>/approve  the bank's or PayPal's page
    POST /c/pay/<session id>/approve  `decision`: approve, close (approves; nobody returns to the shop), fail
    POST /c/pay/<session id>/settle   the end of a delayed payment: `outcome`: succeeded, failed
    GET  /i/<invoice id>, …/pdf       the invoice
    GET  /                            every session, newest first

Elements have the ids of their fields; `#error-summary` lists what is wrong, `#declined` says that a card was
declined, `#total` is what is to pay, `#back` leads to `cancel_url`. A payment answers 303 to `success_url`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from workshops.formats.human import pounds, short_day
from workshops.local.payment_double import payments
from workshops.local.payment_double.api import account, sessions
from workshops.local.payment_double.buyer_form import Asks, BadForm, read_form
from workshops.local.payment_double.countries import COUNTRIES
from workshops.local.payment_double.refusal import Json, NoSuchObject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from workshops.local.payment_double.desk import Desk
    from workshops.local.payment_double.desks import Desks

SUBMIT = {"book": "Book", "donate": "Donate", "pay": "Pay", "auto": "Pay"}
SHOWN_SESSIONS = 200


class Pages:
    """Takes every request that is neither an API call nor a control."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._addresses = Map(
            [
                Rule("/", methods=["GET"], endpoint=_index),
                Rule("/style.css", methods=["GET"], endpoint=_style),
                Rule("/c/pay/<session>", methods=["GET"], endpoint=_show),
                Rule("/c/pay/<session>", methods=["POST"], endpoint=_submit),
                Rule("/c/pay/<session>/approve", methods=["GET"], endpoint=_ask),
                Rule("/c/pay/<session>/approve", methods=["POST"], endpoint=_decide),
                Rule("/c/pay/<session>/settle", methods=["POST"], endpoint=_settle),
                Rule("/i/<invoice>", methods=["GET"], endpoint=_invoice),
                Rule("/i/<invoice>/pdf", methods=["GET"], endpoint=_invoice),
            ]
        )

    def respond(self, request: Request) -> Response:
        """A page, or the way to the next one."""
        try:
            rule, values = self._addresses.bind("").match(request.path, request.method)
            with self._desks.open() as desk:
                answer: Response = rule(desk, request, **values)
                return answer
        except (NoSuchObject, NotFound):
            return _page("gone.html", HTTPStatus.NOT_FOUND)
        except HTTPException as refused:
            return Response.force_type(refused.get_response(), request.environ)


def return_address(session: Json) -> str:
    """`success_url` with the session's id in its place."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


# ---


def _index(desk: Desk, _request: Request) -> Response:
    newest = [session for session, _ in zip(desk.tx.newest("checkout.session"), range(SHOWN_SESSIONS), strict=False)]
    waiting = {session["id"] for session in newest if payments.awaits_funds(desk, session)}
    return _page("index.html", sessions=newest, waiting=waiting)


def _style(_desk: Desk, _request: Request) -> Response:
    source, _, _ = LOADER.get_source(ENVIRONMENT, "style.css")
    return Response(source, content_type="text/css; charset=utf-8")


def _show(desk: Desk, _request: Request, session: str) -> Response:
    found = desk.find("checkout.session", session)
    if found["status"] == "open":
        return _form(desk, found, {})
    return _ended(desk, found)


def _submit(desk: Desk, request: Request, session: str) -> Response:
    found = desk.find("checkout.session", session)
    if found["status"] == "complete":
        return _back_to_shop(found)
    if found["status"] == "expired":
        return _ended(desk, found)
    if request.form.get("pay") == "expire":
        return _ended(desk, sessions.end(desk, found))
    try:
        attempt = read_form(found, request.form, today=_today(desk))
    except BadForm as bad:
        return _form(desk, found, request.form, problems=bad.problems, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    paid = payments.pay(desk, found, attempt)
    return _next(desk, paid, request.form, leave=request.form.get("pay") == "close")


def _next(desk: Desk, session: Json, given: Mapping[str, str], *, leave: bool) -> Response:
    if payments.awaits_approval(desk, session):
        return redirect(f"/c/pay/{session['id']}/approve", HTTPStatus.SEE_OTHER)
    if session["status"] == "open":
        declined = desk.find("payment_intent", session["payment_intent"])["last_payment_error"]["message"]
        return _form(desk, session, given, declined=declined, status=HTTPStatus.PAYMENT_REQUIRED)
    return _page("closed.html", session=session) if leave else _back_to_shop(session)


def _ask(desk: Desk, _request: Request, session: str) -> Response:
    found = desk.find("checkout.session", session)
    if not payments.awaits_approval(desk, found):
        return redirect(f"/c/pay/{session}", HTTPStatus.SEE_OTHER)
    return _page("approve.html", session=found, method=found["_attempt"]["method"])


def _decide(desk: Desk, request: Request, session: str) -> Response:
    found = desk.find("checkout.session", session)
    decision = request.form.get("decision")
    if found["status"] == "complete":
        return _back_to_shop(found)
    if decision not in DECISIONS or not payments.awaits_approval(desk, found):
        return redirect(f"/c/pay/{session}", HTTPStatus.SEE_OTHER)
    return _next(desk, DECISIONS[decision](desk, found), {}, leave=decision == "close")


def _settle(desk: Desk, request: Request, session: str) -> Response:
    found = desk.find("checkout.session", session)
    if payments.awaits_funds(desk, found):
        found = payments.settle(desk, found, succeeded=request.form.get("outcome") != "failed")
    return _ended(desk, found)


def _invoice(desk: Desk, _request: Request, invoice: str) -> Response:
    found = desk.find("invoice", invoice)
    tax_ids = [tax_id for each in found["account_tax_ids"] or [] if (tax_id := desk.tx.get(each))]
    return _page(
        "invoice.html",
        invoice=found,
        lines=desk.tx.owned("line_item", invoice),
        rates=_rates(desk, found["total_taxes"]),
        seller=account.settings(desk),
        tax_ids=tax_ids,
    )


DECISIONS: dict[str, Callable[[Desk, Json], Json]] = {
    "approve": payments.approve,
    "close": payments.approve,
    "fail": payments.refuse,
}


def _form(
    desk: Desk,
    session: Json,
    given: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    declined: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    submit = session["submit_type"] or "pay"
    lines = desk.tx.owned("item", session["id"])
    return _page(
        "pay.html",
        status,
        asks=Asks.of(session),
        countries=COUNTRIES,
        declined=declined,
        given=given,
        lines=lines,
        problems=problems or {},
        seller=account.settings(desk),
        session=session,
        submit=SUBMIT[submit],
        taxes=_taxes(lines),
    )


def _taxes(lines: list[Json]) -> list[Json]:
    totals: dict[str, Json] = {}
    for tax in (tax for line in lines for tax in line["taxes"]):
        total = totals.setdefault(tax["rate"]["id"], {"rate": tax["rate"], "amount": 0})
        total["amount"] += tax["amount"]
    return list(totals.values())


def _rates(desk: Desk, taxes: list[Json]) -> list[Json]:
    return [
        {
            "rate": desk.tx.get(tax["tax_rate_details"]["tax_rate"]),
            "amount": tax["amount"],
            "net": tax["taxable_amount"],
        }
        for tax in taxes
    ]


def _ended(desk: Desk, session: Json) -> Response:
    if session["status"] == "expired":
        return _page("expired.html", HTTPStatus.GONE, session=session)
    waiting = payments.awaits_funds(desk, session)
    return _page("complete.html", session=session, waiting=waiting, return_address=return_address(session))


def _back_to_shop(session: Json) -> Response:
    return redirect(return_address(session), HTTPStatus.SEE_OTHER)


def _today(desk: Desk) -> date:
    return datetime.fromtimestamp(desk.now, UTC).date()


LOADER = PackageLoader("workshops.local.payment_double", "templates")
ENVIRONMENT = Environment(
    loader=LOADER, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def _page(template: str, status: int = HTTPStatus.OK, *, session: Json | None = None, **values: object) -> Response:
    html = ENVIRONMENT.get_template(template).render(session=session, **values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = _policy(session["success_url"] if session else "")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _policy(success_url: str) -> str:
    """A browser holds the redirect that follows a form to `form-action`, so the shop's address belongs in it."""
    parts = urlsplit(success_url)
    shop = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"default-src 'none'; style-src 'self'; form-action 'self'{shop}; base-uri 'none'; frame-ancestors 'none'"


def _country(code: str) -> str:
    return COUNTRIES.get(code, code)


def _day(seconds: int) -> str:
    return short_day(datetime.fromtimestamp(seconds, UTC))


def _instant(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _percent(value: float) -> str:
    return f"{value:g}%"


def _unit(pence: str) -> str:
    """A unit price, which may have fractions of a penny."""
    exact = Decimal(pence)
    return pounds(int(exact)) if exact == int(exact) else f"{pence}p"


ENVIRONMENT.filters |= {
    "pounds": pounds,
    "day": _day,
    "instant": _instant,
    "percent": _percent,
    "unit": _unit,
    "country": _country,
}
