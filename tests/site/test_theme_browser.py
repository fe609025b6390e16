"""What only a browser can tell: contrast, names and roles, and that nothing is wider than the screen."""

from __future__ import annotations

import functools
import http.server
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from workshops.site.build import build_site

ROOT = Path(__file__).parents[2]
WHOLE = Path(__file__).parent / "content_examples" / "whole"
OF_OUR_OWN = ("/index.html", "/privacy/index.html", "/workshops/harmful-sexual-behaviour/index.html")
"""The pages of our own content that are unlike those of the example."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = pytest.mark.browser


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module", params=["own", "whole"])
def site(request, tmp_path_factory):
    """A site served on this machine: its address and the paths of its pages."""
    folder = tmp_path_factory.mktemp("site")
    content, as_of = {
        "own": (ROOT / "content", datetime(2026, 3, 2, tzinfo=UTC)),
        "whole": (WHOLE, datetime(2027, 2, 1, tzinfo=UTC)),
    }[request.param]
    build_site(
        content=content,
        output=folder / "output",
        as_of=as_of,
        site_url="http://127.0.0.1:8000",
        catalogue=folder / "catalogue.json",
        project=ROOT,
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder / "output"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    pages = sorted("/" + page.relative_to(folder / "output").as_posix() for page in (folder / "output").rglob("*.html"))
    shown = [path for path in pages if request.param == "whole" or path in OF_OUR_OWN]
    yield f"http://127.0.0.1:{server.server_port}", shown
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_on_any_page(site, browser, width, scheme):
    address, pages = site
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    for path in pages:
        tab.goto(address + path)
        found = Axe().run(tab, options={"runOnly": RULES})
        assert found.response["violations"] == [], f"{path}: {found.generate_report()}"
    context.close()


def test_nothing_is_wider_than_a_screen_of_320_pixels_with_everything_unfolded(site, browser):
    address, pages = site
    context = browser.new_context(viewport={"width": 320, "height": 700})
    tab = context.new_page()
    for path in pages:
        tab.goto(address + path)
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320, path
    context.close()


def test_the_keyboard_reaches_the_content_first_and_sees_where_it_is(site, browser):
    address, _ = site
    context = browser.new_context(java_script_enabled=True)
    tab = context.new_page()
    tab.goto(f"{address}/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main"
    context.close()
