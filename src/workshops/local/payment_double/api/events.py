"""Events, with the filters by which a reconciler finds what a webhook missed."""

from stripe.params import EventListParams, EventRetrieveParams

from workshops.local.payment_double.api.operation import Operation, Params, check_page, in_range, paged, retrieval
from workshops.local.payment_double.desk import Desk, wants
from workshops.local.payment_double.refusal import BadParameter, Json

PATH = "/v1/events"


def list_events(desk: Desk, params: Params) -> Json:
    """The newest first; `delivery_success=false` gives those that some endpoint has not taken."""
    undelivered = desk.tx.undelivered()

    def wanted(event: Json) -> bool:
        delivered = event["id"] not in undelivered
        return wants(_patterns(params), event["type"]) and params.get("delivery_success", delivered) == delivered

    found = [event for event in desk.tx.newest("event") if in_range(event, params) and wanted(event)]
    return paged(found, params, PATH)


def check(params: Params, now: int) -> None:
    """Raises BadParameter where both filters by type are given, or a page size is out of range."""
    check_page(params, now)
    if "type" in params and "types" in params:
        raise BadParameter("You may only specify one of these parameters: type, types.", code="parameters_exclusive")


# ---


def _patterns(params: Params) -> list[str]:
    return list(params.get("types") or [params.get("type", "*")])


OPERATIONS = (
    retrieval("events.retrieve", f"{PATH}/<id>", EventRetrieveParams, "event"),
    Operation("events.list", "GET", PATH, EventListParams, list_events, check),
)
