"""The costs page, and spending against limits on the runs page."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunLimits, RunRequest, WaitReason
from tests.web.scripted_gateway import run_control
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
ALL = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")


def finished(gateway: ScriptedGateway, suite: str = "coding", name: str = "", cost: str | None = "1") -> str:
    request = RunRequest(models=ALL, suite=suite, name=name, limits=RunLimits(cost_usd=cost))
    run_id = gateway.submit(request)
    gateway.advance(run_id, 10_000)
    return run_id


def money_requests(page: Page) -> list[str]:
    """URLs of requests about money from now on."""
    requests: list[str] = []
    about = re.compile(r"/api/v1/(money|costs)")
    page.on("request", lambda request: requests.append(request.url) if about.search(request.url) else None)
    return requests


def open_costs(page: Page) -> list[str]:
    """Open the costs page and wait for its first requests and those after the first totals. Returns the URLs of
    requests from then on."""
    requests = money_requests(page)
    page.goto("/costs")
    wait_for_requests(page, requests, 4)
    expect(page.locator("[data-account=day]")).to_be_visible()
    requests.clear()
    return requests


def wait_for_requests(page: Page, requests: list[str], count: int) -> None:
    """Wait for at least ``count`` requests."""
    for _ in range(300):
        if len(requests) >= count:
            break
        page.wait_for_timeout(100)
    assert len(requests) >= count, requests


def test_budgets_are_bars_with_money_spent_and_held(page: Page, gateway: ScriptedGateway) -> None:
    finished(gateway)
    gateway.hub.money.excess_usd = "0.5"
    page.goto("/costs")
    day = page.locator("[data-account=day]")
    expect(day.locator("[role=img]")).to_have_attribute(
        "aria-label", re.compile(r"^Today: \$0.00\d+ spent and \$0 held of \$20.00")
    )
    expect(page.locator("[data-account=project]")).to_contain_text("no limit")
    expect(page.locator("#judge")).to_contain_text("$0.021")
    expect(page.locator("#excess")).to_contain_text("$0.50")
    expect(page.locator("#excluded")).to_contain_text(
        "Judges cost $0.021, not included above. Providers charged $0.50 more than was held"
    )
    expect(page).to_have_title("Costs · Assay")


def test_the_grouping_and_sorting_of_costs_are_in_the_url(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway, name="nightly")
    page.goto("/costs")
    expect(page.locator("tbody tr")).to_have_attribute("data-label", "openai/gpt-4o-mini")
    expect(page.locator("tbody .estimated")).to_contain_text("$0.00")
    expect(page.locator("cost-bars [role=img]")).to_have_attribute(
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


def test_the_highest_cost_is_first(page: Page, gateway: ScriptedGateway) -> None:
    finished(gateway, "demo")
    page.goto("/costs?by=task")
    expect(page.locator("tbody tr")).to_have_count(7)
    expect(page.get_by_role("columnheader", name="Cost")).to_have_attribute("aria-sort", "descending")
    labels = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.label)")
    assert set(labels[:2]) == {"telemetry_basic", "ticket_routing"}


def test_a_run_links_to_its_costs(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway, name="one")
    finished(gateway, name="other")
    page.goto(f"/runs/{run_id}")
    page.get_by_role("link", name="Costs of this run").click()
    expect(page).to_have_url(re.compile(f"run={run_id}"))
    expect(page.locator("tfoot")).to_contain_text("Total, 10 calls")
    page.locator("[data-by=call]").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(page.locator("tbody a").first).to_have_attribute("href", re.compile(f"/attempts/{run_id}-\\d+\\?tab=calls"))
    page.locator("#of-run").click()
    expect(page.locator("tfoot")).to_contain_text("Total, 20 calls")


def test_a_past_run_is_recosted_at_other_prices(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway)
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
    expect(page.get_by_role("alert")).to_contain_text("'yesterday' is neither a date nor a price version")
    field.fill("")
    field.press("Enter")
    expect(page.get_by_role("columnheader", name="At these prices")).to_have_count(0)


def test_money_is_refreshed_at_midnight(page: Page, gateway: ScriptedGateway) -> None:
    gateway.hub.money.days_ago = 1
    requests = open_costs(page)
    gateway.hub.money.days_ago = 0
    page.locator("costs-page").evaluate("page => page.money.refreshOnNewDay(Date.now())")
    wait_for_requests(page, requests, 2)
    page.wait_for_timeout(200)
    assert sorted(re.sub(r".*/v1/|\?.*", "", url) for url in requests) == ["costs", "money"]
    page.locator("costs-page").evaluate("page => page.money.refreshOnNewDay(Date.now())")
    page.wait_for_timeout(200)
    assert len(requests) == 2, "the day has not changed"


def test_costs_are_filtered_by_date(page: Page, gateway: ScriptedGateway) -> None:
    finished(gateway)
    page.goto("/costs")
    with page.expect_request(re.compile(r"/costs\?.*since=2025-01-02")):
        page.locator("input[name=since]").fill("2025-01-02")
    expect(page).to_have_url(re.compile("since=2025-01-02"))
    page.goto("/costs?since=yesterday&by=nothing")
    expect(page.locator("[data-by=model]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("input[name=since]")).to_have_value("")


def test_limits_and_the_time_zone_can_be_changed(page: Page, gateway: ScriptedGateway) -> None:
    page.goto("/costs")
    expect(page.locator("#save")).to_have_attribute("disabled", "")
    page.locator("#day_usd").fill("five")
    page.locator("#save").click()
    expect(page.locator("#day_usd-errors")).to_contain_text("Enter an amount like 20")
    page.locator("#day_usd").fill("$5")
    page.locator("#project_usd").fill("100")
    page.locator("#judge_usd").fill("3")
    page.locator("#time_zone").fill("Mars/Olympus")
    page.locator("#save").click()
    page.locator("#time_zone-errors button").click()
    expect(page.locator("#time_zone")).to_have_value("Europe/Athens")
    with page.expect_request(re.compile("/money/limits$")) as sent:
        page.locator("#time_zone").press("Enter")
    assert sent.value.method == "PUT"
    assert json.loads(sent.value.post_data or "") == {
        "day_usd": "5",
        "project_usd": "100",
        "judge_usd": "3",
        "time_zone": "Europe/Athens",
    }
    expect(page.locator("[data-account=day]")).to_contain_text("limit $5.00")
    expect(page.locator("[data-account=day]")).to_contain_text("in Europe/Athens")
    expect(page.locator("[data-account=project]")).to_contain_text("limit $100.00")
    page.locator("#project_usd").fill("")
    page.locator("#save").click()
    expect(page.locator("[data-account=project]")).to_contain_text("no limit")


def test_costs_are_refreshed_only_when_money_changed(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.call(
        gateway.runs.submit, RunRequest(models=("nop", "openai/gpt-4o-mini"), suite="coding")
    ).run.run_id
    requests = open_costs(page)
    expect(page.get_by_role("heading", name="No costs")).to_be_visible()
    gateway.advance(run_id, 6)
    page.wait_for_timeout(1_700)
    assert not requests, "queued attempts cost nothing"
    gateway.advance(run_id, 10_000)
    expect(page.locator("tfoot")).to_contain_text("Total, 10 calls")
    assert 2 <= len(requests) <= 6


def test_the_runs_page_shows_todays_spending(page: Page, gateway: ScriptedGateway) -> None:
    page.goto("/runs")
    expect(page.locator("#today")).to_contain_text(re.compile(r"Today\s*\$0\s*of \$20.00"))
    finished(gateway)
    expect(page.locator("#today")).to_contain_text(re.compile(r"Today\s*\$0.00\d+\s*of \$20.00"))
    page.locator("#today").click()
    expect(page).to_have_url(re.compile("/costs$"))


def test_rows_show_spending_against_the_limit_and_the_wait_reason(page: Page, gateway: ScriptedGateway) -> None:
    run_id = finished(gateway, cost="0.002")
    waits = gateway.submit(RunRequest(models=ALL, suite="coding"))
    gateway.call(run_control.wait, gateway.runs, waits, WaitReason.NO_RUNNER, "None is connected.")
    page.goto("/runs")
    row = page.locator(f"tr[data-run='{run_id}']")
    expect(row).to_contain_text("of $0.002")
    expect(row.locator("budget-bar .bar")).to_have_class(re.compile("near|full"))
    expect(page.locator(f"tr[data-run='{waits}']")).to_contain_text("no runner")
    gateway.call(run_control.pause, gateway.runs, waits)
    expect(page.locator(f"tr[data-run='{waits}']")).to_contain_text("paused")
    page.locator("select[name=status]").select_option("paused")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_names_of_runs_are_rendered_as_text(page: Page, gateway: ScriptedGateway) -> None:
    finished(gateway, name="<img src=x onerror=window.pwned=9>\u202e")
    page.goto("/costs?by=run")
    expect(page.locator("tbody a")).to_contain_text("<img src=x onerror=")
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None


def test_score_is_charted_against_time_if_all_models_are_free(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=ALL[:3], suite="coding"))
    gateway.advance(run_id, 10_000)
    page.goto("/leaderboard")
    expect(page.get_by_role("heading", name="Score against time per attempt")).to_be_visible()
    expect(page.locator("score-chart svg")).to_contain_text("seconds per attempt (all were free)")
    finished(gateway)
    expect(page.get_by_role("heading", name="Score against cost per attempt")).to_be_visible()
