"""Every page shows the data of the API, has a title, and explains what to do if it is empty."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
ALL = ("oracle", "nop", "local/smollm2-135m")


def finished(gateway: ScriptedGateway, models: tuple[str, ...] = ALL, name: str = "") -> str:
    run_id = gateway.submit(RunRequest(models=models, suite="coding", name=name))
    gateway.advance(run_id, 10_000)
    return run_id


def test_an_empty_runs_page_shows_commands_that_start_a_run(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("assay run --suite demo --model oracle")


def test_the_runs_page_shows_a_run_with_its_figures(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway, name="nightly")
    page.goto("/runs")
    row = page.locator(f"tr[data-run='{run_id}']")
    expect(row).to_contain_text("nightly")
    expect(row).to_contain_text("finished")
    expect(row).to_contain_text("30 of 30")
    expect(row.locator("outcome-bar [role=img]")).to_have_attribute("aria-label", re.compile("passed"))
    expect(page).to_have_title("Runs · Assay")


def test_a_run_shows_progress_matrix_and_every_attempt(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway)
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("coding")
    expect(page.locator("attempts-table [role=table]")).to_have_attribute("aria-rowcount", "31")
    expect(page.locator("score-matrix")).to_contain_text("1.00")
    expect(page.locator("#cancel")).to_have_count(0)
    expect(page).to_have_title("coding · Runs · Assay")


def test_a_row_links_to_its_attempt_and_breadcrumbs_lead_back(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway)
    page.goto(f"/runs/{run_id}")
    page.locator(f"[data-attempt='{run_id}-4'] a").click()
    expect(page).to_have_url(re.compile(f"/attempts/{run_id}-4$"))
    expect(page.locator("#outcome")).to_contain_text(re.compile("passed|failed|timeout|infra"))
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").nth(1).click()
    expect(page).to_have_url(re.compile(f"/runs/{run_id}$"))


def test_each_tab_of_an_attempt_shows_its_content(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway, ("openai/gpt-4o-mini",))
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


def test_a_patch_is_shown_by_file_side_by_side_or_line_by_line(page: Page, gateway: ScriptedGateway) -> None:
    page.goto(f"/attempts/{finished(gateway)}-0?tab=patch")
    files = page.locator("patch-artifact details")
    expect(files.locator("summary")).to_have_text(
        [re.compile(r"^solution.py\s*new\s*\+9"), re.compile(r"^notes.md\s*\+1\s*−1")]
    )
    expect(page.locator("patch-artifact table.sides")).to_have_count(2)
    notes = files.nth(1).locator("tr:has(.removed)")
    expect(notes).to_contain_text("Sort by end.Sort by start, then merge what overlaps.".replace(".S", ".2S"))
    expect(notes.locator("td.added b").last).to_have_text("start, then merge what overlaps")
    page.get_by_role("button", name="Line by line").click()
    expect(page.locator("patch-artifact table.sides")).to_have_count(0)
    expect(page).to_have_url(re.compile("diff=lines"))
    expect(files.nth(1).locator("tr.removed, tr.added")).to_have_text(
        [re.compile(r"^2−Sort by end\.$"), re.compile(r"^2\+Sort by start")]
    )
    files.nth(1).locator("summary").click()
    expect(files.nth(1).locator("table")).to_have_count(0)
    page.get_by_role("button", name="Expand all").click()
    expect(page.locator("patch-artifact table")).to_have_count(2)


def test_a_long_log_is_truncated_until_all_is_requested(page: Page, gateway: ScriptedGateway) -> None:
    page.goto(f"/attempts/{finished(gateway)}-0?tab=logs")
    log = page.locator("log-artifact").last
    expect(log).to_contain_text("Only the beginning is shown.")
    log.get_by_role("button", name="Show all").click()
    expect(log).to_contain_text("line 39999 of a long log")
    expect(log).not_to_contain_text("Only the beginning is shown.")


def test_an_artifact_can_be_downloaded(page: Page, gateway: ScriptedGateway) -> None:
    page.goto(f"/attempts/{finished(gateway)}-0?tab=artifacts")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download patch.diff").click()
    assert download.value.path().read_bytes().startswith(b"diff --git")


def test_the_leaderboard_shows_intervals_and_a_chart(page: Page, gateway: ScriptedGateway) -> None:
    finished(gateway, (*ALL, "openai/gpt-4o-mini"))
    page.goto("/leaderboard")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("oracle")
    expect(rows.first).to_contain_text("100 %")
    expect(rows.first.locator(".bar")).to_have_attribute(
        "aria-label", re.compile("10 of 10 passed; 95 % interval 72.2 %")
    )
    expect(page.locator("score-chart svg")).to_be_visible()


def test_an_empty_leaderboard_shows_commands_that_start_a_run(page: Page) -> None:
    page.goto("/leaderboard")
    expect(page.locator("pre")).to_contain_text("assay run --suite demo --model oracle")


@pytest.mark.parametrize(("path", "words"), [("/nothing/here", "Page not found"), ("/runs/zzz", "Unknown run")])
def test_unknown_pages_and_runs_are_reported(page: Page, path: str, words: str) -> None:
    page.goto(path)
    expect(page.locator("main")).to_contain_text(words)


def test_the_theme_can_be_changed_and_is_kept(page: Page) -> None:
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


def test_a_table_of_ten_thousand_attempts_is_virtual(page: Page, gateway: ScriptedGateway) -> None:
    request = RunRequest(models=("oracle", "nop"), suite="coding", repeats=1000)
    run_id = gateway.submit(request)
    page.goto(f"/runs/{run_id}")
    expect(page.locator("#shown")).to_have_text("10,000 attempts", timeout=90_000)
    assert page.locator("attempts-table .row").count() < 80
    page.get_by_role("button", name="Model").click()
    expect(page.locator("attempts-table .row").first).to_contain_text("nop")
    page.locator("attempts-table .scroll").evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(page.locator("attempts-table .row").last).to_contain_text("oracle")
