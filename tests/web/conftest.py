"""A page of the stage in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web.stage.server import Stage


@pytest.fixture
def stage(dist: Path) -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def page(chromium: Browser, stage: Stage) -> Iterator[Page]:
    """A fresh profile. The test fails when the page throws, breaks its content policy, or asks another host."""
    context = chromium.new_context(base_url=stage.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"threw {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda asked: wrong.append(asked.url) if not _ours(asked.url, stage.url) else None)
    yield page
    context.close()
    assert not wrong, wrong


def _ours(url: str, home: str) -> bool:
    return url.startswith((home, home.replace("http:", "ws:"), "data:", "blob:"))
