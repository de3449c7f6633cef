"""Names of runs, models and tasks are readable at every width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
MODELS = ("scripted/mixed", "openai/gpt-4o-mini", "together/meta-llama/Llama-3.3-70B-Instruct-Turbo-Free")
RUN_NAME = "regression of the repairers 2026-11-28"

_LINES = """element => {
  const range = document.createRange();
  const lines = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let top = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (let index = 0; index < node.length; index += 1) {
      range.setStart(node, index);
      range.setEnd(node, index + 1);
      const box = range.getClientRects()[0];
      if (!box || box.width === 0) continue;
      if (top === null || Math.abs(box.top - top) > 4) lines.push("");
      top = box.top;
      lines[lines.length - 1] += node.data[index];
    }
  return lines.map(line => line.trim());
}"""
"""The text as the browser broke it into lines."""


def broken_names(names: Locator) -> list[list[str]]:
    """Names with a line break that is neither at a space nor after a slash, as the browser broke them into lines."""
    expect(names.first).to_be_visible()
    found: list[list[str]] = []
    for name in names.all():
        lines = name.evaluate(_LINES)
        whole = " ".join(name.inner_text().split())
        joined = lines[0] if lines else ""
        for line in lines[1:]:
            at_space = f"{joined} {line}" in whole
            if not at_space and not joined.endswith("/"):
                found.append(lines)
                break
            joined = f"{joined} {line}" if at_space else f"{joined}{line}"
    return found


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_names_are_never_broken_inside_a_word(page: Page, gateway: ScriptedGateway, width: int) -> None:
    for name in (RUN_NAME, "nightly", ""):
        run_id = gateway.submit(RunRequest(models=MODELS, suite="coding", name=name))
        gateway.advance(run_id, 10_000)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/runs")
    assert broken_names(page.locator("tr[data-run] td.name a")) == []
    if width > 900:
        assert broken_names(page.locator("tr[data-run] td.models div")) == []
        heights = page.locator("tr[data-run]").evaluate_all("rows => rows.map(row => row.clientHeight)")
        assert max(heights) < 100
        assert page.locator("runs-page .scroll").evaluate("table => table.scrollWidth <= table.clientWidth")
    page.goto("/leaderboard")
    assert broken_names(page.locator("tr[data-model] b")) == []
    page.goto("/costs")
    assert broken_names(page.locator("costs-page tbody td:first-child")) == []
    page.goto(f"/runs/{run_id}")
    assert broken_names(page.locator("score-matrix thead th")) == []
    assert broken_names(page.locator("dl.facts #models dd")) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
