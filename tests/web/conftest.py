"""A page of the stage in a real Chromium. Stage and window are shared, what is in them is new for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

from tests.web.scripted_gateway.server import Stage


@pytest.fixture(scope="session")
def served(dist: Path) -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def stage(served: Stage) -> Stage:
    """Nothing has happened on it."""
    served.clear()
    return served


@pytest.fixture(scope="session")
def window(chromium: Browser, served: Stage) -> Iterator[Page]:
    """Starting a page costs more than most tests do with it, so it is kept; and what it has compiled with it."""
    context = chromium.new_context(base_url=served.url)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture
def page(window: Page, stage: Stage) -> Iterator[Page]:
    """As after a first start. The test fails when the page throws, breaks its content policy, or asks another host."""
    _forget(window)
    wrong: list[str] = []

    def threw(error: Error) -> None:
        wrong.append(f"threw {error}")

    def said(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    def asked(request: Request) -> None:
        if not _ours(request.url, stage.url):
            wrong.append(request.url)

    window.on("pageerror", threw)
    window.on("console", said)
    window.on("request", asked)
    yield window
    window.remove_listener("pageerror", threw)
    window.remove_listener("console", said)
    window.remove_listener("request", asked)
    assert not wrong, wrong


def _forget(window: Page) -> None:
    """Leave nothing of the test before: what it stored, what it looked like, where the mouse was."""
    window.context.clear_cookies()
    window.set_viewport_size({"width": 1280, "height": 900})
    window.emulate_media(color_scheme="light", reduced_motion="reduce")
    window.mouse.move(0, 0)
    window.goto("/favicon.svg")
    window.evaluate("localStorage.clear(), sessionStorage.clear()")


def _ours(url: str, home: str) -> bool:
    return url.startswith((home, home.replace("http:", "ws:"), "data:", "blob:"))
