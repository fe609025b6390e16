import json
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from werkzeug.test import Client

from tests.conftest import free_port
from workshops.local.console import Console
from workshops.local.gateway import Gateway
from workshops.local.mailbox import Envelope, Mailbox
from workshops.local.static import StaticSite


def test_mail_is_listed_newest_first_and_in_json_oldest_first(local):
    local.sent("First")
    local.sent("Second")

    page = local.get("/_local/mail").text
    assert page.index("Second") < page.index("First")
    answer = local.get("/_local/mail.json")
    assert answer.content_type == "application/json"
    assert [mail["subject"] for mail in answer.json] == ["First", "Second"]


def test_an_empty_mailbox_is_an_empty_list(local):
    assert local.get("/_local/mail.json").json == []
    assert "No message has been sent yet." in local.get("/_local/mail").text


def test_what_a_message_says_cannot_act_on_the_local_page(local):
    name = local.sent("<script>alert(1)</script>", text="<b>See</b> http://127.0.0.1:8000/booking/x\n", html="<p>x</p>")

    page = local.get(f"/_local/mail/{name}")

    assert "<script>" not in page.text
    assert "<b>" not in page.text
    assert '<a href="http://127.0.0.1:8000/booking/x" rel="noopener" target="_blank">' in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_html_mail_is_shut_in_its_own_sandbox(local):
    name = local.sent("Subject", html="<html><head></head><script>alert(1)</script></html>")

    shown = local.get(f"/_local/mail/{name}/html")

    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';")
    assert "allow-scripts" not in policy
    assert '<head><base target="_blank">' in shown.text


def test_an_attachment_is_a_download_with_its_name_and_type(local):
    name = local.sent("Subject", attachment=("Überblick, 1.ics", b"BEGIN:VCALENDAR"))

    download = local.get(f"/_local/mail/{name}/attachments/1")

    assert download.data == b"BEGIN:VCALENDAR"
    assert download.content_type == "text/calendar"
    assert download.headers["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%C3%9Cberblick%2C%201.ics" in download.headers["Content-Disposition"]
    assert local.get(f"/_local/mail/{name}/attachments/2").status_code == 404


def test_the_message_can_be_had_as_it_was_sent(local):
    name = local.sent("Subject")

    assert b"Subject: Subject" in local.get(f"/_local/mail/{name}/message.eml").data


@pytest.mark.parametrize(
    "path",
    [
        "mail/nothing",
        "mail/../clock.json",
        "mail/..%2f..%2fclock",
        "mail/nothing/html",
        "nowhere",
        "mail/x/attachments/1",
    ],
)
def test_what_is_not_there_is_not_found(local, path):
    assert local.get(f"/_local/{path}").status_code == 404


def test_local_pages_cannot_be_posted_to(local):
    refused = local.client.post("/_local/mail")

    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


def test_the_address_without_its_slash_leads_to_the_overview(local):
    assert "What happened here" in local.get("/_local").text


def test_bookings_are_shown_with_all_their_rows_newest_first(local, aws, furniture):
    rows = [
        {"pk": "BOOKING#OLD", "sk": "B", "state": "held", "run": "tea/1", "made_at": "2026-03-01T09:00:00+00:00"},
        {"pk": "BOOKING#NEW", "sk": "B", "state": "confirmed", "run": "tea/1", "made_at": "2026-03-02T09:00:00+00:00"},
        {"pk": "BOOKING#NEW", "sk": "D#01", "name": "Dee <Example>"},
        {"pk": "RUN#tea/1", "sk": "STOCK"},
    ]
    for row in rows:
        item = {name: {"S": value} for name, value in row.items()}
        aws.dynamodb.put_item(TableName=furniture.table, Item=item)

    page = local.get("/_local/bookings").text

    assert page.index("NEW") < page.index("OLD")
    assert "Dee &lt;Example&gt;" in page
    assert "STOCK" not in page


def test_the_two_clocks_stand_side_by_side(local):
    clocks = local.get("/_local/clock.json").json

    business, machine = (datetime.fromisoformat(clocks[name]) for name in ("business", "machine"))
    assert (business - machine).total_seconds() == 3600
    assert "3600 seconds" in local.get("/_local/clock").text


def test_what_the_provider_must_fill_in_is_listed_from_the_last_build(local):
    local.data.joinpath("build.json").write_text(json.dumps({"unfilled": ["provider.yaml:7:12: vat_number is empty"]}))

    assert "provider.yaml:7:12: vat_number is empty" in local.get("/_local/").text


def test_without_a_payment_double_the_page_says_where_payments_are(local):
    assert "Payments are at Stripe, in test mode" in local.get("/_local/payments").text


def test_a_payment_double_that_is_down_is_told_of_soberly(aws, furniture, tmp_path):
    double = f"http://127.0.0.1:{free_port()}"
    client = Client(
        Gateway(StaticSite(tmp_path), {}, Console(aws, furniture.table, tmp_path, offset=0, double=double), double)
    )

    answer = client.get("/_local/payments")

    assert (answer.status_code, "The payment double does not answer" in answer.text) == (200, True)


class Local:
    """The local pages, asked without a socket, and a way to put mail into their mailbox."""

    def __init__(self, aws, table, data):
        self.data = data
        self.mailbox = Mailbox(data / "mail")
        console = Console(aws, table, data, offset=3600, double=None)
        self.client = Client(Gateway(StaticSite(data / "site"), {}, console, "http://127.0.0.1:8001"))

    def get(self, path):
        return self.client.get(path)

    def sent(self, subject, *, text="Text\n", html="", attachment=None):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        if attachment:
            filename, content = attachment
            message.add_attachment(content, maintype="text", subtype="calendar", filename=filename)
        self.mailbox.keep(bytes(message), Envelope(), sent_at=datetime.now(UTC))
        return self.mailbox.names()[-1]


@pytest.fixture
def local(aws, furniture, tmp_path):
    return Local(aws, furniture.table, tmp_path)
