"""Audit flags, impossible tasks and score components: beside the score on every page, never in it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.audit import AuditFlag, AuditKind, AuditSource
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import Limits
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
FLAGS = (
    AuditFlag(kind=AuditKind.GIT_HISTORY, detail="bash: git log <b>-p</b>", source=AuditSource.RUNNER, step=12),
    AuditFlag(kind=AuditKind.PROCESS_ENDED, detail="exit code 0, 2 times", source=AuditSource.JUDGE),
)


@pytest.fixture
def run_id(gateway: ScriptedGateway) -> str:
    """A finished run of the oracle and nop; its first attempt is flagged, and one of its tasks is impossible."""
    run_id = gateway.submit(RunRequest(models=("oracle", "nop"), suite="coding"))
    first = f"{run_id}-0"

    def prepare() -> None:
        gateway.runs.flags[first] = FLAGS
        gateway.runs.agent_limits[first] = Limits(turns=9)
        gateway.runs.impossible.add(gateway.runs.by_id[run_id].attempts[-1].task_id)

    gateway.call(prepare)
    gateway.advance(run_id, 10_000)
    return run_id


def test_a_flagged_attempt_has_a_badge_in_the_table_and_a_filter(page: Page, run_id: str) -> None:
    page.goto(f"/runs/{run_id}")
    table = page.locator("attempts-table [role=table]")
    row = table.locator(f"[data-attempt='{run_id}-0']")
    expect(row.locator(".flags")).to_contain_text("2 audit flags")
    expect(row.locator(".flags")).to_have_attribute("title", "2 audit flags: for information")
    expect(table.locator(f"[data-attempt='{run_id}-1'] .flags")).to_have_count(0)
    expect(page.locator("#passed-with-flags")).to_contain_text("1")
    page.locator("#flagged").click()
    expect(page).to_have_url(re.compile("flagged=yes"))
    expect(table).to_have_attribute("aria-rowcount", "2")
    page.locator("#flagged").click()
    expect(table).not_to_have_attribute("aria-rowcount", "2")


def test_a_run_without_flags_has_no_filter_for_them(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("oracle",), suite="coding"))
    gateway.advance(run_id, 10_000)
    page.goto(f"/runs/{run_id}")
    expect(page.locator("attempts-table [role=table]")).to_be_visible()
    expect(page.locator("#flagged, #passed-with-flags, #impossible, .flags")).to_have_count(0)


def test_an_attempt_lists_its_flags_and_links_to_the_step(page: Page, run_id: str) -> None:
    page.goto(f"/attempts/{run_id}-0?tab=overview")
    expect(page.locator("#score")).to_contain_text("1.00")
    expect(page.locator("#score .flags")).to_contain_text("2 audit flags")
    flags = page.get_by_role("region", name="Audit flags")
    row = flags.locator("[data-flag=git_history]")
    expect(row).to_contain_text("bash: git log <b>-p</b>")
    expect(row).to_contain_text("runner")
    expect(row.get_by_role("link", name="12")).to_have_attribute("href", f"/attempts/{run_id}-0?tab=steps#step-12")
    expect(flags.locator("[data-flag=process_ended]")).to_contain_text("judge")
    expect(page.locator("#flags")).to_contain_text("they do not change the score")
    page.goto(f"/attempts/{run_id}-1")
    expect(page.locator("#components")).to_be_visible()
    expect(page.locator("#flags")).to_have_count(0)


def test_an_attempt_shows_its_score_components_as_bars(page: Page, run_id: str) -> None:
    page.goto(f"/attempts/{run_id}-0?tab=overview")
    components = page.get_by_role("region", name="Score components")
    expect(components.locator("tbody tr")).to_have_count(5)
    memory = components.locator("[data-component=memory]")
    expect(memory).to_contain_text("48.25")
    expect(memory).to_contain_text("MiB")
    expect(memory.get_by_role("img")).to_have_attribute("aria-label", "0.91 of 1")
    expect(memory).to_contain_text("10.0 %")
    expect(components.locator("[data-component=cost]")).to_contain_text("not counted")
    expect(page.locator("#components header")).to_contain_text("of 10")


def test_impossible_tasks_are_marked_and_counted_apart(page: Page, run_id: str) -> None:
    page.goto(f"/runs/{run_id}")
    expect(page.locator("#impossible")).to_contain_text(re.compile(r"\d+\s+of \d+"))
    expect(page.locator("score-matrix th small")).to_have_text("impossible")
    expect(page.locator("attempts-table .impossible").first).to_be_attached()
    page.goto("/leaderboard")
    oracle = page.locator("tr[data-model=oracle]")
    expect(oracle).to_contain_text(re.compile(r"impossible tasks: (\d+) of \1 passed"))
    expect(oracle.locator(".flags")).to_have_attribute("title", re.compile("1 of 8 passed attempts have audit flags"))
    expect(oracle).to_contain_text("1.00")
