import json
import threading
import time

import pytest

from workshops.local.lambdas import Function
from workshops.local.relay import Relay, failed_items, sqs_event


def test_a_row_that_became_pending_reaches_the_function(relaying, put):
    handled = relaying()

    put("OUTBOX#B1", "buyer_confirmation#1")

    wait_until(lambda: handled.rows == [("OUTBOX#B1", "buyer_confirmation#1")])
    settle()
    assert len(handled.rows) == 1


def test_other_rows_and_finished_ones_stay_out_of_the_queue(relaying, put):
    handled = relaying()

    put("BOOKING#B1", "B", state="pending")
    put("OUTBOX#B1", "x#1", state="sent")
    put("OUTBOX#B2", "x#1")

    wait_until(lambda: handled.rows)
    settle()
    assert handled.rows == [("OUTBOX#B2", "x#1")]


def test_a_row_made_pending_again_is_sent_again(relaying, put):
    handled = relaying()
    put("OUTBOX#B1", "x#1", state="sent")

    put("OUTBOX#B1", "x#1", state="pending")

    wait_until(lambda: handled.rows == [("OUTBOX#B1", "x#1")])


def test_rows_written_in_one_transaction_all_arrive(relaying, aws, furniture):
    handled = relaying()
    rows = [(f"OUTBOX#B1#D{number:02}", "x#1") for number in range(25)]

    aws.dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": furniture.table, "Item": item(*row)}} for row in rows]
    )

    wait_until(lambda: sorted(handled.rows) == rows)
    assert max(handled.batches) <= 10


def test_what_fails_alone_comes_again_alone(relaying, put):
    handled = relaying(fails_first={("OUTBOX#B2", "x#1")})

    for number in (1, 2, 3):
        put(f"OUTBOX#B{number}", "x#1")

    wait_until(lambda: handled.rows.count(("OUTBOX#B2", "x#1")) == 2)
    assert handled.rows.count(("OUTBOX#B1", "x#1")) == 1
    assert handled.rows.count(("OUTBOX#B3", "x#1")) == 1


def test_a_function_that_raises_gets_its_messages_again(relaying, put, caplog):
    handled = relaying(raises_first=1)

    put("OUTBOX#B1", "x#1")

    wait_until(lambda: handled.rows == [("OUTBOX#B1", "x#1")] * 2)
    assert "The function send_mail failed" in caplog.text
    assert "RuntimeError: the lights went out" in caplog.text


def test_what_fails_too_often_is_laid_aside_among_the_dead_letters(relaying, put, aws, furniture):
    handled = relaying(raises_first=99)
    put("OUTBOX#B1", "x#1")

    (dead,) = wait_until(lambda: dead_letters(aws, furniture), within=20)

    assert json.loads(dead["Body"]) == {"pk": "OUTBOX#B1", "sk": "x#1"}
    assert len(handled.rows) == 3


def test_rows_written_while_no_relay_ran_are_found_by_the_next(relaying, put):
    handled = relaying()
    put("OUTBOX#B1", "x#1")
    wait_until(lambda: handled.rows)
    handled.relay.stop()

    put("OUTBOX#B2", "x#1")
    handled = relaying()

    wait_until(lambda: ("OUTBOX#B2", "x#1") in handled.rows)


def test_a_relay_that_starts_again_reads_the_stream_from_where_it_stopped(relaying, put):
    handled = relaying()
    put("OUTBOX#B1", "x#1", attention=None)
    wait_until(lambda: handled.rows)
    handled.relay.stop()

    put("OUTBOX#B2", "x#1", attention=None)
    handled = relaying()

    wait_until(lambda: handled.rows)
    settle()
    assert handled.rows == [("OUTBOX#B2", "x#1")]


