"""Accessibility: axe finds no serious violations in light and dark themes, on wide and narrow screens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from assay.contracts.runs import RunRequest, WaitReason
from tests.web.scripted_gateway import agent_transcripts, run_control
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
THEMES: tuple[tuple[Any, int], ...] = (("light", 1280), ("dark", 420))
_RUN = """async within => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await axe.run(within ?? document, { runOnly: rules, resultTypes: ["violations"] });
  const serious = found.violations.filter(one => ["serious", "critical"].includes(one.impact));
  const describe = node => [node.target.flat(3).join(" >> "), ...node.any.map(check => check.message)].join(": ");
  return serious.map(one => [one.id, one.help, one.nodes.map(describe)]);
}"""


_SETTLED = """async scheme => {
  const frame = () => new Promise(requestAnimationFrame);
  while (!document.documentElement.classList.contains(`wa-${scheme}`)) await frame();
  await frame();
  await frame();
}"""
"""Waits until the page, including its charts, has the requested theme and size."""


_FITS = """async () => {
  const deadline = performance.now() + 10_000;
  const fits = () => document.documentElement.scrollWidth <= innerWidth;
  while (!fits() && performance.now() < deadline) await new Promise(requestAnimationFrame);
  return fits();
}"""
"""Whether nothing overflows horizontally, after charts have been resized."""


_OPAQUE = """element => {
  for (let node = element; node; node = node.assignedSlot ?? node.parentNode ?? node.host) {
    if (node instanceof Element && getComputedStyle(node).opacity !== "1") return false;
  }
  return true;
}"""
"""Whether the element has faded in; ``document.getAnimations`` does not see into shadow roots."""


def violations(page: Page, within: Locator | None = None) -> Any:
    """Serious violations in the page, or in one element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(_RUN, within.element_handle() if within else None)


def violations_in_all_themes(page: Page, within: Locator | None = None) -> dict[str, Any]:
    """Serious violations by theme and width."""
    faults: dict[str, Any] = {}
    for scheme, width in THEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate(_SETTLED, scheme)
        if found := violations(page, within):
            faults[f"{scheme} {width}"] = found
        if not page.evaluate(_FITS):
            faults[f"wider than {width}"] = True
    return faults


@pytest.fixture
def addresses(gateway: ScriptedGateway) -> dict[str, str]:
    models = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")
    finished = gateway.submit(RunRequest(models=models, suite="coding"))
    gateway.advance(finished, 10_000)
    stalled = gateway.submit(RunRequest(models=models, suite="demo"))
    gateway.advance(stalled, 203)
    gateway.call(run_control.wait, gateway.runs, stalled, WaitReason.NO_RUNNER, "None is connected.")
    gateway.call(run_control.warn, gateway.runs, stalled, "day", 80, "")
    gateway.call(run_control.stall, gateway.runs, stalled, "No runner is connected.")
    cancelled = gateway.submit(RunRequest(models=models, suite="coding"))
    gateway.advance(cancelled, 60)
    gateway.call(run_control.cancel, gateway.runs, cancelled)
    gateway.call(run_control.end_grace, gateway.runs, cancelled)
    restarted = gateway.call(run_control.restart, gateway.runs, cancelled, False, None).run_id
    gateway.advance(restarted, 8)
    cancelling = gateway.submit(RunRequest(models=models, suite="coding"))
    gateway.advance(cancelling, 14)
    gateway.call(run_control.cancel, gateway.runs, cancelling)
    agent = gateway.call(agent_transcripts.start_attempt, gateway.runs)
    gateway.call(
        agent_transcripts.finish_attempt,
        gateway.runs,
        agent,
        agent_transcripts.transcript(agent_transcripts.repair_steps()),
    )
    return {
        "/runs": "outcome-bar",
        f"/attempts/{agent}#step-12": "agent-steps .step.target",
        f"/runs/{stalled}": "[data-notice=stalled]",
        f"/runs/{cancelled}": "#retry",
        f"/runs/{restarted}": "attempts-table .aside",
        f"/runs/{cancelling}": "[data-notice=cancelling]",
        f"/attempts/{finished}-6": "[aria-label=Checks]",
        f"/attempts/{finished}-6?tab=prompt": "prompt-artifact .turn",
        f"/attempts/{finished}-6?tab=response": "plain-artifact .plain",
        f"/attempts/{finished}-6?tab=patch": "patch-artifact table",
        f"/attempts/{finished}-6?tab=logs": "log-artifact .plain",
        f"/attempts/{finished}-6?tab=artifacts": "[aria-label=Artifacts]",
        f"/attempts/{finished}-6?tab=calls": "[aria-label=Calls]",
        "/leaderboard": "score-chart svg",
        "/costs": "cost-bars svg",
        "/costs?by=day": "cost-bars svg",
        "/models": "tr[data-model]",
        "/models?view=providers&open=mine": "tr[data-offered]",
        "/models?view=providers&open=local": "[data-notice=offered]",
        "/nowhere": ".empty-state",
    }


