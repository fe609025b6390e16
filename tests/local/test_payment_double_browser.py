"""The payment page in a real browser without script: it pays, it leads back, it can be read and used by everyone."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.local.test_payment_double import client_of, full_order, vat
from workshops.local.payment_double import PaymentDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

CARD = {
    "number": "4242 4242 4242 4242",
    "expiry": "12/40",
    "cvc": "123",
    "name": "Alex Example",
    "line1": "1 Example Street",
    "city": "Exampleton",
    "postal_code": "EX1 1EX",
}


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><html lang=en><title>Shop</title><h1>Back in the shop</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaymentDouble]:
    with PaymentDouble(data=tmp_path_factory.mktemp("double")) as running:
        yield running


@pytest.fixture
def url(double: PaymentDouble, shop: str) -> str:
    client = client_of(double)
    ours = client.v1.tax_ids.create({"type": "gb_vat", "value": "GB123456789"})
    params = full_order(vat(client), ours.id) | {
        "success_url": f"{shop}/booking/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{shop}/workshops/example/",
    }
    return str(client.v1.checkout.sessions.create(params).url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def fill(page: Page, **changes: str) -> None:
    for name, value in (CARD | changes).items():
        page.locator(f"#{name}").fill(value)


def test_a_declined_card_and_then_a_good_one_lead_back_to_the_shop(page: Page, url: str) -> None:
    page.goto(url)
    fill(page, number="4000 0000 0000 0002")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#declined")).to_contain_text("Your card was declined.")
    fill(page)
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("heading", name="Back in the shop")).to_be_visible()
    assert page.url.endswith(url.rpartition("/")[2])


def test_approval_is_asked_on_a_page_of_its_own(page: Page, url: str) -> None:
    page.goto(url)
    fill(page, number="4000 0025 0000 3155")
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", name="Back in the shop")).to_be_visible()


def test_the_page_fits_a_narrow_screen(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#error-summary")).to_be_visible()
    widest = page.locator("body").bounding_box()
    assert widest is not None
    assert widest["width"] <= 320
    for button in page.locator("button, input, select").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browser: Browser, url: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found = {}
    page.goto(url)
    found["form"] = _problems(page)
    page.get_by_role("button", name="Book", exact=True).click()
    found["errors"] = _problems(page)
    fill(page, number="4000002500003155")
    page.get_by_role("button", name="Book", exact=True).click()
    found["approval"] = _problems(page)
    page.get_by_role("button", name="Approve and close the tab").click()
    found["closed"] = _problems(page)
    page.goto(url)
    found["paid"] = _problems(page)
    page.goto(url.partition("/c/")[0])
    found["list"] = _problems(page)
    page.locator("a", has_text="invoice").first.click()
    found["invoice"] = _problems(page)
    context.close()
    assert not {name: problems for name, problems in found.items() if problems}


def _problems(page: Page) -> list[str]:
    return [violation["id"] for violation in Axe().run(page).response["violations"]]
