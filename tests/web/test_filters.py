"""Filters, sorting and tabs are kept in the URL, so that a link shows the same view."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser


@pytest.fixture
def run_id(gateway: ScriptedGateway) -> str:
    run_id = gateway.call(
        gateway.runs.submit, RunRequest(models=("oracle", "nop"), suite="coding", name="first")
    ).run.run_id
    gateway.advance(run_id, 10_000)
    return run_id


def test_attempts_by_model_and_task_survive_a_reload(page: Page, run_id: str) -> None:
    page.goto(f"/runs/{run_id}")
    page.locator("select[name=model]").select_option("nop")
    page.locator("select[name=task]").select_option("fizz_words")
    expect(page.locator("#shown")).to_have_text("2 of 20 attempts")
    expect(page).to_have_url(re.compile("model=nop&task=fizz_words"))
    page.reload()
    expect(page.locator("#shown")).to_have_text("2 of 20 attempts")
    expect(page.locator("select[name=model]")).to_have_value("nop")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#shown")).to_have_text("20 attempts")


def test_sorting_survives_a_reload(page: Page, run_id: str) -> None:
    page.goto(f"/runs/{run_id}")
    page.get_by_role("button", name="Score").click()
    expect(page).to_have_url(re.compile("sort="))
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", re.compile("ending$"))
    order = page.locator("attempts-table .row").first.get_attribute("data-attempt")
    page.reload()
    expect(page.locator("attempts-table .row").first).to_have_attribute("data-attempt", order or "")
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", re.compile("ending$"))


def test_a_cell_of_the_matrix_filters_the_attempts(page: Page, run_id: str) -> None:
    page.goto(f"/runs/{run_id}")
    page.locator("score-matrix td a").first.click()
    expect(page.locator("#shown")).to_have_text("2 of 20 attempts")


def test_runs_are_filtered_by_status_suite_and_search(page: Page, gateway: ScriptedGateway, run_id: str) -> None:
    other = gateway.submit(RunRequest(models=("nop",), suite="demo", name="second"))
    page.goto("/runs")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("select[name=status]").select_option("finished")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_have_attribute("data-run", run_id)
    page.goto("/runs?suite=demo")
    expect(page.locator("tbody tr")).to_have_attribute("data-run", other)
    page.goto("/runs")
    page.get_by_role("searchbox").fill("first")
    expect(page).to_have_url(re.compile("search=first"))
    expect(page.locator("tbody tr")).to_have_attribute("data-run", run_id)
    page.get_by_role("searchbox").fill("no such words")
    expect(page.get_by_role("heading", name="No matching runs")).to_be_visible()


def test_a_tab_survives_a_reload_and_back_leaves_the_page(page: Page, run_id: str) -> None:
    page.goto(f"/runs/{run_id}")
    page.locator(f"[data-attempt='{run_id}-0'] a").click()
    page.get_by_role("tab", name="Artifacts").click()
    expect(page).to_have_url(re.compile("tab=artifacts"))
    page.reload()
    expect(page.get_by_role("tab", name="Artifacts")).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page).to_have_url(re.compile(f"/runs/{run_id}$"))


def test_the_leaderboard_is_filtered_by_suite_and_category(page: Page, run_id: str) -> None:
    page.goto("/leaderboard")
    page.locator("select[name=suite]").select_option("coding")
    page.locator("select[name=category]").select_option("routing")
    expect(page.get_by_role("heading", name="No scores yet")).to_be_visible()
    page.locator("select[name=category]").select_option("coding")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.reload()
    expect(page.locator("select[name=suite]")).to_have_value("coding")
    expect(page.locator("select[name=category]")).to_have_value("coding")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_leaderboard_is_filtered_by_difficulty_and_language(page: Page, run_id: str) -> None:
    page.goto("/leaderboard")
    n = page.locator("tbody tr[data-model=oracle] td").nth(4)
    everything = n.inner_text()
    page.locator("select[name=difficulty]").select_option("medium")
    expect(n).not_to_have_text(everything)
    page.locator("select[name=language]").select_option("python")
    expect(page).to_have_url(re.compile("difficulty=medium.*language=python"))
    page.reload()
    expect(page.locator("select[name=difficulty]")).to_have_value("medium")
    expect(page.locator("select[name=language]")).to_have_value("python")
    expect(page.locator("tbody tr")).to_have_count(2)