def test_no_page_has_a_serious_violation(page: Page, addresses: dict[str, str]) -> None:
    faults: dict[str, Any] = {}
    for address, sign in addresses.items():
        page.goto(address)
        page.locator(sign).first.wait_for()
        expect(page.locator("[data-connection=live]")).to_be_visible()
        if found := violations_in_all_themes(page):
            faults[address] = found
    assert not faults, faults


def shown_dialog(page: Page) -> Locator:
    """The open dialog, after its animation."""
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    page.wait_for_function("document.getAnimations().every(one => one.playState !== 'running')")
    page.wait_for_function(_OPAQUE, arg=dialog.element_handle())
    return dialog


def test_the_launch_dialog_has_no_serious_violation(page: Page) -> None:
    page.goto("/runs")
    page.locator("#launch").click()
    page.locator("#suite").wait_for()
    dialog = shown_dialog(page)
    assert not violations_in_all_themes(page)
    page.get_by_label("Tasks by category").check()
    page.get_by_role("checkbox", name="All of coding").wait_for()
    page.locator("#start").click()
    page.locator("#models-errors p").wait_for()
    assert not violations_in_all_themes(page, dialog)
    page.get_by_label("A suite").check()
    page.get_by_label("openai/gpt-4o-mini").check()
    page.locator("#cost").fill("0.0001")
    page.locator("#refusal").wait_for()
    assert not violations_in_all_themes(page, dialog)


def test_the_dialogs_of_a_run_have_no_serious_violation(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("openai/gpt-4o-mini",), suite="coding"))
    gateway.advance(run_id, 30)
    page.goto(f"/runs/{run_id}")
    for button, dialog in (("#limits", "limits-dialog"), ("#cancel", "cancel-dialog"), ("#retry", "restart-dialog")):
        if button == "#retry":
            gateway.call(run_control.cancel, gateway.runs, run_id)
            gateway.call(run_control.end_grace, gateway.runs, run_id)
        page.locator(button).click()
        assert not violations_in_all_themes(page, shown_dialog(page)), dialog
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator(button)).to_be_focused()


def test_the_dialogs_of_the_models_page_have_no_serious_violation(page: Page) -> None:
    page.goto("/models?view=providers&open=mine")
    page.locator("tr[data-offered=large]").wait_for()
    names = ("Add mine/large", "Edit mine", "Replace key of mine", "Remove key of mine", "Add provider")
    for name in names:
        button = page.get_by_role("button", name=name, exact=True)
        button.click()
        dialog = shown_dialog(page)
        if name == "Add provider":
            page.locator("#save").click()
            page.locator("#id-errors p").wait_for()
        assert not violations_in_all_themes(page, dialog), name
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_skip_link_skips_the_header(page: Page) -> None:
    page.goto("/runs")
    page.get_by_role("heading", name="No runs yet").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
