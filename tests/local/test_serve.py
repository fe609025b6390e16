import json
import signal
import stat
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import free_port
from tests.local.ports import listening
from tests.stack import Stack, copy_project, kill, wait_until
from workshops.adapters.stripe import client
from workshops.cli import main
from workshops.local.child import answers
from workshops.local.engine import Furniture, clients
from workshops.local.payment_double.server import PaymentDouble

PROJECT = Path(__file__).parents[2]
PAGE = "/workshops/harmful-sexual-behaviour/"
linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks into Linux's /proc")


def test_each_address_is_told_and_then_ready_on_a_line_of_its_own(stack):
    told = "\n".join(stack.lines)

    assert f"http://127.0.0.1:{stack.port}/\n" in told
    assert f"http://127.0.0.1:{stack.port}/_local/\n" in told
    assert f"http://127.0.0.1:{stack.port + 1}/\n" in told
    assert f"http://127.0.0.1:{stack.port + 2}/\n" in told
    assert "Monday 2 March 2026" in told
    assert stack.lines[-1] == "ready"


def test_the_reference_workshop_is_served_with_its_type_and_policy(stack):
    status, headers, body = stack.get(PAGE)

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"form-action 'self' http://127.0.0.1:{stack.port + 1};" in headers["Content-Security-Policy"]
    assert b"/api/checkout" in body


def test_the_functions_answer_on_the_same_origin(stack):
    status, _, body = stack.get("/api/availability/harmful-sexual-behaviour/2026-04-28", {"Accept": "application/json"})

    assert status == 200
    assert json.loads(body)["state"] == "open"


def test_an_unsigned_webhook_is_refused_by_the_real_function(stack):
    assert stack.ask("POST", "/api/stripe/webhook", b"{}", {"Content-Type": "application/json"})[0] == 400


@linux
def test_nothing_but_the_three_ports_is_bound_and_only_on_loopback(stack):
    assert listening(stack.process.pid) == {("127.0.0.1", stack.port + further) for further in range(3)}


def test_a_message_sent_through_ses_is_in_the_mailbox(stack):
    before = stack.mails()
    sender = sender_of(stack)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "a@example.police.uk", "By hand"
    message.set_content("Hello\n")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="a.bin")
    clients(stack.engine_url).ses.send_email(FromEmailAddress=sender, Content={"Raw": {"Data": bytes(message)}})

    (mail,) = stack.mails()[len(before) :]
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
    assert (mail["to"], mail["from"], mail["subject"], mail["text"]) == (
        ["a@example.police.uk"],
        sender,
        "By hand",
        "Hello\n",
    )
    assert mail["attachments"] == [
        {"filename": "a.bin", "content_type": "application/octet-stream", "base64": "AAE="},
    ]


def test_the_local_pages_say_that_they_are_local(stack):
    for path in ("/_local/", "/_local/mail", "/_local/bookings", "/_local/payments", "/_local/clock"):
        status, headers, body = stack.get(path)
        assert (status, b"Local: this machine only" in body) == (200, True)
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; style-src 'self'; img-src 'self' data:;"
        )
        assert headers["Cache-Control"] == "no-store"


def test_the_overview_lists_what_the_provider_must_fill_in(stack):
    assert b"vat_number" in stack.get("/_local/")[2]


def test_secrets_are_kept_from_other_users(stack):
    for path in (stack.data / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_stack_on_the_same_data_is_refused(stack):
    refused = run("--data", str(stack.data), "--port", str(free_port(3)))

    assert refused.exit_code == 1
    assert (
        refused.output
        == f"Error: Another `workshops serve` is using {stack.data}. Stop it, or give this one its own --data.\n"
    )


def test_a_port_that_is_taken_is_named(stack, tmp_path):
    for first, port in ((stack.port, stack.port), (stack.port - 1, stack.port), (stack.port - 2, stack.port)):
        refused = run("--data", str(tmp_path), "--port", str(first))
        assert refused.exit_code == 1
        assert f"Port {port} on 127.0.0.1" in refused.output


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc"])
def test_a_live_key_is_refused_and_not_repeated(tmp_path, key):
    refused = run("--data", str(tmp_path), environment={"STRIPE_SECRET_KEY": key})

    assert refused.exit_code == 1
    assert "is a live key, and nothing on this machine may move money" in refused.output
    assert "abc" not in refused.output


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])  # noqa: S104 - refused
def test_a_host_that_others_might_reach_is_refused(tmp_path, host):
    refused = run("--data", str(tmp_path), "--host", host)

    assert refused.exit_code == 1
    assert f"--host {host} is refused: only loopback addresses are bound" in refused.output


def test_an_instant_that_is_none_is_wrong_usage(tmp_path):
    refused = run("--data", str(tmp_path), "--as-of", "soon")

    assert refused.exit_code == 2
    assert "'soon' is no instant: write 2026-03-02" in refused.output


def test_a_save_is_soon_seen_and_a_mistake_leaves_the_last_good_page(stack):
    page = stack.project / "content" / "workshops" / "harmful-sexual-behaviour.md"
    good = page.read_text("utf-8")

    page.write_text(good + "\nA sentence added while it is served.\n", encoding="utf-8")
    wait_until(lambda: b"A sentence added while it is served." in stack.get(PAGE)[2])

    page.write_text(good.replace("title:", "tilte:", 1), encoding="utf-8")
    wait_until(lambda: "did you mean title?" in "\n".join(stack.lines))
    wait_until(lambda: "The last good pages are still served." in stack.lines)
    assert b"A sentence added while it is served." in stack.get(PAGE)[2]

    page.write_text(good, encoding="utf-8")
    wait_until(lambda: b"A sentence added while it is served." not in stack.get(PAGE)[2])


