"""The embedded AWS engine: started, furnished as the cloud's template would, and stopped with its state saved."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from workshops.local.child import Child
from workshops.local.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        GlobalSecondaryIndexTypeDef,
        KeySchemaElementTypeDef,
        TimeToLiveSpecificationTypeDef,
    )
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

REGION = "eu-west-2"
HOST = "127.0.0.1"
_SAVING = 30.0


@dataclass(frozen=True)
class Furniture:
    """The names of what the functions and the relay use."""

    table: str = "workshops"
    queue: str = "workshops-mail"
    dead_letters: str = "workshops-mail-dead"
    sender: str = "bookings@example.org"


@dataclass(frozen=True)
class Clients:
    """The AWS SDK's clients, pointed at this machine."""

    dynamodb: DynamoDBClient
    streams: DynamoDBStreamsClient
    sqs: SQSClient
    ses: SESV2Client


class Engine:
    """ministack in a child process, on one loopback port. It saves its state into `folder` when stopped cleanly."""

    def __init__(self, port: int, folder: Path, mail: Path) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.mailbox = Mailbox(mail)
        self.child = Child(
            "engine",
            "workshops.local.engine_server",
            ["--port", str(port), "--mail", str(mail)],
            environment=_environment(port, folder / "state"),
            log=folder / "engine.log",
        )

    def start(self) -> None:
        """Start it and wait until it answers. Raises ChildFailed."""
        self.child.start()
        self.child.wait_until_answering(HOST, self.port)

    def stop(self) -> None:
        """Stop its process group; it saves its state first."""
        self.child.stop(_SAVING)


def aws_environment(url: str) -> dict[str, str]:
    """The AWS SDK's own variables that point it at the engine at `url`, and at nothing else."""
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": url,
        "AWS_ENDPOINT_URL_SESV2": url,
        "AWS_ENDPOINT_URL_SQS": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def clients(url: str) -> Clients:
    """Clients of the engine at `url`; they may be shared between threads."""
    session = boto3.Session("local", "local", region_name=REGION)
    config = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
    return Clients(
        dynamodb=session.client("dynamodb", endpoint_url=url, config=config),
        streams=session.client("dynamodbstreams", endpoint_url=url, config=config),
        sqs=session.client("sqs", endpoint_url=url, config=config),
        ses=session.client("sesv2", endpoint_url=url, config=config),
    )


def furnish(aws: Clients, furniture: Furniture, *, visibility: int = 30, attempts: int = 5) -> None:
    """Make what is missing of the table, the two queues and the sender's identity; what is there stays as it is.

    A message that is not dealt with is given out again after `visibility` seconds, and laid aside among the dead
    letters after `attempts`.
    """
    _make_table(aws.dynamodb, furniture.table)
    dead_letters = _make_queue(aws.sqs, furniture.dead_letters, {"MessageRetentionPeriod": "1209600"})
    redrive = f'{{"deadLetterTargetArn":"{dead_letters}","maxReceiveCount":{attempts}}}'
    _make_queue(aws.sqs, furniture.queue, {"VisibilityTimeout": str(visibility), "RedrivePolicy": redrive})
    _make_identity(aws.ses, furniture.sender)


# ---------------------------------------------------------------------------------------------------------------------


def _environment(port: int, state: Path) -> Mapping[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR"}
    }
    return kept | {
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        # It would otherwise look for leftovers of its own among the containers of whoever runs this.
        "DOCKER_HOST": f"unix://{state / 'no-docker.sock'}",
    }


def _make_table(dynamodb: DynamoDBClient, name: str) -> None:
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        _create_table(dynamodb, name)
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if expiry.get("TimeToLiveStatus") == "DISABLED":
        ttl: TimeToLiveSpecificationTypeDef = {"Enabled": True, "AttributeName": "ttl"}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)


def _create_table(dynamodb: DynamoDBClient, name: str) -> None:
    attributes = ("pk", "sk", "run", "attention", "since")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[_index("by_run", "run", "pk"), _index("attention", "attention", "since")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def _keys(partition: str, sort: str) -> list[KeySchemaElementTypeDef]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _index(name: str, partition: str, sort: str) -> GlobalSecondaryIndexTypeDef:
    return {"IndexName": name, "KeySchema": _keys(partition, sort), "Projection": {"ProjectionType": "ALL"}}


def _make_queue(sqs: SQSClient, name: str, attributes: Mapping[QueueAttributeNameType, str]) -> str:
    """Its ARN."""
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=dict(attributes))
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _make_identity(ses: SESV2Client, sender: str) -> None:
    try:
        ses.create_email_identity(EmailIdentity=sender)
    except ses.exceptions.AlreadyExistsException:
        return