def test_a_pending_row_that_no_stream_record_tells_of_is_swept_up(relaying, put):
    put("OUTBOX#B1", "x#1")
    put("OUTBOX#B2", "x#1", state="failed", attention="mail_failed")
    last = relaying()
    wait_until(lambda: len(last.rows) == 2)  # once by the sweep and once by the stream
    last.relay.stop()

    handled = relaying()

    wait_until(lambda: handled.rows)
    settle()
    assert handled.rows == [("OUTBOX#B1", "x#1")]


def test_a_row_whose_message_died_is_swept_up_again_and_again(relaying, put):
    handled = relaying(raises_first=4, sweep_every=1.0)

    put("OUTBOX#B1", "x#1")

    wait_until(lambda: len(handled.rows) >= 5, within=20)


def test_the_event_is_the_one_that_lambda_makes_of_a_message():
    message = {
        "MessageId": "m-1",
        "ReceiptHandle": "r-1",
        "Body": '{"pk": "OUTBOX#B1", "sk": "x#1"}',
        "MD5OfBody": "d41d8cd98f00b204e9800998ecf8427e",
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772409600000"},
    }

    assert sqs_event([message], "workshops-mail") == {
        "Records": [
            {
                "messageId": "m-1",
                "receiptHandle": "r-1",
                "body": '{"pk": "OUTBOX#B1", "sk": "x#1"}',
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772409600000"},
                "messageAttributes": {},
                "md5OfBody": "d41d8cd98f00b204e9800998ecf8427e",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-2:000000000000:workshops-mail",
                "awsRegion": "eu-west-2",
            }
        ]
    }


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": [{}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
    ],
)
def test_a_batchs_answer_is_read_as_lambda_reads_it(answer, failed):
    assert failed_items(answer, {"a", "b"}) == failed


class Handled:
    """A mail function that remembers what it was given, and fails as told."""

    def __init__(self, fails_first, raises_first):
        self.rows, self.batches = [], []
        self.relay = None
        self._failing, self._raising = set(fails_first), raises_first
        self._lock = threading.Lock()

    def __call__(self, event, _context):
        with self._lock:
            rows = [(record["messageId"], json.loads(record["body"])) for record in event["Records"]]
            self.batches.append(len(rows))
            self.rows += [(row["pk"], row["sk"]) for _, row in rows]
            if self._raising:
                self._raising -= 1
                raise RuntimeError("the lights went out")
            failed = [identifier for identifier, row in rows if (row["pk"], row["sk"]) in self._failing]
            self._failing -= {(row["pk"], row["sk"]) for _, row in rows}
            return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


@pytest.fixture
def relaying(aws, furniture, tmp_path):
    """Starts a relay to a function that remembers; all are stopped at the end."""
    started = []

    def start(*, fails_first=(), raises_first=0, sweep_every=60.0):
        handled = Handled(fails_first, raises_first)
        handled.relay = Relay(
            aws,
            table=furniture.table,
            queue=furniture.queue,
            send_mail=Function("send_mail", handled),
            position=tmp_path / "relay" / "position",
            pause=0.05,
            sweep_every=sweep_every,
        )
        handled.relay.start()
        started.append(handled.relay)
        return handled

    yield start
    for relay in started:
        relay.stop()


@pytest.fixture
def put(aws, furniture):
    def write(pk, sk, **fields):
        aws.dynamodb.put_item(TableName=furniture.table, Item=item(pk, sk, **fields))

    return write


def item(pk, sk, *, state="pending", attention="mail"):
    fields = {"pk": pk, "sk": sk, "state": state, "since": "2026-03-02T09:00:00+00:00"}
    if attention and state != "sent":
        fields["attention"] = attention
    return {name: {"S": value} for name, value in fields.items()}


def dead_letters(aws, furniture):
    url = aws.sqs.get_queue_url(QueueName=furniture.dead_letters)["QueueUrl"]
    return aws.sqs.receive_message(QueueUrl=url).get("Messages")


def wait_until(holds, within=10.0):
    deadline = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def settle():
    """Long enough for one too many to arrive."""
    time.sleep(0.5)
