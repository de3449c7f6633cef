"""The run page says why attempts ended ungraded, and what to do next."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from assay.contracts.attempts import State
from assay.contracts.facts import AttemptFinished, RunFinished
from assay.contracts.runs import RunRequest, RunStatus
from assay.contracts.verdicts import Outcome
from tests.web.scripted_gateway.scripted_runs import ScriptedRuns, now, progress_of
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser

NO_KEY = "configuration: provider 'openai' has no key: set OPENAI_API_KEY in the runner's environment"
HOSTILE = "internal: <img src=x onerror=window.pwned=1>\u202e"


def fail(runs: ScriptedRuns, run_id: str, ordinal: int, outcome: Outcome, reason: str) -> None:
    """Ends one attempt, live."""
    scripted = runs.by_id[run_id]
    row = replace(scripted.attempts[ordinal], state=State.DONE, outcome=outcome, reason=reason, changed_at=now())
    scripted.attempts[ordinal] = row
    scripted.run = replace(scripted.run, progress=progress_of(scripted.attempts))
    runs.publish(scripted, AttemptFinished(attempt=row, progress=scripted.run.progress))


def test_causes_are_grouped_with_remedies_and_filter_the_attempts(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("openai/gpt-4o-mini", "oracle"), suite="coding"))
    for ordinal in range(0, 20, 2):
        gateway.call(fail, gateway.runs, run_id, ordinal, Outcome.INFRA_ERROR, NO_KEY)
    gateway.call(fail, gateway.runs, run_id, 1, Outcome.LIMIT, HOSTILE)
    page.goto(f"/runs/{run_id}")
    panel = page.get_by_role("region", name="Causes")
    causes = panel.get_by_role("listitem")
    expect(causes).to_have_count(2)
    expect(causes.first).to_contain_text("infra error · 10 attempts")
    expect(causes.first).to_contain_text(NO_KEY)
    expect(causes.first).to_contain_text("openai/gpt-4o-mini")
    expect(causes.first.locator(".remedy")).to_contain_text("Correct it in the runner's environment")
    expect(causes.first.locator(".remedy code").last).to_have_text(f"assay runs retry {run_id}")
    expect(causes.nth(1)).to_contain_text("<img src=x onerror=window.pwned=1>")
    expect(causes.nth(1).locator(".mark")).to_have_text("U+202E")
    assert page.evaluate("window.pwned") is None
    causes.first.get_by_role("link", name="10 attempts").click()
    expect(page.locator("#shown")).to_have_text("10 of 20 attempts")
    expect(page).to_have_url(re.compile("outcome=infra_error"))
    causes.first.get_by_role("link", name="First attempt").click()
    expect(page).to_have_url(re.compile(f"/attempts/{run_id}-0$"))


def test_causes_appear_and_grow_while_the_run_goes_on(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("openai/gpt-4o-mini",), suite="coding"))
    page.goto(f"/runs/{run_id}")
    expect(page.locator("attempts-table .row").first).to_be_visible()
    panel = page.get_by_role("region", name="Causes")
    expect(panel).to_have_count(0)
    gateway.call(fail, gateway.runs, run_id, 0, Outcome.INFRA_ERROR, NO_KEY)
    expect(panel).to_contain_text("1 attempt")
    for ordinal in (1, 2, 3):
        gateway.call(fail, gateway.runs, run_id, ordinal, Outcome.INFRA_ERROR, NO_KEY)
    expect(panel).to_contain_text("4 attempts")


def test_a_run_without_ungraded_attempts_has_no_causes(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("oracle",), suite="coding"))
    gateway.advance(run_id, 10_000)
    page.goto(f"/runs/{run_id}")
    expect(page.locator("run-page")).to_contain_text("finished")
    expect(page.get_by_role("region", name="Causes")).to_have_count(0)
    assert min(gaps(page)) >= 12


def gaps(page: Page) -> list[float]:
    """The space between the panels of the run page."""
    boxes = page.locator("run-page .panel, causes-panel section, metrics-panel section").evaluate_all(
        "panels => panels.map(panel => panel.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom])"
    )
    return [lower[0] - upper[1] for upper, lower in pairwise(boxes)]


def test_causes_fit_narrow_windows(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("openai/gpt-4o-mini",), suite="coding"))
    for ordinal in range(10):
        reason = f"provider: {'x' * 300} failed"
        gateway.call(fail, gateway.runs, run_id, ordinal, Outcome.INFRA_ERROR, reason)
    gateway.call(lambda: gateway.runs.change_run(gateway.runs.by_id[run_id], RunFinished, status=RunStatus.FINISHED))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("region", name="Causes")).to_contain_text("10 attempts")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert min(gaps(page)) >= 12
