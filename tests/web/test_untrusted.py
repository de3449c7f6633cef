"""Output of models and programs is rendered as text: it cannot run, link, hide or reorder anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from assay.contracts.tail import TailKind, TailLine
from tests.web.scripted_gateway.scripted_runs import now
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
EVIL = (
    "<script>window.pwned=9</script><img src=x onerror=window.pwned=9>\u202elive"
    "\x1b]8;;javascript:window.pwned=9\x1b\\x\x1b]8;;\x1b\\"
)
_DEEP = """() => {
  const found = { links: [], scripts: 0, images: 0 };
  const walk = root => {
    for (const node of root.querySelectorAll("*")) {
      if (node.localName === "a" && !/^https?:/.test(node.protocol)) found.links.push(node.href);
      if (node.localName === "img" && !node.src.endsWith("/favicon.svg")) found.images += 1;
      if (node.localName === "script" && node.closest("body")) found.scripts += 1;
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  return found;
}"""


def assert_untouched(page: Page) -> None:
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None
    assert page.evaluate(_DEEP) == {"links": [], "scripts": 0, "images": 0}


@pytest.fixture
def attempt_id(gateway: ScriptedGateway) -> str:
    run_id = gateway.call(
        gateway.runs.submit, RunRequest(models=("nop", "openai/gpt-4o-mini"), suite="coding")
    ).run.run_id
    gateway.advance(run_id, 10_000)
    return f"{run_id}-2"


def test_markup_is_shown_as_text(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}")
    shown = {
        "overview": "<b>test_nested</b>",
        "prompt": "<img src=x onerror=",
        "response": "<script>window.pwned = 1</script>",
        "patch": '<script>window.pwned = 3</script><img src=x onerror="window.pwned=3">',
        "logs": "<b onmouseover=window.pwned=5>not bold</b>",
    }
    for tab, words in shown.items():
        page.locator(f"wa-tab[panel={tab}]").click()
        expect(page.locator(f"wa-tab-panel[name={tab}]")).to_contain_text(words)
        assert_untouched(page)


def test_control_and_direction_characters_are_shown(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}?tab=response")
    marks = page.locator("plain-artifact .mark")
    expect(marks).to_have_text(["U+0000", "U+202E", "U+202C", "U+200B"])
    expect(page.locator("plain-artifact")).to_contain_text("8000 more characters in this line")


def test_logs_keep_colours_but_not_links(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}?tab=logs")
    log = page.locator("log-artifact").first
    expect(log.locator(".ansi-red-fg")).to_have_text("FAILED")
    expect(log).to_contain_text("a link another")
    expect(log.locator("pre a")).to_have_count(0)


def test_instructions_keep_formatting_but_not_links_images_or_scripts(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}")
    page.locator("task-instructions summary").click()
    text = page.locator("task-instructions .text")
    expect(text.locator("li")).to_have_count(2)
    expect(text).to_contain_text("a link")
    expect(text.locator("a, img, script")).to_have_count(0)
    assert_untouched(page)


def test_live_output_is_rendered_as_text(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("nop",), suite="coding", name=EVIL))
    gateway.advance(run_id, 4)
    page.goto(f"/attempts/{run_id}-0?tab=logs")
    page.locator("live-tail").wait_for()
    line = TailLine(attempt_id=f"{run_id}-0", token=1, kind=TailKind.MODEL, text=EVIL, time=now())
    gateway.call(gateway.hub.tail, f"{run_id}-0", line)
    expect(page.locator("live-tail .line")).to_contain_text("<script>window.pwned=9</script>")
    assert_untouched(page)
    page.goto("/runs")
    expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("<script>")
    assert_untouched(page)
