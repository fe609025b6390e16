"""From the table's stream to the mail function, step by step as in the cloud.

A stream record of an outbox row that became pending is put on a queue (the cloud's pipe); the queue's messages are
handed to the function in batches, and those it could not deal with come again after the visibility timeout (the
cloud's event source mapping). Nothing is lost by a crash: the stream's position is kept only after the queue has the
message, a message is deleted only after the function dealt with it, and rows that no message stands for any longer are
found by a sweep. A row may therefore come twice; the function sends once.
"""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workshops.adapters.dynamodb.outbox import DUE, PENDING, SENDING
from workshops.domain.errors import WorkshopsError
from workshops.local.engine import REGION
from workshops.local.files import write_private
from workshops.local.lambdas import FunctionFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from workshops.local.engine import Clients
    from workshops.local.lambdas import Function

    Row = tuple[str, str]

_log = logging.getLogger(__name__)

_BATCH = 10
_UNFINISHED = {PENDING, SENDING}
_AFTER_A_FAULT = 1.0


class QueueRefused(WorkshopsError):
    """The queue did not take some messages; they are read from the stream again."""

    def __init__(self, count: int) -> None:
        super().__init__(f"The mail queue refused {count} messages.")
        self.count = count


class Relay:
    """Two threads: stream to queue with the sweep, and queue to function. Waits are in seconds."""

    def __init__(
        self,
        aws: Clients,
        *,
        table: str,
        queue: str,
        send_mail: Function,
        position: Path,
        pause: float = 0.25,
        sweep_every: float = 60.0,
    ) -> None:
        self._aws = aws
        self._table = table
        self._queue_url = aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        self._queue_name = queue
        self._send_mail = send_mail
        self._position = position
        self._pause = pause
        self._sweep_every = sweep_every
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_on, args=(step,), name=f"relay {step.__name__}", daemon=True)
            for step in (self._from_stream, self._sweep, self._to_function)
        ]

    def start(self) -> None:
        """Take up what was left over, then begin; returns at once."""
        self._enqueue(self._unfinished())
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, then end."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _keep_on(self, step: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                step()
            except (BotoCoreError, ClientError, QueueRefused) as fault:
                _log.warning("The relay begins again: %s", fault)
                self._stopping.wait(_AFTER_A_FAULT)

    # From the stream to the queue.

    def _from_stream(self) -> None:
        iterator = self._start_of_reading()
        while iterator and not self._stopping.is_set():
            page = self._aws.streams.get_records(ShardIterator=iterator)
            self._pass_on(page["Records"])
            iterator = page.get("NextShardIterator", "")
            if not page["Records"]:
                self._stopping.wait(self._pause)

    def _start_of_reading(self) -> str:
        arn = self._aws.dynamodb.describe_table(TableName=self._table)["Table"]["LatestStreamArn"]
        shard = self._aws.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        return self._after_kept_position(arn, shard) or self._from_the_oldest(arn, shard)

    def _after_kept_position(self, arn: str, shard: str) -> str | None:
        if not self._position.exists():
            return None
        kept = self._position.read_text("utf-8").strip()
        try:
            return self._aws.streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard, ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber=kept
            )["ShardIterator"]
        except self._aws.streams.exceptions.TrimmedDataAccessException:
            return None

    def _from_the_oldest(self, arn: str, shard: str) -> str:
        return self._aws.streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]

    def _pass_on(self, records: Sequence[Mapping[str, Any]]) -> None:
        if not records:
            return
        self._enqueue(_row(record["dynamodb"]["NewImage"]) for record in records if _became_pending(record))
        write_private(self._position, records[-1]["dynamodb"]["SequenceNumber"] + "\n")

    def _enqueue(self, rows: Iterable[Row]) -> None:
        for batch in _batches(list(dict.fromkeys(rows))):
            refused = self._aws.sqs.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(number), "MessageBody": json.dumps({"pk": pk, "sk": sk})}
                    for number, (pk, sk) in enumerate(batch)
                ],
            ).get("Failed", [])
            if refused:
                raise QueueRefused(len(refused))

    # The sweep: rows that stay unfinished while nothing is queued, for their messages died of too many failures.

    def _sweep(self) -> None:
        seen: set[Row] = set()
        while not self._stopping.wait(self._sweep_every):
            now = set(self._unfinished())
            if now & seen and self._queue_is_empty():
                self._enqueue(sorted(now & seen))
            seen = now

    def _unfinished(self) -> Iterator[Row]:
        pages = self._aws.dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="attention",
            KeyConditionExpression="attention = :due",
            ExpressionAttributeValues={":due": {"S": DUE}},
        )
        for page in pages:
            yield from (_row(item) for item in page["Items"] if _text(item, "state") in _UNFINISHED)

    def _queue_is_empty(self) -> bool:
        counts = self._aws.sqs.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return not any(int(count) for count in counts.values())

    # From the queue to the function.

    def _to_function(self) -> None:
        received = self._aws.sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if received:
            self._deal_with(received)

    def _deal_with(self, messages: Sequence[Mapping[str, Any]]) -> None:
        try:
            answer = self._send_mail.invoke(sqs_event(messages, self._queue_name))
        except FunctionFailed:
            return
        failed = failed_items(answer, {message["MessageId"] for message in messages})
        done = [message for message in messages if message["MessageId"] not in failed]
        if done:
            self._aws.sqs.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(done)
                ],
            )


def sqs_event(messages: Sequence[Mapping[str, Any]], queue: str) -> dict[str, Any]:
    """The event that Lambda's event source mapping makes of messages received from a queue."""
    return {"Records": [_sqs_record(message, queue) for message in messages]}


def failed_items(answer: object, sent: set[str]) -> set[str]:
    """The ids of the messages that a batch's answer leaves to the queue.

    As Lambda reads it: nothing, or an empty list, is success; an item without an id, or with one that was not sent,
    fails the whole batch.
    """
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return set()
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    return sent.intersection(named) if sent.issuperset(named) else sent


# ---------------------------------------------------------------------------------------------------------------------


def _became_pending(record: Mapping[str, Any]) -> bool:
    image = record["dynamodb"].get("NewImage", {})
    return (
        record["eventName"] in {"INSERT", "MODIFY"}
        and _text(image, "pk").startswith("OUTBOX#")
        and _text(image, "state") == PENDING
    )


def _row(item: Mapping[str, Any]) -> Row:
    return item["pk"]["S"], item["sk"]["S"]


def _text(item: Mapping[str, Any], attribute: str) -> str:
    text: str = item.get(attribute, {}).get("S", "")
    return text


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _sqs_record(message: Mapping[str, Any], queue: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:{queue}",
        "awsRegion": REGION,
    }
