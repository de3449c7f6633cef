"""Pages are updated live, and are correct again after every interruption."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.runs import RunRequest
from assay.contracts.tail import TailKind, TailLine
from tests.web.scripted_gateway.scripted_runs import now
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser


def started(gateway: ScriptedGateway, steps: int = 12) -> str:
    request = RunRequest(models=("oracle", "local/smollm2-135m"), suite="coding")
    run_id = gateway.submit(request)
    gateway.advance(run_id, steps)
    return run_id


def api(page: Page, path: str) -> Any:
    return page.request.get(f"/api/v1{path}").json()


def shown_rows(page: Page) -> dict[str, str]:
    rows = page.locator("attempts-table .row").evaluate_all(
        "rows => rows.map(row => [row.dataset.attempt, row.dataset.state])"
    )
    assert len(rows) == len({name for name, _ in rows}), "a row is shown twice"
    return dict(rows)


def true_rows(page: Page, run_id: str) -> dict[str, str]:
    items = api(page, f"/runs/{run_id}/attempts")["items"]
    return {item["attempt_id"]: item["outcome"] or item["state"] for item in items}


def test_the_state_of_an_attempt_is_updated_live(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 0)
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.goto(f"/runs/{run_id}")
    row = page.locator(f"[data-attempt='{run_id}-0']")
    expect(row).to_have_attribute("data-state", "waiting")
    gateway.advance(run_id, 6)
    expect(row).not_to_have_attribute("data-state", "waiting")
    gateway.advance(run_id, 10_000)
    expect(row).to_have_attribute("data-state", "passed")
    expect(page.locator("run-page")).to_contain_text("finished")
    page.wait_for_function(_SAME, arg=true_rows(page, run_id))
    assert shown_rows(page) == true_rows(page, run_id)


def test_the_runs_page_is_updated_live_and_shows_new_runs(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 0)
    page.goto("/runs")
    expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("0 of 20")
    gateway.advance(run_id, 10_000)
    expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("20 of 20")
    other = started(gateway, 0)
    expect(page.locator("tbody tr").first).to_have_attribute("data-run", other)


def test_a_lost_connection_is_reported_and_resumed_without_missing_or_duplicate_rows(
    page: Page, gateway: ScriptedGateway
) -> None:
    run_id = started(gateway)
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.goto(f"/runs/{run_id}")
    expect(page.locator("attempts-table .row")).to_have_count(20)
    gateway.call(gateway.hub.disconnect)
    expect(page.get_by_role("alert")).to_contain_text("Connection lost, reconnecting")
    gateway.advance(run_id, 41)
    gateway.call(gateway.hub.accept_again)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    gateway.advance(run_id, 3)
    page.wait_for_function(_SAME, arg=true_rows(page, run_id))
    assert shown_rows(page) == true_rows(page, run_id)
    done = api(page, f"/runs/{run_id}")["progress"]["done"]
    expect(page.locator("dl.facts")).to_contain_text(re.compile(rf"Done\s*{done}\s*of 20"))


def test_a_missing_fact_triggers_a_new_snapshot(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.goto(f"/runs/{run_id}")
    expect(page.locator("attempts-table .row")).to_have_count(20)
    gateway.call(gateway.hub.drop_facts, 7)
    gateway.advance(run_id, 9)
    page.wait_for_function(_SAME, arg=true_rows(page, run_id))


def test_the_runs_page_is_correct_after_a_reconnect(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 5)
    page.goto("/runs")
    expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("running")
    gateway.call(gateway.hub.disconnect)
    expect(page.get_by_role("alert")).to_be_visible()
    gateway.advance(run_id, 10_000)
    other = started(gateway, 0)
    gateway.call(gateway.hub.accept_again)
    expect(page.locator(f"tr[data-run='{run_id}']")).to_contain_text("finished")
    expect(page.locator(f"tr[data-run='{other}']")).to_have_count(1)


def test_delayed_updates_are_reported(page: Page, gateway: ScriptedGateway) -> None:
    page.goto("/runs")
    expect(page.locator("[data-connection=live]")).to_be_visible()
    gateway.call(gateway.hub.degrade, "the bus is not responding")
    expect(page.get_by_role("alert")).to_contain_text("the bus is not responding")
    gateway.call(gateway.hub.degrade, "")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_attempt_is_shown_live_until_its_verdict(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 6)
    attempt_id = f"{run_id}-1"
    page.goto(f"/attempts/{attempt_id}?tab=logs")
    expect(page.locator("live-tail")).to_be_visible()
    line = TailLine(attempt_id=attempt_id, token=1, kind=TailKind.STDOUT, text="\x1b[32mhello\x1b[0m\n", time=now())
    gateway.call(gateway.hub.tail, attempt_id, line, dropped=2)
    expect(page.locator("live-tail .line")).to_contain_text("hello")
    expect(page.locator("live-tail")).to_contain_text("2 lines not received live")
    gateway.advance(run_id, 10_000)
    expect(page.locator("#outcome")).to_contain_text("passed")
    page.get_by_role("tab", name="Overview").click()
    expect(page.get_by_role("region", name="Checks")).to_contain_text("hidden tests")


def test_a_paused_tail_does_not_change(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 6)
    attempt_id = f"{run_id}-1"
    page.goto(f"/attempts/{attempt_id}?tab=logs")
    page.locator("live-tail").wait_for()

    def send_line(number: int) -> None:
        text = f"number {number}\n"
        line = TailLine(attempt_id=attempt_id, token=1, kind=TailKind.STDOUT, text=text, time=now())
        gateway.call(gateway.hub.tail, attempt_id, line)

    send_line(1)
    expect(page.locator("live-tail .line")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    send_line(2)
    expect(page.locator("live-tail")).to_contain_text("paused")
    expect(page.locator("live-tail .line")).to_have_count(1)
    page.get_by_role("button", name="Follow").click()
    expect(page.locator("live-tail .line")).to_have_count(2)


def test_the_leaderboard_is_updated_live(page: Page, gateway: ScriptedGateway) -> None:
    page.goto("/leaderboard")
    expect(page.locator("pre")).to_be_visible()
    gateway.advance(started(gateway), 10_000)
    expect(page.locator("tr[data-model=oracle]")).to_contain_text("100 %")


_SAME = """rows => {
  const find = (root, name) => root.querySelector(name)?.shadowRoot;
  const table = find(find(find(document, "assay-app"), "run-page"), "attempts-table");
  const shown = [...table.querySelectorAll(".row")].map(row => [row.dataset.attempt, row.dataset.state]);
  return shown.length === Object.keys(rows).length && shown.every(([name, state]) => rows[name] === state);
}"""
