"""Everybody can use it: axe finds nothing serious, in light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from assay.contracts.runs import RunRequest, WaitReason
from tests.web.scripted_gateway import agent_transcripts, run_control
from tests.web.scripted_gateway.server import Stage

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: tuple[tuple[Any, int], ...] = (("light", 1280), ("dark", 420))
_RUN = """async within => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await axe.run(within ?? document, { runOnly: rules, resultTypes: ["violations"] });
  const grave = found.violations.filter(one => ["serious", "critical"].includes(one.impact));
  const told = node => [node.target.flat(3).join(" >> "), ...node.any.map(check => check.message)].join(": ");
  return grave.map(one => [one.id, one.help, one.nodes.map(told)]);
}"""


_SETTLED = """async scheme => {
  const frame = () => new Promise(requestAnimationFrame);
  while (!document.documentElement.classList.contains(`wa-${scheme}`)) await frame();
  await frame();
  await frame();
}"""
"""The page has taken the look and the size that it was just given, charts too."""


_FITS = """async () => {
  const until = performance.now() + 10_000;
  const fits = () => document.documentElement.scrollWidth <= innerWidth;
  while (!fits() && performance.now() < until) await new Promise(requestAnimationFrame);
  return fits();
}"""
"""In the end, for charts follow the size of their place when they get to it."""


def violations(page: Page, within: Locator | None = None) -> Any:
    """What is grave in the page, or in a part of it alone."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN, within.element_handle() if within else None)


def seen_in_all_looks(page: Page, within: Locator | None = None) -> dict[str, Any]:
    """The grave faults of what is shown now, by look: light and wide, dark and narrow."""
    faults: dict[str, Any] = {}
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate(_SETTLED, scheme)
        if found := violations(page, within):
            faults[f"{scheme} {width}"] = found
        if not page.evaluate(_FITS):
            faults[f"wider than {width}"] = True
    return faults


@pytest.fixture
def addresses(stage: Stage) -> dict[str, str]:
    models = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")
    done = stage.do(stage.play.submit, RunRequest(models=models, suite="coding")).run.run_id
    stage.do(stage.play.step, done, 10_000)
    half = stage.do(stage.play.submit, RunRequest(models=models, suite="demo")).run.run_id
    stage.do(stage.play.step, half, 203)
    stage.do(run_control.wait, stage.play, half, WaitReason.NO_RUNNER, "None is connected.")
    stage.do(run_control.warn, stage.play, half, "day", 80, "")
    stage.do(run_control.stall, stage.play, half, "No runner is connected.")
    ended = stage.do(stage.play.submit, RunRequest(models=models, suite="coding")).run.run_id
    stage.do(stage.play.step, ended, 60)
    stage.do(run_control.cancel, stage.play, ended)
    stage.do(run_control.end_grace, stage.play, ended)
    again = stage.do(run_control.restart, stage.play, ended, False, None).run_id
    stage.do(stage.play.step, again, 8)
    cancelling = stage.do(stage.play.submit, RunRequest(models=models, suite="coding")).run.run_id
    stage.do(stage.play.step, cancelling, 14)
    stage.do(run_control.cancel, stage.play, cancelling)
    agent = stage.do(agent_transcripts.begin, stage.play)
    stage.do(agent_transcripts.leave, stage.play, agent, agent_transcripts.transcript(agent_transcripts.repair()))
    return {
        "/runs": "outcome-bar",
        f"/attempts/{agent}#step-12": "agent-steps .step.target",
        f"/runs/{half}": "[data-note=stalled]",
        f"/runs/{ended}": "#retry",
        f"/runs/{again}": "attempts-table .aside",
        f"/runs/{cancelling}": "[data-note=cancelling]",
        f"/attempts/{done}-6": "[aria-label=Checks]",
        f"/attempts/{done}-6?tab=prompt": "prompt-artifact .said",
        f"/attempts/{done}-6?tab=response": "plain-artifact .plain",
        f"/attempts/{done}-6?tab=patch": "patch-artifact table",
        f"/attempts/{done}-6?tab=logs": "log-artifact .plain",
        f"/attempts/{done}-6?tab=artifacts": "[aria-label=Artifacts]",
        f"/attempts/{done}-6?tab=calls": "[aria-label=Calls]",
        "/leaderboard": "cost-chart svg",
        "/costs": "spend-chart svg",
        "/costs?by=day": "spend-chart svg",
        "/nowhere": ".notice",
    }


def test_no_page_has_a_serious_fault(page: Page, addresses: dict[str, str]) -> None:
    faults: dict[str, Any] = {}
    for address, sign in addresses.items():
        page.goto(address)
        page.locator(sign).first.wait_for()
        expect(page.locator("[data-line=live]")).to_be_visible()
        if found := seen_in_all_looks(page):
            faults[address] = found
    assert not faults, faults


def shown_dialog(page: Page) -> Locator:
    """The dialog that is open, when it has come to rest."""
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    page.wait_for_function("document.getAnimations().every(one => one.playState !== 'running')")
    return dialog


def test_the_launch_dialog_has_no_serious_fault(page: Page) -> None:
    page.goto("/runs")
    page.locator("#launch").click()
    page.locator("#suite").wait_for()
    dialog = shown_dialog(page)
    assert not seen_in_all_looks(page)
    page.get_by_label("Tasks by category").check()
    page.get_by_role("checkbox", name="All of coding").wait_for()
    page.locator("#start").click()
    page.locator("#models-errors p").wait_for()
    assert not seen_in_all_looks(page, dialog)
    page.get_by_label("A suite").check()
    page.get_by_label("openai/gpt-4o-mini").check()
    page.locator("#cost").fill("0.0001")
    page.locator("#refusal").wait_for()
    assert not seen_in_all_looks(page, dialog)


def test_the_dialogs_of_a_run_have_no_serious_fault(page: Page, stage: Stage) -> None:
    run_id = stage.do(stage.play.submit, RunRequest(models=("openai/gpt-4o-mini",), suite="coding")).run.run_id
    stage.do(stage.play.step, run_id, 30)
    page.goto(f"/runs/{run_id}")
    for button, dialog in (("#limits", "limits-dialog"), ("#cancel", "cancel-dialog"), ("#retry", "restart-dialog")):
        if button == "#retry":
            stage.do(run_control.cancel, stage.play, run_id)
            stage.do(run_control.end_grace, stage.play, run_id)
        page.locator(button).click()
        assert not seen_in_all_looks(page, shown_dialog(page)), dialog
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator(button)).to_be_focused()


def test_the_skip_link_leads_past_the_header(page: Page) -> None:
    page.goto("/runs")
    page.get_by_role("heading", name="No runs yet").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
