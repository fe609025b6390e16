"""What a call of Stripe's API is here, and the calls that many kinds of object have alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshops.local.payment_double.refusal import BadParameter, Json, MissingReference
from workshops.local.payment_double.views import page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workshops.local.payment_double.desk import Desk

Params = dict[str, Any]
DEFAULT_PAGE, LARGEST_PAGE = 10, 100


def _nothing_more(_params: Params, _now: int) -> None:
    """The types say it all."""


@dataclass(frozen=True)
class Operation:
    """One call.

    `params` is the library's own typed dictionary of its parameters. `check` looks at the values before anything is
    done, and what it refuses is not kept under an idempotency key; `run` does the work, with the ids of the path
    after its parameters.
    """

    name: str
    method: str
    path: str
    params: type
    run: Callable[..., Json]
    check: Callable[[Params, int], None] = _nothing_more


def retrieval(name: str, path: str, params: type, kind: str) -> Operation:
    """GET of one object by its id."""
    return Operation(name, "GET", path, params, lambda desk, _params, identity: desk.find(kind, identity))


def listing(
    name: str, path: str, params: type, kind: str, wanted: Callable[[Json, Params], bool] = lambda _body, _params: True
) -> Operation:
    """GET of all objects of a kind, the newest first, as far as `wanted`."""

    def run(desk: Desk, params: Params) -> Json:
        found = [body for body in desk.tx.newest(kind) if in_range(body, params) and wanted(body, params)]
        return paged(found, params, path)

    return Operation(name, "GET", path, params, run, check_page)


def removal(name: str, path: str, params: type, kind: str) -> Operation:
    """DELETE of one object by its id."""

    def run(desk: Desk, _params: Params, identity: str) -> Json:
        desk.find(kind, identity)
        desk.tx.remove(identity)
        return {"id": identity, "object": kind, "deleted": True}

    return Operation(name, "DELETE", path, params, run)


def paged(found: list[Json], params: Params, url: str) -> Json:
    """The page that `limit`, `starting_after` and `ending_before` ask for. Raises MissingReference."""
    limit = params.get("limit", DEFAULT_PAGE)
    if "ending_before" in params:
        before = found[: _position(found, params, "ending_before")]
        return page_of(before[-limit:], url, has_more=len(before) > limit)
    rest = found[_position(found, params, "starting_after") + 1 :] if "starting_after" in params else found
    return page_of(rest[:limit], url, has_more=len(rest) > limit)


def in_range(body: Json, params: Params) -> bool:
    """Whether an object was made in the span that `created` asks for."""
    asked = params.get("created", {})
    span = {"gte": asked, "lte": asked} if isinstance(asked, int) else asked
    return all(COMPARISONS[name](body["created"], bound) for name, bound in span.items())


def same(names: Iterable[str]) -> Callable[[Json, Params], bool]:
    """A filter: each of these parameters that is given equals the object's field of that name."""
    kept = tuple(names)
    return lambda body, params: all(body.get(name) == params[name] for name in kept if name in params)


def check_page(params: Params, _now: int) -> None:
    """Raises BadParameter for a page size that Stripe does not give."""
    limit = params.get("limit", DEFAULT_PAGE)
    if not 1 <= limit <= LARGEST_PAGE:
        bound = "less than or equal to 100" if limit > LARGEST_PAGE else "greater than or equal to 1"
        raise BadParameter(f"This value must be {bound}.", param="limit", code="parameter_invalid_integer")


def given_metadata(params: Params) -> dict[str, str]:
    """Metadata for a new object: a key with an empty value is not set."""
    return {key: value for key, value in (params.get("metadata") or {}).items() if value != ""}


def changed_metadata(body: Json, params: Params) -> dict[str, str]:
    """Metadata after an update: keys are merged, an empty value removes its key, an empty text removes all."""
    if params.get("metadata") == "":
        return {}
    merged = body["metadata"] | params.get("metadata", {})
    return {key: value for key, value in merged.items() if value != ""}


# ---

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def _position(found: list[Json], params: Params, cursor: str) -> int:
    for number, body in enumerate(found):
        if body["id"] == params[cursor]:
            return number
    raise MissingReference("object", params[cursor], param=cursor)
