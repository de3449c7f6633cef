"""Every page shows what the API says, has a name, and says what to do where there is nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import Stage

pytestmark = pytest.mark.browser
ALL = ("oracle", "nop", "local/smollm2-135m")


def finished(stage: Stage, models: tuple[str, ...] = ALL, name: str = "") -> str:
    run_id = stage.do(stage.play.submit, RunRequest(models=models, suite="coding", name=name)).run.run_id
    stage.do(stage.play.step, run_id, 10_000)
    return run_id


def test_without_runs_the_list_names_the_commands_that_fill_it(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("assay run --suite demo --model oracle")


def test_the_list_shows_a_run_with_its_figures(page: Page, stage: Stage) -> None:
    run_id = finished(stage, name="nightly")
    page.goto("/runs")
    row = page.locator(f"tr[data-run='{run_id}']")
    expect(row).to_contain_text("nightly")
    expect(row).to_contain_text("finished")
    expect(row).to_contain_text("30 of 30")
    expect(row.locator("outcome-bar [role=img]")).to_have_attribute("aria-label", re.compile("passed"))
    expect(page).to_have_title("Runs · Assay")


def test_a_run_shows_progress_matrix_and_every_attempt(page: Page, stage: Stage) -> None:
    run_id = finished(stage)
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("coding")
    expect(page.locator("attempts-table [role=table]")).to_have_attribute("aria-rowcount", "31")
    expect(page.locator("score-matrix")).to_contain_text("1.00")
    expect(page.locator("#cancel")).to_have_count(0)
    expect(page).to_have_title("coding · Runs · Assay")


def test_a_row_leads_to_its_attempt_and_the_trail_back(page: Page, stage: Stage) -> None:
    run_id = finished(stage)
    page.goto(f"/runs/{run_id}")
    page.locator(f"[data-attempt='{run_id}-4'] a").click()
    expect(page).to_have_url(re.compile(f"/attempts/{run_id}-4$"))
    expect(page.locator("#outcome")).to_contain_text(re.compile("passed|failed|timeout|infra"))
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").nth(1).click()
    expect(page).to_have_url(re.compile(f"/runs/{run_id}$"))


def test_each_tab_of_an_attempt_shows_its_part(page: Page, stage: Stage) -> None:
    run_id = finished(stage, ("openai/gpt-4o-mini",))
    page.goto(f"/attempts/{run_id}-1")
    expect(page.get_by_role("region", name="Checks")).to_contain_text("hidden tests")
    shown = {
        "Prompt": "You write Python.",
        "Response": "Here is the file.",
        "Patch": "def merge(intervals):",
        "Logs": "collected 4 items",
        "Artifacts": "patch.diff",
        "Calls": "openai/gpt-4o-mini",
    }
    for tab, text in shown.items():
        page.get_by_role("tab", name=tab).click()
        expect(page).to_have_url(re.compile(f"tab={tab.lower()}"))
        expect(page.locator(f"wa-tab-panel[name={tab.lower()}]")).to_contain_text(text)


def test_the_patch_is_drawn_by_files_side_by_side_or_by_lines(page: Page, stage: Stage) -> None:
    page.goto(f"/attempts/{finished(stage)}-0?tab=patch")
    files = page.locator("patch-artifact details")
    expect(files.locator("summary")).to_have_text(
        [re.compile(r"^solution.py\s*new\s*\+9"), re.compile(r"^notes.md\s*\+1\s*−1")]
    )
    expect(page.locator("patch-artifact table.sides")).to_have_count(2)
    notes = files.nth(1).locator("tr:has(.gone)")
    expect(notes).to_contain_text("Sort by end.Sort by start, then merge what overlaps.".replace(".S", ".2S"))
    expect(notes.locator("td.came b").last).to_have_text("start, then merge what overlaps")
    page.get_by_role("button", name="Line by line").click()
    expect(page.locator("patch-artifact table.sides")).to_have_count(0)
    expect(page).to_have_url(re.compile("diff=lines"))
    expect(files.nth(1).locator("tr.gone, tr.came")).to_have_text(
        [re.compile(r"^2−Sort by end\.$"), re.compile(r"^2\+Sort by start")]
    )
    files.nth(1).locator("summary").click()
    expect(files.nth(1).locator("table")).to_have_count(0)
    page.get_by_role("button", name="Expand all").click()
    expect(page.locator("patch-artifact table")).to_have_count(2)


def test_a_long_log_is_cut_until_all_is_asked_for(page: Page, stage: Stage) -> None:
    page.goto(f"/attempts/{finished(stage)}-0?tab=logs")
    log = page.locator("log-artifact").last
    expect(log).to_contain_text("Only the beginning is shown.")
    log.get_by_role("button", name="Show all").click()
    expect(log).to_contain_text("line 39999 of a long log")
    expect(log).not_to_contain_text("Only the beginning is shown.")


def test_an_artifact_can_be_downloaded(page: Page, stage: Stage) -> None:
    page.goto(f"/attempts/{finished(stage)}-0?tab=artifacts")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download patch.diff").click()
    assert download.value.path().read_bytes().startswith(b"diff --git")


def test_the_leaderboard_ranks_with_intervals_and_draws_cost(page: Page, stage: Stage) -> None:
    finished(stage, (*ALL, "openai/gpt-4o-mini"))
    page.goto("/leaderboard")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("oracle")
    expect(rows.first).to_contain_text("100 %")
    expect(rows.first.locator(".bar")).to_have_attribute(
        "aria-label", re.compile("10 of 10 passed; 95 % interval 72.2 %")
    )
    expect(page.locator("cost-chart svg")).to_be_visible()


def test_without_results_the_leaderboard_names_the_commands(page: Page) -> None:
    page.goto("/leaderboard")
    expect(page.locator("pre")).to_contain_text("assay run --suite demo --model oracle")


@pytest.mark.parametrize(("path", "words"), [("/nothing/here", "no such page"), ("/runs/zzz", "Unknown run")])
def test_what_does_not_exist_is_said(page: Page, path: str, words: str) -> None:
    page.goto(path)
    expect(page.locator("main")).to_contain_text(words)


def test_the_theme_is_chosen_and_kept(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/runs")
    toggle = page.get_by_role("button", name=re.compile("^Theme"))
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    toggle.click()
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_ten_thousand_attempts_stay_fluid(page: Page, stage: Stage) -> None:
    request = RunRequest(models=("oracle", "nop"), suite="coding", repeats=1000)
    run_id = stage.do(stage.play.submit, request).run.run_id
    page.goto(f"/runs/{run_id}")
    expect(page.locator("#shown")).to_have_text("10,000 attempts", timeout=90_000)
    assert page.locator("attempts-table .row").count() < 80
    page.get_by_role("button", name="Model").click()
    expect(page.locator("attempts-table .row").first).to_contain_text("nop")
    page.locator("attempts-table .scroll").evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(page.locator("attempts-table .row").last).to_contain_text("oracle")
