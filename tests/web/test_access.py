"""Everybody can use it: axe finds nothing serious, in light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from tests.web.stage.server import Stage

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
  const grave = found.violations.filter(one => ["serious", "critical"].includes(one.impact));
  const told = node => [node.target.flat(3).join(" >> "), ...node.any.map(check => check.message)].join(": ");
  return grave.map(one => [one.id, one.help, one.nodes.map(told)]);
}"""


def violations(page: Page) -> Any:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN)


@pytest.fixture
def addresses(stage: Stage) -> dict[str, str]:
    models = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")
    done = stage.do(stage.play.submit, RunRequest(models=models, suite="coding")).run.run_id
    stage.do(stage.play.step, done, 10_000)
    half = stage.do(stage.play.submit, RunRequest(models=models, suite="demo")).run.run_id
    stage.do(stage.play.step, half, 203)
    return {
        "/runs": "outcome-bar",
        f"/runs/{half}": "attempts-table .row",
        f"/attempts/{done}-6": "[aria-label=Checks]",
        f"/attempts/{done}-6?tab=prompt": "prompt-artifact .said",
        f"/attempts/{done}-6?tab=response": "plain-artifact .plain",
        f"/attempts/{done}-6?tab=patch": ".d2h-wrapper",
        f"/attempts/{done}-6?tab=logs": "log-artifact .plain",
        f"/attempts/{done}-6?tab=artifacts": "[aria-label=Artifacts]",
        f"/attempts/{done}-6?tab=calls": "[aria-label=Calls]",
        "/leaderboard": "cost-chart svg",
        "/nowhere": ".notice",
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 420)])
def test_no_page_has_a_serious_fault(page: Page, addresses: dict[str, str], scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    faults: dict[str, Any] = {}
    for address, sign in addresses.items():
        page.goto(address)
        page.locator(sign).first.wait_for()
        expect(page.locator("[data-line=live]")).to_be_visible()
        if found := violations(page):
            faults[address] = found
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is wider than {width}"
    assert not faults, faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_launch_dialog_has_no_serious_fault(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto("/runs")
    page.locator("#launch").click()
    page.locator("#suite").wait_for()
    page.wait_for_timeout(300)
    assert not violations(page)
    page.get_by_label("Tasks by category").check()
    page.get_by_role("checkbox", name="All of coding").wait_for()
    page.locator("#start").click()
    page.locator("#models-errors p").wait_for()
    assert not violations(page)


def test_the_skip_link_leads_past_the_header(page: Page) -> None:
    page.goto("/runs")
    page.get_by_role("heading", name="No runs yet").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
