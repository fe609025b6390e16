"""A whole local stack a session, and a buyer with a browser in front of it."""

from __future__ import annotations

import pytest

from tests.conftest import free_port
from tests.stack import Stack, copy_project
from tests.walk.buyer import Buyer


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """`make demo`, as of 2 March 2026."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    running = Stack(project, tmp_path_factory.mktemp("data"), free_port(3), ["--as-of", "2026-03-02", "--no-watch"])
    yield running
    assert running.stop() == 0


@pytest.fixture(params=["without JavaScript", "with JavaScript"])
def buyer(stack, browser, request):
    """Somebody at a desktop computer."""
    yield from _buyer(stack, browser, java_script_enabled=request.param == "with JavaScript")


@pytest.fixture
def plain_buyer(stack, browser):
    """Somebody at a desktop computer, JavaScript off."""
    yield from _buyer(stack, browser, java_script_enabled=False)


@pytest.fixture
def examined_buyer(stack, browser):
    """Somebody whose pages are examined by script, which needs JavaScript on."""
    yield from _buyer(stack, browser, java_script_enabled=True)


def _buyer(stack, browser, **options):
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    yield Buyer(stack, context.new_page())
    context.close()