def test_saves_in_quick_succession_end_with_the_last_one(stack):
    page = stack.project / "content" / "workshops" / "harmful-sexual-behaviour.md"
    good = page.read_text("utf-8")

    for number in range(12):
        page.write_text(f"{good}\nSave number {number} of a dozen.\n", encoding="utf-8")
        time.sleep(0.25)

    wait_until(lambda: b"Save number 11 of a dozen." in stack.get(PAGE)[2])
    page.write_text(good, encoding="utf-8")
    wait_until(lambda: b"of a dozen." not in stack.get(PAGE)[2])


def test_a_change_of_the_theme_reaches_the_pages_that_functions_make(stack):
    page = stack.project / "theme" / "pages" / "booking_refused.html"
    good = page.read_text("utf-8")
    empty = {"Content-Type": "application/x-www-form-urlencoded"}

    page.write_text(good.replace("{% block main %}", "{% block main %}<p>A new theme.</p>", 1), encoding="utf-8")

    wait_until(lambda: b"A new theme." in stack.ask("POST", "/api/checkout", FORM, empty)[2])
    page.write_text(good, encoding="utf-8")
    wait_until(lambda: b"A new theme." not in stack.ask("POST", "/api/checkout", FORM, empty)[2])


def test_a_killed_gateway_is_started_again_and_the_mail_that_was_due_goes_out(stack):
    before = len(stack.mails())
    booking = stack.book()
    kill(stack, "workshops.local.gateway")
    wait_until(lambda: not answers("127.0.0.1", stack.port), within=2)
    stack.pay(booking)

    wait_until(lambda: answers("127.0.0.1", stack.port))
    wait_until(lambda: len(stack.mails()) == before + 2, within=40)
    time.sleep(1)
    assert sorted(mail["to"] for mail in stack.mails()[before:]) == [
        ["buyer@example.police.uk"],
        ["dee@example.police.uk"],
    ]


def test_a_killed_payment_double_is_started_again_and_remembers(stack):
    session = stack.book()

    kill(stack, "workshops.local.payment_double")
    wait_until(lambda: not answers("127.0.0.1", stack.port + 1), within=2)
    wait_until(lambda: answers("127.0.0.1", stack.port + 1))

    wait_until(lambda: stack.session(session)["status"] == "open")


def test_a_restart_keeps_bookings_mail_and_clock_and_ends_with_status_0(starting):
    first = starting("--as-of", "2026-03-02")
    session = first.book()
    first.pay(session)
    wait_until(lambda: len(first.mails()) == 2, within=40)
    mails, business = first.mails(), first.business_clock()
    assert first.stop() == 0
    assert not any(answers("127.0.0.1", first.port + further) for further in range(3))

    second = starting("--as-of", "2026-03-02", like=first)
    try:
        assert second.mails() == mails
        assert second.business_clock() >= business
        assert second.session(session)["status"] == "complete"
        assert b"confirmed" in second.get("/_local/bookings")[2]
        time.sleep(1)
        assert second.mails() == mails
    finally:
        assert second.stop(signal.SIGINT) == 0

    third = starting("--as-of", "2026-03-02", "--reset", like=first)
    assert third.mails() == []
    assert b"No booking has been made yet." in third.get("/_local/bookings")[2]
    third.process.kill()
    wait_until(lambda: not any(answers("127.0.0.1", third.port + further) for further in range(3)))


def test_with_a_test_key_the_real_provider_is_used_and_no_double_started(starting, tmp_path):
    with PaymentDouble(data=tmp_path / "stripe", webhook_url="", secret="") as stripe:
        stack = starting(environment={"STRIPE_SECRET_KEY": "sk_test_real", "STRIPE_API_BASE": stripe.url})

        assert not answers("127.0.0.1", stack.port + 1)
        assert b"Payments are at Stripe, in test mode" in stack.get("/_local/payments")[2]
        assert "form-action 'self' https://checkout.stripe.com;" in stack.get("/")[1]["Content-Security-Policy"]
        rates = client("sk_test_real", stripe.url).v1.tax_rates.list().data
        assert {rate.percentage for rate in rates} == {20.0, 5.0, 0.0}


def test_the_loss_of_the_engine_ends_everything_and_is_told(starting):
    stack = starting("--as-of", "2026-03-02")

    kill(stack, "workshops.local.engine_server")

    assert stack.process.wait(20) == 1
    wait_until(lambda: "Error: The engine ended with status -9; everything is stopped." in stack.lines)
    assert not any(answers("127.0.0.1", stack.port + further) for further in range(3))


FORM = "workshop=harmful-sexual-behaviour&run=2026-04-28&rate=public-sector&quantity=0&pay=card"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    project, data = copy_project(tmp_path_factory.mktemp("project")), tmp_path_factory.mktemp("data")
    running = Stack(project, data, free_port(5) + 2, ["--as-of", "2026-03-02"])
    yield running
    assert running.stop() == 0


@pytest.fixture
def starting(tmp_path):
    """Starts stacks one after another, on one project and data."""
    started = []

    def start(*arguments, like=None, environment=None):
        project = like.project if like else copy_project(tmp_path / "project")
        port = like.port if like else free_port(3)
        started.append(Stack(project, tmp_path / "data", port, [*arguments, "--no-watch"], environment))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


def run(*arguments, environment=None):
    """`workshops serve` in this process, for what is refused before anything starts."""
    return CliRunner().invoke(main, ["serve", *arguments], env={"STRIPE_SECRET_KEY": "", **(environment or {})})


def sender_of(stack):
    table = clients(stack.engine_url)
    assert table.dynamodb.describe_table(TableName=Furniture().table)
    return table.ses.list_email_identities()["EmailIdentities"][0]["IdentityName"]
