"""One DynamoDB table spoken to in plain Python values: reads, queries and all-or-nothing writes."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from workshops.app.ports import StoreUnavailable
from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

CONFLICT_TRIES = 8
"""Another transaction at the same item is over in milliseconds; so many are met in a rush for one run."""


class Refused(WorkshopsError):
    """A transaction's conditions did not hold; `places` are the positions of the writes that were refused."""

    def __init__(self, places: frozenset[int]) -> None:
        super().__init__(f"conditions of the writes {sorted(places)} do not hold")
        self.places = places


@cache
def client() -> DynamoDBClient:
    """The process's client, with waits that leave a buyer time to be answered."""
    return boto3.Session().client(
        "dynamodb",
        config=Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}),
    )


class Table:
    """A table by name. Numbers come back as int; all methods raise `StoreUnavailable`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client, self._name = client, name

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """The item as the last finished write left it."""
        answer = _asked(self._client.get_item, TableName=self._name, Key=_key(pk, sk), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def query(self, condition: ConditionBase, *, index: str | None = None) -> Iterator[dict[str, Any]]:
        """The items that meet a key condition, in order of their sort key; consistent unless read from an index."""
        request = {"TableName": self._name, **_key_condition(condition)}
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        while True:
            answer = _asked(self._client.query, **request)
            yield from map(_plain, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, *writes: Mapping[str, Any]) -> None:
        """All of the writes or none, made with `put`, `update` and `delete`. Raises `Refused`."""
        items = [{kind: {"TableName": self._name, **body} for kind, body in write.items()} for write in writes]
        for attempt in range(CONFLICT_TRIES):
            try:
                _asked(self._client.transact_write_items, TransactItems=items)
            except _Conflict:
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - spreads rivals, guards nothing
            else:
                return
        raise StoreUnavailable("too many bookings at once for one run")


def put(item: Mapping[str, Any], *, when: ConditionBase | None = None) -> dict[str, Any]:
    """Write an item whole; unless told otherwise, only where there is none."""
    return {"Put": {"Item": _stored(item), **_condition(when or Attr("pk").not_exists())}}


def update(
    pk: str,
    sk: str,
    *,
    when: ConditionBase,
    change: Mapping[str, Any] | None = None,
    add: Mapping[str, int] | None = None,
    remove: Sequence[str] = (),
) -> dict[str, Any]:
    """Change some attributes of an item that meets a condition."""
    body = _condition(when)
    clauses = [
        _clause("SET", change or {}, "{name} = {value}", body),
        _clause("ADD", add or {}, "{name} {value}", body),
        _clause("REMOVE", dict.fromkeys(remove), "{name}", body),
    ]
    return {"Update": {"Key": _key(pk, sk), "UpdateExpression": " ".join(filter(None, clauses)), **body}}


def delete(pk: str, sk: str) -> dict[str, Any]:
    """Remove an item that must be there."""
    return {"Delete": {"Key": _key(pk, sk), **_condition(Attr("pk").exists())}}


# ---------------------------------------------------------------------------------------------------------------------

_serialise = TypeSerializer().serialize
_deserialise = TypeDeserializer().deserialize


class _Conflict(WorkshopsError):
    """Another transaction was at one of the items."""


def _asked(call: Any, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the client's methods
    try:
        answer: dict[str, Any] = call(**request)
    except ClientError as error:
        raise _meaning(error) from error
    except BotoCoreError as error:
        raise StoreUnavailable(type(error).__name__) from error
    return answer


def _meaning(error: ClientError) -> WorkshopsError:
    code = error.response["Error"]["Code"]
    if code != "TransactionCanceledException":
        return StoreUnavailable(code)
    codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    refused = frozenset(place for place, reason in enumerate(codes) if reason == "ConditionalCheckFailed")
    if refused:
        return Refused(refused)
    return _Conflict() if "TransactionConflict" in codes else StoreUnavailable(",".join(codes))


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _stored(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialise(value) for name, value in item.items() if value is not None}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _whole(_deserialise(value)) for name, value in item.items()}


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever an item holds
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, Mapping):
        return {name: _whole(part) for name, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value


def _condition(when: ConditionBase) -> dict[str, Any]:
    built = ConditionExpressionBuilder().build_expression(when)
    return _expression("ConditionExpression", built)


def _key_condition(when: ConditionBase) -> dict[str, Any]:
    built = ConditionExpressionBuilder().build_expression(when, is_key_condition=True)
    return _expression("KeyConditionExpression", built)


def _expression(parameter: str, built: Any) -> dict[str, Any]:  # noqa: ANN401 - a named tuple that boto3 does not type
    parts: dict[str, Any] = {
        parameter: built.condition_expression,
        "ExpressionAttributeNames": dict(built.attribute_name_placeholders),
    }
    values = {name: _serialise(value) for name, value in built.attribute_value_placeholders.items()}
    return parts | ({"ExpressionAttributeValues": values} if values else {})


def _clause(keyword: str, attributes: Mapping[str, Any], form: str, body: dict[str, Any]) -> str:
    if not attributes:
        return ""
    terms = []
    for place, (attribute, value) in enumerate(attributes.items()):
        name, placeholder = f"#{keyword}{place}", f":{keyword}{place}"
        body["ExpressionAttributeNames"][name] = attribute
        if value is not None:
            body.setdefault("ExpressionAttributeValues", {})[placeholder] = _serialise(value)
        terms.append(form.format(name=name, value=placeholder))
    return f"{keyword} {', '.join(terms)}"
