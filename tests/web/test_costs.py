"""The page of costs, today's card on the list of runs, and spend against limits in its rows."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunLimits, RunRequest, WaitReason
from tests.web.scripted_gateway import run_control
from tests.web.scripted_gateway.server import Stage

pytestmark = pytest.mark.browser
ALL = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")


def finished(stage: Stage, suite: str = "coding", name: str = "", cost: str | None = "1") -> str:
    request = RunRequest(models=ALL, suite=suite, name=name, limits=RunLimits(cost_usd=cost))
    run_id = stage.do(stage.play.submit, request).run.run_id
    stage.do(stage.play.step, run_id, 10_000)
    return run_id


def reads(page: Page) -> list[str]:
    """Addresses of what is read about money from now on."""
    asked: list[str] = []
    about = re.compile(r"/api/v1/(money|costs)")
    page.on("request", lambda request: asked.append(request.url) if about.search(request.url) else None)
    return asked


def opened(page: Page) -> list[str]:
    """The page of costs at rest, and what it reads from now on: it has read all once at first and once when it had
    heard of what runs spend."""
    asked = reads(page)
    page.goto("/costs")
    wait_for(page, asked, 4)
    expect(page.locator("[data-account=day]")).to_be_visible()
    asked.clear()
    return asked


def wait_for(page: Page, asked: list[str], count: int) -> None:
    """At least so many have been asked."""
    for _ in range(300):
        if len(asked) >= count:
            break
        page.wait_for_timeout(100)
    assert len(asked) >= count, asked


def test_limits_are_bars_with_what_is_spent_and_held(page: Page, stage: Stage) -> None:
    finished(stage)
    stage.board.till.excess_usd = "0.5"
    page.goto("/costs")
    day = page.locator("[data-account=day]")
    expect(day.locator("[role=img]")).to_have_attribute(
        "aria-label", re.compile(r"^Today: \$0.00\d+ spent and \$0 held of \$20.00")
    )
    expect(page.locator("[data-account=project]")).to_contain_text("no limit")
    expect(page.locator("#judge")).to_contain_text("$0.021")
    expect(page.locator("#excess")).to_contain_text("$0.50")
    expect(page.locator("#apart")).to_contain_text(
        "Judges cost $0.021, which is not in these figures. Providers charged $0.50 beyond"
    )
    expect(page).to_have_title("Costs · Assay")


def test_costs_by_model_task_day_and_run_are_in_the_address(page: Page, stage: Stage) -> None:
    run_id = finished(stage, name="nightly")
    page.goto("/costs")
    expect(page.locator("tbody tr")).to_have_attribute("data-label", "openai/gpt-4o-mini")
    expect(page.locator("tbody .estimated")).to_contain_text("$0.00")
    expect(page.locator("spend-chart [role=img]")).to_have_attribute(
        "aria-label", re.compile("Costs by model. openai/gpt-4o-mini: ")
    )
    page.locator("[data-by=task]").click()
    expect(page).to_have_url(re.compile("by=task"))
    expect(page.locator("tbody tr")).to_have_count(5)
    page.reload()
    expect(page.locator("[data-by=task]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("columnheader", name="Task").get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=label"))
    expect(page.locator("tbody tr").first).to_have_attribute("data-label", "add_numbers")
    page.locator("[data-by=run]").click()
    page.locator("tbody a").click()
    expect(page).to_have_url(re.compile(f"/runs/{run_id}$"))


def test_the_dearest_stands_first(page: Page, stage: Stage) -> None:
    finished(stage, "demo")
    page.goto("/costs?by=task")
    expect(page.locator("tbody tr")).to_have_count(7)
    expect(page.get_by_role("columnheader", name="Cost")).to_have_attribute("aria-sort", "descending")
    labels = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.label)")
    assert set(labels[:2]) == {"telemetry_basic", "ticket_routing"}


def test_the_costs_of_one_run_are_reached_from_it(page: Page, stage: Stage) -> None:
    run_id = finished(stage, name="one")
    finished(stage, name="other")
    page.goto(f"/runs/{run_id}")
    page.get_by_role("link", name="Costs of this run").click()
    expect(page).to_have_url(re.compile(f"run={run_id}"))
    expect(page.locator("tfoot")).to_contain_text("All, 10 calls")
    page.locator("[data-by=call]").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(page.locator("tbody a").first).to_have_attribute("href", re.compile(f"/attempts/{run_id}-\\d+\\?tab=calls"))
    page.locator("#of-run").click()
    expect(page.locator("tfoot")).to_contain_text("All, 20 calls")


def test_a_past_run_is_costed_again_at_other_prices(page: Page, stage: Stage) -> None:
    run_id = finished(stage)
    page.goto(f"/costs?run={run_id}")
    expect(page.get_by_role("columnheader", name="At these prices")).to_have_count(0)
    field = page.get_by_label("At prices of")
    field.focus()
    expect(page.locator("#versions option").first).to_have_attribute("value", "2025-10")
    with page.expect_request(re.compile(r"/costs\?.*as_of_prices=2025-06-01")):
        field.fill("2025-06-01")
        field.press("Enter")
    expect(page).to_have_url(re.compile(f"run={run_id}&prices=2025-06-01"))
    expect(page.locator("tbody td").last).to_contain_text("−50 %")
    expect(page.locator("tfoot td").last).to_contain_text(re.compile(r"\$0\.00\d+ −50 %"))
    page.reload()
    expect(page.locator("tfoot td").last).to_contain_text("−50 %")
    field.fill("x/y?")
    field.press("Enter")
    expect(page.locator("tfoot td").last).to_have_text("unknown")
    field.fill("yesterday")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'yesterday' is neither a day nor a version")
    field.fill("")
    field.press("Enter")
    expect(page.get_by_role("columnheader", name="At these prices")).to_have_count(0)


def test_at_midnight_the_day_begins_anew(page: Page, stage: Stage) -> None:
    stage.board.till.days_ago = 1
    asked = opened(page)
    stage.board.till.days_ago = 0
    page.locator("costs-page").evaluate("page => page.watch.turnDay(Date.now())")
    wait_for(page, asked, 2)
    page.wait_for_timeout(200)
    assert sorted(re.sub(r".*/v1/|\?.*", "", url) for url in asked) == ["costs", "money"]
    page.locator("costs-page").evaluate("page => page.watch.turnDay(Date.now())")
    page.wait_for_timeout(200)
    assert len(asked) == 2, "it is today"


def test_days_are_chosen_by_the_calendar(page: Page, stage: Stage) -> None:
    finished(stage)
    page.goto("/costs")
    with page.expect_request(re.compile(r"/costs\?.*since=2025-01-02")):
        page.locator("input[name=since]").fill("2025-01-02")
    expect(page).to_have_url(re.compile("since=2025-01-02"))
    page.goto("/costs?since=yesterday&by=nothing")
    expect(page.locator("[data-by=model]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("input[name=since]")).to_have_value("")


def test_limits_and_the_time_zone_are_set(page: Page, stage: Stage) -> None:
    page.goto("/costs")
    expect(page.locator("#save")).to_have_attribute("disabled", "")
    page.locator("#day_usd").fill("five")
    page.locator("#save").click()
    expect(page.locator("#day_usd-errors")).to_contain_text("Write an amount like 20")
    page.locator("#day_usd").fill("$5")
    page.locator("#project_usd").fill("100")
    page.locator("#time_zone").fill("Mars/Olympus")
    page.locator("#save").click()
    page.locator("#time_zone-errors button").click()
    expect(page.locator("#time_zone")).to_have_value("Europe/Athens")
    with page.expect_request(re.compile("/money/limits$")) as asked:
        page.locator("#time_zone").press("Enter")
    assert asked.value.method == "PUT"
    assert json.loads(asked.value.post_data or "") == {
        "day_usd": "5",
        "project_usd": "100",
        "time_zone": "Europe/Athens",
    }
    expect(page.locator("[data-account=day]")).to_contain_text("limit $5.00")
    expect(page.locator("[data-account=day]")).to_contain_text("in Europe/Athens")
    expect(page.locator("[data-account=project]")).to_contain_text("limit $100.00")
    page.locator("#project_usd").fill("")
    page.locator("#save").click()
    expect(page.locator("[data-account=project]")).to_contain_text("no limit")


def test_it_is_read_again_when_money_moved_and_only_then(page: Page, stage: Stage) -> None:
    run_id = stage.do(stage.play.submit, RunRequest(models=("nop", "openai/gpt-4o-mini"), suite="coding")).run.run_id
    asked = opened(page)
    expect(page.get_by_role("heading", name="Nothing was spent")).to_be_visible()
    stage.do(stage.play.step, run_id, 6)
    page.wait_for_timeout(1_700)
    assert not asked, "attempts that were only queued moved no money"
    stage.do(stage.play.step, run_id, 10_000)
    expect(page.locator("tfoot")).to_contain_text("All, 10 calls")
    assert 2 <= len(asked) <= 6


def test_the_list_of_runs_shows_todays_spend(page: Page, stage: Stage) -> None:
    page.goto("/runs")
    expect(page.locator("#today")).to_contain_text(re.compile(r"Today\s*\$0\s*of \$20.00"))
    finished(stage)
    expect(page.locator("#today")).to_contain_text(re.compile(r"Today\s*\$0.00\d+\s*of \$20.00"))
    page.locator("#today").click()
    expect(page).to_have_url(re.compile("/costs$"))


def test_rows_show_spend_against_the_limit_and_why_they_wait(page: Page, stage: Stage) -> None:
    run_id = finished(stage, cost="0.002")
    waits = stage.do(stage.play.submit, RunRequest(models=ALL, suite="coding")).run.run_id
    stage.do(run_control.wait, stage.play, waits, WaitReason.NO_RUNNER, "None is connected.")
    page.goto("/runs")
    row = page.locator(f"tr[data-run='{run_id}']")
    expect(row).to_contain_text("of $0.002")
    expect(row.locator("money-bar .bar")).to_have_class(re.compile("near|full"))
    expect(page.locator(f"tr[data-run='{waits}']")).to_contain_text("no runner")
    stage.do(run_control.pause, stage.play, waits)
    expect(page.locator(f"tr[data-run='{waits}']")).to_contain_text("paused")
    page.locator("select[name=status]").select_option("paused")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_names_are_text_whatever_they_say(page: Page, stage: Stage) -> None:
    finished(stage, name="<img src=x onerror=window.pwned=9>\u202e")
    page.goto("/costs?by=run")
    expect(page.locator("tbody a")).to_contain_text("<img src=x onerror=")
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None


def test_where_all_is_free_score_is_drawn_against_time(page: Page, stage: Stage) -> None:
    run_id = stage.do(stage.play.submit, RunRequest(models=ALL[:3], suite="coding")).run.run_id
    stage.do(stage.play.step, run_id, 10_000)
    page.goto("/leaderboard")
    expect(page.get_by_role("heading", name="Score against time per attempt")).to_be_visible()
    expect(page.locator("cost-chart svg")).to_contain_text("seconds per attempt (all were free)")
    finished(stage)
    expect(page.get_by_role("heading", name="Score against cost per attempt")).to_be_visible()
