"""Steps of an agent, live and from its transcript, also from long and hostile ones."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from assay.contracts.tail import TailKind, TailLine
from tests.web.scripted_gateway import agent_transcripts
from tests.web.scripted_gateway.scripted_runs import now
from tests.web.scripted_gateway.server import ScriptedGateway
from tests.web.test_untrusted import EVIL, assert_untouched

pytestmark = pytest.mark.browser


_IS_IN_VIEW = """row => {
  const [one, box] = [row.getBoundingClientRect(), row.closest(".box").getBoundingClientRect()];
  return one.top >= box.top - 1 && one.top < box.bottom - 20;
}"""
OPENS_SECONDS = 60
"""Enough on a busy machine; a page that renders all 50,000 steps would take much longer."""


def shown_steps(page: Page) -> list[tuple[str, str]]:
    """Number and text of every step shown."""
    rows = page.locator("agent-steps .step")
    return rows.evaluate_all(
        "rows => rows.map(row => [row.dataset.step, [...row.querySelectorAll('.plain')].map(one => one.textContent)])"
    )


def is_in_view(step: Locator) -> bool:
    """Whether the step is scrolled into view within ten seconds."""
    for _ in range(100):
        if step.evaluate(_IS_IN_VIEW):
            return True
        step.page.wait_for_timeout(100)
    return False


def finished_attempt(gateway: ScriptedGateway, transcript: bytes) -> str:
    attempt_id = gateway.call(agent_transcripts.start_attempt, gateway.runs)
    gateway.call(agent_transcripts.finish_attempt, gateway.runs, attempt_id, transcript)
    return attempt_id


def test_live_steps_are_the_same_as_those_of_the_transcript(page: Page, gateway: ScriptedGateway) -> None:
    attempt_id = gateway.call(agent_transcripts.start_attempt, gateway.runs)
    steps = agent_transcripts.repair_steps()
    lines = agent_transcripts.tail_lines(attempt_id, steps)
    page.goto(f"/attempts/{attempt_id}")
    expect(page.locator("agent-steps")).to_contain_text("No steps yet")
    expect(page.locator("[data-meter=time]")).to_contain_text(
        re.compile(r"([1-9]\.\d|[1-9]\d|min \d\d) s\s+of 5 min 00 s")
    )
    gateway.call(gateway.hub.tail, attempt_id, *lines[:6])
    expect(page.locator("agent-steps .step")).to_have_count(6)
    expect(page.locator("[data-meter=turns]")).to_contain_text("2 of 20")
    expect(page.locator("[data-meter=tool_calls]")).to_contain_text("2 of 40")
    expect(page.locator("[data-meter=tokens]")).to_contain_text("2,660 of 20,000")
    expect(page.locator("[data-meter=cost] [role=meter]")).to_have_attribute("aria-valuenow", "1")
    expect(page.locator("#step-6 .error")).to_have_text("failed")
    writing = TailLine(attempt_id=attempt_id, token=1, kind=TailKind.MODEL, text="The discount is su", time=now())
    gateway.call(gateway.hub.tail, attempt_id, writing)
    expect(page.locator("agent-steps .activity")).to_contain_text("The discount is su")
    gateway.call(gateway.hub.tail, attempt_id, *lines[6:])
    expect(page.locator("agent-steps .step")).to_have_count(15)
    expect(page.locator("#step-8 dd")).to_have_count(4)
    live = shown_steps(page)
    gateway.call(agent_transcripts.finish_attempt, gateway.runs, attempt_id, agent_transcripts.transcript(steps))
    expect(page.locator("#state")).to_contain_text("executed")
    expect(page.locator("agent-steps .activity")).to_have_count(0)
    assert shown_steps(page) == live
    page.reload()
    page.get_by_role("tab", name="Steps").click()
    expect(page.locator("agent-steps .step")).to_have_count(15)
    assert shown_steps(page) == live


def test_steps_are_collapsed_and_expanded_one_by_one_or_all(page: Page, gateway: ScriptedGateway) -> None:
    attempt_id = finished_attempt(gateway, agent_transcripts.transcript(agent_transcripts.repair_steps()))
    page.goto(f"/attempts/{attempt_id}?tab=steps")
    result = page.locator("#step-12")
    expect(result).to_contain_text("test_11 PASSED")
    expect(result).not_to_contain_text("test_12 PASSED")
    result.get_by_role("button", name="Show all: 41 lines").click()
    expect(result).to_contain_text("40 passed in 0.31s")
    result.get_by_role("button", name="Step 12, result bash").press("Enter")
    expect(result.locator(".plain")).to_have_count(0)
    expect(result.locator(".summary")).to_have_text("tests/test_totals.py::test_0 PASSED")
    page.get_by_role("button", name="Collapse all").click()
    expect(page.locator("agent-steps .plain")).to_have_count(0)
    expect(page.locator("#step-8 .summary")).to_contain_text("replace invoices.py total -= discount")
    page.get_by_role("button", name="Expand all").click()
    expect(result).to_contain_text("40 passed in 0.31s")


def test_a_step_has_a_permalink(page: Page, gateway: ScriptedGateway) -> None:
    attempt_id = finished_attempt(gateway, agent_transcripts.transcript(agent_transcripts.repair_steps()))
    page.goto(f"/attempts/{attempt_id}#step-12")
    expect(page.locator("#step-12")).to_be_focused()
    expect(page.locator("#step-12")).to_have_class(re.compile("target"))
    assert is_in_view(page.locator("#step-12"))
    expect(page.locator("[data-notice=missing]")).to_have_count(0)
    page.locator("#step-2 .number").click()
    expect(page).to_have_url(re.compile(f"/attempts/{attempt_id}#step-2$"))
    expect(page.locator("#step-2")).to_be_focused()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link to step 3").click()
    expect(page.locator("wa-toast-item")).to_contain_text("Link to step 3 copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{gateway.url}/attempts/{attempt_id}#step-3"
    page.context.clear_permissions()
    page.get_by_role("tab", name="Overview").click()
    expect(page).to_have_url(re.compile(f"/attempts/{attempt_id}$"))
    page.goto(f"/attempts/{attempt_id}#step-99")
    expect(page.locator("[data-notice=missing]")).to_have_text("There is no step 99: the transcript has 15.")


def test_a_hostile_transcript_is_rendered_as_text(page: Page, gateway: ScriptedGateway) -> None:
    transcript = (
        agent_transcripts.transcript(agent_transcripts.hostile_steps(EVIL)) + b"<script>window.pwned=9</script>\n{}\n"
    )
    attempt_id = finished_attempt(gateway, transcript)
    page.goto(f"/attempts/{attempt_id}?tab=steps")
    expect(page.locator("#step-1 .plain")).to_contain_text("<script>window.pwned=9</script>")
    expect(page.locator("#step-1 .mark").first).to_have_text("U+202E")
    expect(page.locator("#step-3 .plain .mark").first).to_have_text("U+001B")
    expect(page.locator("#step-2 .tool-name")).to_contain_text("<img src=x onerror=")
    expect(page.locator("[data-notice=unreadable]")).to_contain_text("Skipped 2 invalid lines of the transcript")
    page.locator("#step-5").get_by_role("button", name="Show all: 1.0 MB").click()
    expect(page.locator("#step-5")).to_contain_text("996000 more characters in this line")
    page.locator("#step-6").get_by_role("button", name="Show all: 120.0 kB").click()
    expect(page.locator("#step-6")).to_contain_text("116000 more characters in this line")
    page.get_by_role("button", name="Collapse all").click()
    expect(page.locator("#step-2 .summary")).to_contain_text("<script>")
    assert_untouched(page)
    live = gateway.call(agent_transcripts.start_attempt, gateway.runs)
    page.goto(f"/attempts/{live}")
    page.locator("agent-steps").wait_for()
    gateway.call(gateway.hub.tail, live, *agent_transcripts.tail_lines(live, agent_transcripts.hostile_steps(EVIL)))
    expect(page.locator("agent-steps .step")).to_have_count(6)
    assert_untouched(page)


def test_a_long_transcript_opens_fast_and_at_any_step(page: Page, gateway: ScriptedGateway) -> None:
    attempt_id = finished_attempt(gateway, agent_transcripts.transcript(agent_transcripts.numbered_steps(50_000)))
    started_at = time.monotonic()
    page.goto(f"/attempts/{attempt_id}?tab=steps")
    expect(page.locator("#step-1")).to_contain_text("words of step 1")
    expect(page.locator(".range")).to_have_text("1–200 of 50,000", timeout=1000 * OPENS_SECONDS)
    assert time.monotonic() - started_at < OPENS_SECONDS
    assert page.locator("agent-steps .step").count() == 200
    page.get_by_label("Go to step").fill("31415")
    page.get_by_label("Go to step").press("Enter")
    expect(page.locator("#step-31415")).to_be_focused()
    assert is_in_view(page.locator("#step-31415"))
    page.locator("agent-steps .box").evaluate("box => { box.scrollTop = box.scrollHeight }")
    assert is_in_view(page.locator("#step-31600"))
    page.get_by_role("button", name="Later steps").click()
    expect(page.locator("agent-steps .step").first).to_have_attribute("data-step", "31601")
    page.get_by_role("button", name="Last steps").click()
    expect(page.locator("#step-50000")).to_have_count(1)
    page.get_by_role("button", name="Expand all").click()
    expect(page.locator("#step-50000 .plain")).to_contain_text("echo 50000")
