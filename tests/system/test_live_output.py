"""A running attempt, opened in a real Chromium long after it has started, shows what it has printed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PAGE_MILLISECONDS
from tests.system.harness import Stack, running_stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EARLIER = [f"thought {number}. " for number in range(40)]
LATER = "The answer is billing."


class SlowProvider(ThreadingHTTPServer):
    """Streams the earlier words, waits until ``go_on`` is set, and streams the rest."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.said, self.go_on = threading.Event(), threading.Event()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        provider = self.server
        assert isinstance(provider, SlowProvider)
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for text in EARLIER:
            self._send({"choices": [{"index": 0, "delta": {"content": text}}]})
        provider.said.set()
        provider.go_on.wait(120)
        self._send({"choices": [{"index": 0, "delta": {"content": LATER}, "finish_reason": "stop"}]})
        self._send({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 90}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, chunk: object) -> None:
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def provider() -> Iterator[SlowProvider]:
    with SlowProvider() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


@pytest.fixture
def stack(dist: object, provider: SlowProvider) -> Iterator[Stack]:
    url = f"http://127.0.0.1:{provider.server_port}/v1"
    with running_stack("--runners", "2", "--judges", "1", OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-stub") as running:
        yield running


def open_page(chromium: Browser, url: str) -> Page:
    page = chromium.new_context(base_url=url, viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PAGE_MILLISECONDS)
    return page


def test_an_attempt_that_is_opened_late_shows_its_earlier_output_once(
    stack: Stack, provider: SlowProvider, chromium: Browser
) -> None:
    run_id = stack.submit(tasks=["ticket_routing"], models=["openai/gpt-4o-mini"], samples=1, limits={"cost_usd": "1"})
    attempt_id = stack.attempts(run_id)[0]["attempt_id"]
    assert provider.said.wait(60)
    pages = [open_page(chromium, stack.url) for _ in range(2)]
    for page in pages:
        page.goto(f"/attempts/{attempt_id}")
        expect(page.locator("live-tail .line.model > :last-child")).to_have_text(["".join(EARLIER)])
        expect(page.locator("live-tail .line.step").first).to_contain_text("calling the model")
        expect(page.locator("live-tail .gap")).to_have_count(0)
    provider.go_on.set()
    for page in pages:
        expect(page.locator("#outcome")).to_contain_text("passed")
        page.get_by_role("tab", name="Response").click()
        expect(page.locator("plain-artifact")).to_contain_text("".join(EARLIER) + LATER)
        page.context.close()
