"""The real system as seen in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.conftest import PAGE_MILLISECONDS
from tests.runner.solvers.command_task import COMMAND_TASK, catalog_with_command_task
from tests.system.harness import Stack, running_stack
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.browser

ROWS_EQUAL = """rows => {
  const find = (root, name) => root.querySelector(name)?.shadowRoot;
  const table = find(find(find(document, "assay-app"), "run-page"), "attempts-table");
  const shown = [...table.querySelectorAll(".row")].map(row => [row.dataset.attempt, row.dataset.state]);
  return shown.length === Object.keys(rows).length && shown.every(([name, state]) => rows[name] === state);
}"""


@pytest.fixture(scope="module")
def stack(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    catalog = catalog_with_command_task(tmp_path_factory.mktemp("catalog"))
    with running_stack("--runners", "2", "--judges", "2", ASSAY_CATALOG=str(catalog)) as running:
        yield running


@pytest.fixture
def proxy(stack: Stack) -> Iterator[TcpProxy]:
    with TcpProxy(int(stack.url.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def page(chromium: Browser, proxy: TcpProxy) -> Iterator[Page]:
    context = chromium.new_context(base_url=proxy.url, viewport={"width": 1280, "height": 1800})
    page = context.new_page()
    page.set_default_timeout(PAGE_MILLISECONDS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfinished", lambda request: errors.extend(refusal(request)))
    yield page
    context.close()
    assert errors == []


def refusal(request: Request) -> list[str]:
    """The request, if the gateway refused it: the dashboard sends only valid ones."""
    response = request.response()
    return [f"{response.status} {request.url}"] if response and 400 <= response.status < 500 else []


def test_every_page_loads_without_a_refused_request(stack: Stack, page: Page) -> None:
    pages = (("/", "Runs"), ("/leaderboard", "Leaderboard"), ("/costs", "Costs"), ("/models", "Models"))
    for path, heading in pages:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        page.wait_for_load_state("networkidle")


def outcomes(stack: Stack, run_id: str) -> dict[str, Any]:
    return {a["attempt_id"]: a["outcome"] or a["state"] for a in stack.attempts(run_id)}


def shown_rows(page: Page) -> dict[str, Any]:
    rows = page.locator("attempts-table .row").evaluate_all(
        "rows => rows.map(row => [row.dataset.attempt, row.dataset.state])"
    )
    assert len(rows) == len({name for name, _ in rows}), "a row is shown twice"
    return dict(rows)


def test_a_run_page_recovers_from_a_cut_connection(stack: Stack, proxy: TcpProxy, page: Page) -> None:
    tasks = ["add_two", "run_length", "merge_intervals", "bounded_cache"]
    run_id = stack.submit(tasks=tasks, models=["oracle", "nop"], name="a cut connection")
    page.goto(f"/runs/{run_id}")
    stack.wait(run_id, lambda run: run["progress"]["done"] > 1)
    proxy.cut()
    expect(page.get_by_role("alert")).to_contain_text("Connection lost")
    done = stack.run(run_id)["progress"]["done"]
    stack.wait(run_id, lambda run: run["progress"]["done"] > done or run["status"] == "finished")
    proxy.restore()
    expect(page.get_by_role("alert")).to_have_count(0)
    stack.finish(run_id)
    page.wait_for_function(ROWS_EQUAL, arg=outcomes(stack, run_id))
    assert shown_rows(page) == outcomes(stack, run_id)
    expect(page.locator("run-page")).to_contain_text("finished")


def test_a_finished_run_appears_on_the_open_leaderboard(stack: Stack, page: Page) -> None:
    page.goto("/leaderboard?category=classification")
    expect(page.locator(".empty-state")).to_be_visible()
    run_id = stack.submit(tasks=["ticket_routing"], models=["oracle", "nop"])
    stack.finish(run_id)
    expect(page.locator("tbody tr").first).to_contain_text("oracle")
    expect(page.locator("tbody tr").first).to_contain_text("100")


def steps_are_live(page: Page, attempt_id: str) -> bool:
    """Whether the attempt's steps are shown before it ends."""
    page.goto(f"/attempts/{attempt_id}?tab=steps")
    expect(page.locator("agent-steps .step").first).to_contain_text("message")
    running = page.locator("agent-steps .activity").count() == 1
    return running and page.locator("#outcome").count() == 0


_STEPS = "rows => rows.map(row => [row.dataset.step, row.textContent.replace(/\\s+/g, ' ')])"


def test_an_agents_steps_are_shown_live_and_unchanged_afterwards(stack: Stack, page: Page) -> None:
    """The steps of the built-in agent, and those of an external program, derived from its requests."""
    steps = page.locator("agent-steps .step")
    attempts, live, tries = list[str](), False, 0
    while not live and tries < 5:  # a page can be too late to show steps live
        run_id = stack.submit(tasks=["invoice_totals", COMMAND_TASK], models=["scripted/repairer"])
        attempts = [row["attempt_id"] for row in stack.attempts(run_id)]
        live, tries = steps_are_live(page, attempts[0]), tries + 1
        stack.finish(run_id)
    assert live
    for attempt_id in attempts:
        if attempt_id not in page.url:
            page.goto(f"/attempts/{attempt_id}?tab=steps")
        expect(page.locator("#outcome")).to_contain_text("passed")
        expect(page.locator("agent-steps .activity")).to_have_count(0)
        expect(steps.filter(has_text="call bash").first).to_be_visible()
        before = steps.evaluate_all(_STEPS)
        page.goto(f"/attempts/{attempt_id}#step-5")
        page.reload()
        expect(page.locator("#step-5")).to_be_focused()
        assert steps.evaluate_all(_STEPS) == before
        expect(page.locator("[data-meter=turns]")).to_contain_text("8 of 30")
        page.get_by_role("tab", name="Patch").click()
        expect(page.locator("patch-artifact summary").first).to_contain_text("billing/")
