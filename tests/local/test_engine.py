import base64
import os
import signal
import subprocess
import sys
import textwrap
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conftest import free_port
from tests.local.ports import listening
from workshops.local.child import Child, ChildFailed, answers
from workshops.local.engine import Engine, Furniture, clients, furnish
from workshops.local.mailbox import Mailbox

linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks into Linux's /proc")


def test_what_is_stored_and_queued_survives_a_clean_restart(tmp_path):
    port = free_port()
    first = Engine(port, tmp_path, tmp_path / "mail")
    first.start()
    aws = clients(first.url)
    furnish(aws, Furniture())
    aws.dynamodb.put_item(TableName="workshops", Item={"pk": {"S": "A"}, "sk": {"S": "B"}, "n": {"N": "3"}})
    aws.sqs.send_message(QueueUrl=queue_url(aws), MessageBody="due")
    send(aws, Furniture().sender, "Before")
    first.stop()

    second = Engine(port, tmp_path, tmp_path / "mail")
    second.start()
    aws = clients(second.url)
    furnish(aws, Furniture())
    try:
        stored = aws.dynamodb.get_item(TableName="workshops", Key={"pk": {"S": "A"}, "sk": {"S": "B"}})
        assert stored["Item"]["n"] == {"N": "3"}
        assert [message["Body"] for message in aws.sqs.receive_message(QueueUrl=queue_url(aws))["Messages"]] == ["due"]
        send(aws, Furniture().sender, "After")
        assert [mail["subject"] for mail in Mailbox(tmp_path / "mail").mails()] == ["Before", "After"]
    finally:
        second.stop()


def test_the_table_is_as_the_functions_need_it(aws, furniture):
    furnish(aws, furniture)
    table = aws.dynamodb.describe_table(TableName=furniture.table)["Table"]

    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {"by_run": ["run", "pk"], "attention": ["attention", "since"]}
    expiry = aws.dynamodb.describe_time_to_live(TableName=furniture.table)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "ttl")


def test_furnishing_again_changes_nothing(aws, furniture):
    aws.dynamodb.put_item(TableName=furniture.table, Item={"pk": {"S": "A"}, "sk": {"S": "B"}})

    furnish(aws, furniture, visibility=1, attempts=3)

    assert aws.dynamodb.scan(TableName=furniture.table)["Count"] == 1


def test_an_unverified_sender_is_refused_and_nothing_is_kept(aws, engine_mail):
    before = engine_mail.names()

    with pytest.raises(ClientError, match="not verified"):
        send(aws, "stranger@example.net", "Never")

    assert engine_mail.names() == before


def test_a_raw_message_is_kept_whole(aws, furniture, engine_mail):
    before = set(engine_mail.names())
    message = EmailMessage()
    message["From"] = f"The Provider <{furniture.sender}>"
    message["To"] = "Zoë Ünal <zoe@example.police.uk>, other@example.org"
    message["Reply-To"] = "office@example.org"
    message["Subject"] = "Your places: £752.40"
    message["X-Kind"] = "confirmation"
    message.set_content("Grüße\nsecond line\n")
    message.add_alternative("<p>Grüße</p>\n", subtype="html")
    message.add_attachment("BEGIN:VCALENDAR\r\n", subtype="calendar", filename="workshop.ics")
    aws.ses.send_email(
        FromEmailAddress=furniture.sender,
        Destination={"ToAddresses": ["zoe@example.police.uk"]},
        Content={"Raw": {"Data": bytes(message)}},
    )

    (name,) = set(engine_mail.names()) - before
    mail = engine_mail.read(name)
    assert engine_mail.raw(name) == bytes(message)
    assert list(mail) == [
        "to",
        "cc",
        "from",
        "reply_to",
        "subject",
        "text",
        "html",
        "headers",
        "attachments",
        "sent_at",
    ]
    assert mail["to"] == ["zoe@example.police.uk"]
    assert mail["from"] == f"The Provider <{furniture.sender}>"
    assert mail["reply_to"] == ["office@example.org"]
    assert mail["subject"] == "Your places: £752.40"
    assert mail["text"] == "Grüße\nsecond line\n"
    assert mail["html"] == "<p>Grüße</p>\n"
    assert mail["headers"]["X-Kind"] == "confirmation"
    (attachment,) = mail["attachments"]
    assert (attachment["filename"], attachment["content_type"]) == ("workshop.ics", "text/calendar")
    assert base64.b64decode(attachment["base64"]).startswith(b"BEGIN:VCALENDAR")


