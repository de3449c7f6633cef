"""The run page: pause, resume, cancel, restart and change limits; wait reasons and warnings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from assay.contracts.attempts import State
from assay.contracts.runs import RunLimits, RunRequest, WaitReason
from tests.web.scripted_gateway import run_control
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser
PRICED = ("nop", "openai/gpt-4o-mini")
EVIL = "<img src=x onerror=window.pwned=9><script>window.pwned=9</script>\u202elive"


def started(gateway: ScriptedGateway, steps: int = 14, models: tuple[str, ...] = PRICED, cost: str | None = "1") -> str:
    request = RunRequest(models=models, suite="coding", limits=RunLimits(cost_usd=cost))
    run_id = gateway.submit(request)
    gateway.advance(run_id, steps)
    return run_id


def sent(page: Page, selector: str, path: str) -> Any:
    """The body that is sent to ``path`` when ``selector`` is clicked."""
    with page.expect_request(lambda request: request.url.endswith(path) and request.method != "GET") as sent_request:
        page.locator(selector).click()
    return json.loads(sent_request.value.post_data or "null")


def test_a_run_is_paused_and_resumed(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    sent(page, "#pause", f"/runs/{run_id}/pause")
    expect(page.locator("dl.facts")).to_contain_text("paused")
    expect(page.locator("[data-notice=waits]")).to_have_text(re.compile("Paused. No new attempts start"))
    expect(page.locator("#pause")).to_have_count(0)
    sent(page, "#resume", f"/runs/{run_id}/resume")
    expect(page.locator("dl.facts")).to_contain_text("running")
    expect(page.locator("[data-notice=waits]")).to_have_count(0)


def test_a_recalled_attempt_is_marked_until_it_is_queued(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 0)
    gateway.advance(run_id, 1)
    (queued,) = [row for row in gateway.runs.by_id[run_id].attempts if row.state is State.QUEUED]
    page.goto(f"/runs/{run_id}")
    row = page.locator(f"[data-attempt='{queued.attempt_id}']")
    expect(row).to_contain_text("queued")
    gateway.call(run_control.recall, gateway.runs, queued, "The limit of the day has no room for it.")
    expect(row).to_contain_text("waiting")
    expect(row.locator(".recalled")).to_have_attribute("title", "The limit of the day has no room for it.")
    gateway.advance(run_id, 30)
    expect(row.locator(".recalled")).to_have_count(0)


def test_cancelling_shows_the_grace_period_and_attempts_in_progress(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    page.locator("#cancel").click()
    expect(page.locator("cancel-dialog")).to_contain_text("10 seconds")
    expect(page.locator("cancel-dialog")).to_contain_text("cannot be undone")
    sent(page, "#confirm", f"/runs/{run_id}/cancel")
    expect(page.locator("dl.facts")).to_contain_text("cancelling")
    expect(page.locator("[data-notice=cancelling]")).to_contain_text(
        re.compile("Still in progress: .*(running|executed)")
    )
    expect(page.locator("#cancel")).to_have_count(0)
    expect(page.locator("attempts-table .row[data-state=waiting]")).to_have_count(0)
    gateway.call(run_control.end_grace, gateway.runs, run_id)
    expect(page.locator("dl.facts")).to_contain_text("cancelled")
    expect(page.locator("[data-notice=reason]")).to_contain_text("It was cancelled.")
    expect(page.locator("[data-notice=cancelling]")).to_have_count(0)


def test_errors_are_retried_in_a_new_run_that_links_to_the_old_one(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 40)
    gateway.call(run_control.cancel, gateway.runs, run_id)
    gateway.call(run_control.end_grace, gateway.runs, run_id)
    reused_count = sum(1 for row in gateway.runs.by_id[run_id].attempts if row.score is not None)
    assert reused_count
    page.goto(f"/runs/{run_id}")
    page.locator("#retry").click()
    expect(page.locator("restart-dialog")).to_contain_text("Retry errors only")
    body = sent(page, "#again", f"/runs/{run_id}/restart")
    assert (body["fresh"], body["limits"]["cost_usd"]) == (False, "1")
    expect(page).to_have_url(re.compile(f"/runs/(?!{run_id})[0-9a-z]{{26}}$"))
    expect(page.locator("[data-notice=restarts]")).to_contain_text(f"{reused_count} results reused")
    reused = page.locator("attempts-table .aside").first
    expect(reused).to_have_attribute("href", re.compile(f"/attempts/{run_id}-"))
    page.locator("[data-notice=restarts] a").click()
    expect(page).to_have_url(re.compile(f"/runs/{run_id}$"))


def test_running_everything_again_reuses_no_results(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 10_000, ("nop",))
    page.goto(f"/runs/{run_id}")
    expect(page.locator("#retry")).to_have_count(0)
    page.locator("#restart").click()
    page.locator("restart-dialog #cost").fill("2.5")
    body = sent(page, "#again", f"/runs/{run_id}/restart")
    assert (body["fresh"], body["limits"]["cost_usd"]) == (True, "2.5")
    expect(page.locator("[data-notice=restarts]")).not_to_contain_text("reused")
    expect(page.locator("attempts-table .aside")).to_have_count(0)


def test_a_reused_attempt_links_to_the_original(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 10_000, ("nop",))
    again = gateway.call(run_control.restart, gateway.runs, run_id, False, None).run_id
    page.goto(f"/attempts/{again}-3")
    page.locator("#reused a").click()
    expect(page).to_have_url(re.compile(f"/attempts/{run_id}-3$"))


def test_limits_and_priority_can_be_changed(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    page.locator("#limits").click()
    expect(page.locator("#cost")).to_be_focused()
    expect(page.locator("#minutes")).to_have_value("180")
    page.locator("#cost").fill("a lot")
    page.locator("#change").click()
    expect(page.locator("#cost-errors")).to_contain_text("Enter an amount like 0.25")
    page.locator("#cost").fill("0.00001")
    expect(page.locator("#below")).to_contain_text("finished attempts are kept")
    page.locator("#cost").fill("2.50")
    page.locator("#concurrency").fill("4")
    page.locator("#priority").fill("8")
    body = sent(page, "#change", f"/runs/{run_id}")
    limits = {"cost_usd": "2.5", "seconds": 10_800, "concurrency": 4, "no_progress_seconds": 600}
    assert body == {"limits": limits, "priority": 8}
    expect(page.locator("[aria-label=Money]")).to_contain_text("limit $2.50")
    expect(page.locator("dl.facts")).to_contain_text(re.compile(r"Priority\s*8"))


def test_money_is_updated_live(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 12, cost="0.01")
    page.goto(f"/runs/{run_id}")
    bar = page.locator("budget-bar [role=img]")
    expect(bar).to_have_attribute("aria-label", re.compile(r"^This run: .* held of \$0\.01, "))
    held = page.locator("attempts-table .held").first
    expect(held).to_contain_text("held")
    before = bar.get_attribute("aria-label")
    gateway.advance(run_id, 30)
    expect(bar).not_to_have_attribute("aria-label", before or "")
    expect(page.locator(".forecast")).to_contain_text("Worst case")
    gateway.advance(run_id, 10_000)
    expect(page.locator(".forecast")).to_have_count(0)
    expect(page.locator("budget-bar")).to_contain_text(re.compile(r"held\s*\$0"))


def test_a_warning_is_a_toast_and_a_permanent_notice(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=PRICED, suite="demo"))
    page.goto(f"/runs/{run_id}")
    expect(page.locator("dl.facts")).to_be_visible()
    gateway.call(run_control.warn, gateway.runs, run_id, "day", 80, "80 % of the day's limit of $20 is reached.", "20")
    expect(page.locator("wa-toast-item")).to_contain_text("80 % of the day's limit")
    expect(page.locator("[data-notice=warned-day]")).to_contain_text("80 % of the day's limit of $20 is reached.")
    warned = gateway.runs.by_id[run_id].run.sequence
    gateway.advance(run_id, 180)
    assert gateway.runs.by_id[run_id].run.sequence > warned + 150
    page.reload()
    expect(page.locator("[data-notice=warned-day]")).to_contain_text("80 % of the day's limit of $20 is reached.")
    expect(page.locator("wa-toast-item")).to_have_count(0)


def test_a_warning_disappears_when_the_limit_is_raised(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    expect(page.locator("dl.facts")).to_be_visible()
    gateway.call(run_control.warn, gateway.runs, run_id, "run", 80, "")
    expect(page.locator("[data-notice=warned-run]")).to_contain_text("80 % of this run's limit of $1.00 reached")
    gateway.call(run_control.change, gateway.runs, run_id, RunLimits(cost_usd="5"), None)
    expect(page.locator("[data-notice=warned-run]")).to_have_count(0)


def test_wait_reasons_and_stalls_are_shown(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    gateway.call(run_control.wait, gateway.runs, run_id, WaitReason.NO_RUNNER, "The last one left 40 s ago.")
    waits = page.locator("[data-notice=waits]")
    expect(waits).to_contain_text(re.compile("Waiting for a runner for .* s. The last one left"))
    expect(waits.locator("time")).to_be_visible()
    gateway.call(run_control.stall, gateway.runs, run_id, "No runner is connected.")
    stalled = page.locator("[data-notice=stalled]")
    expect(stalled).to_contain_text("No progress for 10 min 00 s. No runner is connected.")
    page.reload()
    expect(stalled).to_contain_text("No runner is connected.")
    gateway.advance(run_id, 1)
    expect(stalled).to_have_count(0)


def test_a_stopped_model_is_shown_with_what_to_do(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    remedy = f"set the key, then repeat these attempts with `assay runs retry {run_id}`"
    gateway.call(run_control.stop_model, gateway.runs, run_id, "openai/o1", f"no key {EVIL}", remedy)
    notice = page.locator("[data-notice='stopped-openai/o1']")
    expect(notice).to_contain_text("openai/o1 is stopped. No key <img src=x onerror=")
    expect(notice).to_contain_text("Its remaining attempts end without being executed. Set the key")
    expect(notice.locator("code")).to_have_text(f"assay runs retry {run_id}")
    expect(notice.locator(".mark")).to_have_text("U+202E")
    page.reload()
    expect(notice).to_be_visible()


def test_a_wait_for_a_provider_counts_down(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    until = datetime.now(UTC) + timedelta(seconds=90)
    gateway.call(run_control.wait, gateway.runs, run_id, WaitReason.OUTAGE, "mock/m is rate limited (429)", until)
    waits = page.locator("[data-notice=waits]")
    expect(waits).to_contain_text("Waiting for the provider for")
    expect(waits).to_contain_text(
        re.compile(r"\. mock/m is rate limited \(429\)\. Requests continue in 1 min \d\d s\.")
    )
    first = waits.inner_text()
    expect(waits).not_to_have_text(first)
    gateway.call(run_control.wait, gateway.runs, run_id, None)
    expect(waits).to_have_count(0)


def test_the_time_limit_counts_down(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 0)
    page.goto(f"/runs/{run_id}")
    expect(page.locator("dl.facts")).to_contain_text(re.compile(r"Time limit\s*3 h 00 min"))
    gateway.advance(run_id, 1)
    expect(page.locator("#deadline")).to_contain_text(re.compile(r"(2 h 59|3 h 00) min\s*left of 3 h 00 min"))


def test_reasons_are_rendered_as_text(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway)
    page.goto(f"/runs/{run_id}")
    expect(page.locator("dl.facts")).to_be_visible()
    gateway.call(run_control.wait, gateway.runs, run_id, WaitReason.BUDGET, EVIL)
    gateway.call(run_control.warn, gateway.runs, run_id, "project", 100, EVIL)
    gateway.call(run_control.stall, gateway.runs, run_id, EVIL)
    for name in ("waits", "warned-project", "stalled"):
        expect(page.locator(f"[data-notice={name}]")).to_contain_text("<img src=x onerror=")
        expect(page.locator(f"[data-notice={name}] .mark")).to_have_text("U+202E")
    expect(page.locator("wa-toast-item")).to_contain_text("<script>")
    scripted = gateway.runs.by_id[run_id]
    gateway.call(run_control.recall, gateway.runs, replace(scripted.unfinished[-1], state=State.QUEUED), EVIL)
    gateway.call(run_control.cancel, gateway.runs, run_id)
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None
    page.goto(f"/runs?search={run_id}")
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None


def test_an_attempt_shows_held_money_and_why_it_was_recalled(page: Page, gateway: ScriptedGateway) -> None:
    run_id = started(gateway, 0, ("openai/gpt-4o-mini",))
    page.goto(f"/attempts/{run_id}-0")
    expect(page.locator("#state")).to_contain_text("waiting")
    scripted = gateway.runs.by_id[run_id]
    for _ in range(2):
        gateway.call(gateway.runs.advance_attempt, scripted, scripted.attempts[0])
    expect(page.locator("#held")).to_contain_text("$0.00")
    gateway.call(
        run_control.recall, gateway.runs, replace(scripted.attempts[0], held_usd="0"), f"The budget is used up. {EVIL}"
    )
    expect(page.locator("#recalled")).to_contain_text("The budget is used up. <img src=x")
    expect(page.locator("#held")).to_have_count(0)
    assert page.evaluate("window.pwned") is None
