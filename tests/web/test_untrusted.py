"""What a model or a program says is shown as text: nothing of it runs, links, hides or turns around."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from assay.contracts.tail import TailKind, TailLine
from tests.web.scripted_gateway.scripted_runs import now
from tests.web.scripted_gateway.server import Stage

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


def untouched(page: Page) -> None:
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None
    assert page.evaluate(_DEEP) == {"links": [], "scripts": 0, "images": 0}


@pytest.fixture
def attempt_id(stage: Stage) -> str:
    run_id = stage.do(stage.play.submit, RunRequest(models=("nop", "openai/gpt-4o-mini"), suite="coding")).run.run_id
    stage.do(stage.play.step, run_id, 10_000)
    return f"{run_id}-2"


def test_markup_is_shown_and_never_runs(page: Page, attempt_id: str) -> None:
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
        untouched(page)


def test_what_would_hide_or_turn_around_is_marked(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}?tab=response")
    marks = page.locator("plain-artifact .mark")
    expect(marks).to_have_text(["U+0000", "U+202E", "U+202C", "U+200B"])
    expect(page.locator("plain-artifact")).to_contain_text("8000 more characters in this line")


def test_colours_of_logs_are_kept_and_their_links_are_not(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}?tab=logs")
    log = page.locator("log-artifact").first
    expect(log.locator(".ansi-red-fg")).to_have_text("FAILED")
    expect(log).to_contain_text("a link another")
    expect(log.locator("pre a")).to_have_count(0)


def test_instructions_keep_their_form_and_lose_their_teeth(page: Page, attempt_id: str) -> None:
    page.goto(f"/attempts/{attempt_id}")
    page.locator("task-instructions summary").click()
    text = page.locator("task-instructions .text")
    expect(text.locator("li")).to_have_count(2)
    expect(text).to_contain_text("a link")
    expect(text.locator("a, img, script")).to_have_count(0)
    untouched(page)


def test_live_lines_are_text_too(page: Page, stage: Stage) -> None:
    run_id = stage.do(stage.play.submit, RunRequest(models=("nop",), suite="coding", name=EVIL)).run.run_id
    stage.do(stage.play.step, run_id, 4)
    page.goto(f"/attempts/{run_id}-0?tab=logs")
    page.locator("live-tail").wait_for()
    line = TailLine(attempt_id=f"{run_id}-0", token=1, kind=TailKind.MODEL, text=EVIL, time=now())
    stage.do(stage.board.tail, f"{run_id}-0", line)
    expect(page.locator("live-tail .line")).to_contain_text("<script>window.pwned=9</script>")
    untouched(page)
    page.goto("/runs")
    expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("<script>")
    untouched(page)