def test_a_message_in_parts_is_kept_too(aws, furniture, engine_mail):
    before = set(engine_mail.names())
    aws.ses.send_email(
        FromEmailAddress=furniture.sender,
        Destination={"ToAddresses": ["a@example.org"], "CcAddresses": ["b@example.org"]},
        Content={
            "Simple": {"Subject": {"Data": "Plain"}, "Body": {"Text": {"Data": "Text"}, "Html": {"Data": "<b>H</b>"}}}
        },
    )

    (name,) = set(engine_mail.names()) - before
    mail = engine_mail.read(name)
    assert (mail["to"], mail["cc"], mail["subject"]) == (["a@example.org"], ["b@example.org"], "Plain")
    assert (mail["text"], mail["html"]) == ("Text\n", "<b>H</b>\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nh\xffllo",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno parts",
        b"To: <<broken>, @\r\nSubject: =?utf-8?q?=ff?=\r\n\r\n",
    ],
)
def test_a_message_that_is_hardly_one_is_shown_all_the_same(tmp_path, raw):
    from datetime import UTC, datetime

    from workshops.local.mailbox import Envelope

    mailbox = Mailbox(tmp_path)
    mailbox.keep(raw, Envelope(to=("a@example.org",)), sent_at=datetime(2026, 3, 2, tzinfo=UTC))

    (mail,) = mailbox.mails()
    assert mail["to"] == ["a@example.org"]
    assert mail["sent_at"] == "2026-03-02T00:00:00.000+00:00"


@linux
def test_the_engine_listens_on_one_loopback_port_and_no_other(engine):
    assert listening(engine.child.pid) == {("127.0.0.1", engine.port)}


@linux
def test_the_look_at_ports_would_see_a_second_one(tmp_path):
    port = free_port()
    server = Child(
        "server", "http.server", ["--bind", "127.0.0.1", str(port)], environment=os.environ, log=tmp_path / "log"
    )
    server.start()
    server.wait_until_answering("127.0.0.1", port)
    try:
        assert listening(server.pid) == {("127.0.0.1", port)}
    finally:
        server.stop()


def test_children_of_a_killed_parent_stop_and_save(tmp_path):
    port = free_port()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(port), str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    with parent:
        assert parent.stdout.readline() == "furnished\n"
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not answers("127.0.0.1", port))

    wait_until((tmp_path / "state" / "dynamodb.json").exists)


PARENT = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from workshops.local.engine import Engine, Furniture, clients, furnish
    folder = Path(sys.argv[2])
    engine = Engine(int(sys.argv[1]), folder, folder / "mail")
    engine.start()
    furnish(clients(engine.url), Furniture())
    print("furnished", flush=True)
    time.sleep(60)
""")


def test_a_child_that_ends_early_is_told_of_with_its_last_words(tmp_path):
    child = Child(
        "engine",
        "workshops.local.engine_server",
        ["--port", "x", "--mail", "y"],
        environment=os.environ,
        log=tmp_path / "log",
    )
    child.start()

    with pytest.raises(
        ChildFailed, match=r"(?s)The engine ended with status 2 before it was ready.*invalid int value: 'x'"
    ):
        child.wait_until_answering("127.0.0.1", free_port())
    child.stop()


@pytest.fixture
def engine_mail(engine):
    return engine.mailbox


def send(aws, sender, subject):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "a@example.org", subject
    message.set_content("Hello")
    aws.ses.send_email(FromEmailAddress=sender, Content={"Raw": {"Data": bytes(message)}})


def queue_url(aws):
    return aws.sqs.get_queue_url(QueueName=Furniture().queue)["QueueUrl"]


def wait_until(holds, within=10.0):
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
