"""A page of the dashboard in a real Chromium, served by a scripted gateway. Both are reset for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

from tests.conftest import PAGE_MILLISECONDS
from tests.web.scripted_gateway.server import ScriptedGateway


@pytest.fixture(scope="session")
def shared_gateway(dist: Path) -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: ScriptedGateway) -> ScriptedGateway:
    """Without runs."""
    shared_gateway.reset()
    return shared_gateway


@pytest.fixture(scope="session")
def browser_page(chromium: Browser, shared_gateway: ScriptedGateway) -> Iterator[Page]:
    """Shared, because starting a page, and compiling its scripts, takes longer than most tests."""
    context = chromium.new_context(base_url=shared_gateway.url)
    page = context.new_page()
    page.set_default_timeout(PAGE_MILLISECONDS)
    yield page
    context.close()


@pytest.fixture
def page(browser_page: Page, gateway: ScriptedGateway) -> Iterator[Page]:
    """A page in its initial state. The test fails if it throws, violates its content policy, or calls another host."""
    _reset(browser_page)
    failures: list[str] = []

    def on_error(error: Error) -> None:
        failures.append(f"threw {error}")

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            failures.append(message.text)

    def on_request(request: Request) -> None:
        if not _is_same_origin(request.url, gateway.url):
            failures.append(request.url)

    browser_page.on("pageerror", on_error)
    browser_page.on("console", on_console)
    browser_page.on("request", on_request)
    yield browser_page
    browser_page.remove_listener("pageerror", on_error)
    browser_page.remove_listener("console", on_console)
    browser_page.remove_listener("request", on_request)
    assert not failures, failures


def _reset(browser_page: Page) -> None:
    """Clears cookies and storage, and restores the viewport, the media settings and the mouse."""
    browser_page.context.clear_cookies()
    browser_page.set_viewport_size({"width": 1280, "height": 900})
    browser_page.emulate_media(color_scheme="light", reduced_motion="reduce")
    browser_page.mouse.move(0, 0)
    browser_page.goto("/favicon.svg")
    browser_page.evaluate("localStorage.clear(), sessionStorage.clear()")


def _is_same_origin(url: str, home: str) -> bool:
    return url.startswith((home, home.replace("http:", "ws:"), "data:", "blob:"))
