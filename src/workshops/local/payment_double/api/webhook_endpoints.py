"""Where events are sent. The first endpoint comes from the command line; more can be made."""

from typing import Any

from stripe.params import (
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
    WebhookEndpointUpdateParams,
)

from workshops.local.payment_double.api.operation import (
    Operation,
    Params,
    changed_metadata,
    given_metadata,
    listing,
    removal,
    retrieval,
)
from workshops.local.payment_double.desk import API_VERSION, Desk
from workshops.local.payment_double.refusal import Json
from workshops.local.payment_double.urls import check_absolute

PATH = "/v1/webhook_endpoints"
FIRST = "we_local"


def create(desk: Desk, params: Params) -> Json:
    """A new endpoint; this answer alone tells its signing secret."""
    body = _endpoint(desk, desk.new_id("we_"), desk.new_id("whsec_"), params)
    desk.tx.put(body)
    return {**body, "secret": body["_secret"]}


def ensure_first(desk: Desk, url: str, secret: str) -> None:
    """The endpoint of the command line, made or brought up to date; pending events go to its new address."""
    known = desk.tx.get(FIRST) or _endpoint(desk, FIRST, secret, {"enabled_events": ["*"]})
    desk.tx.put({**known, "url": url, "_secret": secret})


def update(desk: Desk, params: Params, identity: str) -> Json:
    """Another address, other event types, or on and off."""
    body = desk.find("webhook_endpoint", identity)
    plain: dict[str, Any] = {name: params[name] for name in ("url", "enabled_events") if name in params}
    if "description" in params:
        plain["description"] = params["description"] or None
    if "disabled" in params:
        plain["status"] = "disabled" if params["disabled"] else "enabled"
    changed = {**body, **plain, "metadata": changed_metadata(body, params)}
    desk.tx.put(changed)
    return changed


def check(params: Params, _now: int) -> None:
    """Raises BadParameter for an address that is not absolute."""
    if "url" in params:
        check_absolute(params["url"], "url")


# ---


def _endpoint(desk: Desk, identity: str, secret: str, params: Params) -> Json:
    return {
        "id": identity,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": desk.now,
        "description": params.get("description") or None,
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": given_metadata(params),
        "_secret": secret,
        "status": "enabled",
        "url": params.get("url", ""),
    }


OPERATIONS = (
    Operation("webhook_endpoints.create", "POST", PATH, WebhookEndpointCreateParams, create, check),
    retrieval("webhook_endpoints.retrieve", f"{PATH}/<id>", WebhookEndpointRetrieveParams, "webhook_endpoint"),
    listing("webhook_endpoints.list", PATH, WebhookEndpointListParams, "webhook_endpoint"),
    Operation("webhook_endpoints.update", "POST", f"{PATH}/<id>", WebhookEndpointUpdateParams, update, check),
    # What is on its way to an endpoint is given up with it.
    removal("webhook_endpoints.delete", f"{PATH}/<id>", WebhookEndpointDeleteParams, "webhook_endpoint"),
)
