"""The run page shows the metrics over all samples, if the run's checks have any."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from assay.contracts.run_metrics import Mean, RunMetrics, SetKind, SetMetrics, TaskMetrics
from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import ScriptedGateway
from tests.web.test_access import violations_in_all_themes
from tests.web.test_causes import gaps

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.pwned=1>"
SETS = (
    SetMetrics(check="classification", kind=SetKind.CLASSIFICATION, n=1200, unreadable=3, metrics={"f1": 2 / 3}),
    SetMetrics(check=HOSTILE, kind=SetKind.REGRESSION, n=1200, metrics={"mean_absolute_error": 1e300}),
)
METRICS = RunMetrics(
    items=(
        TaskMetrics(model="oracle", task_id="mood", n=1200, means={"ok": Mean(value=0.9975, n=1190)}, sets=SETS),
        TaskMetrics(model="nop", task_id="mood", n=1200, means={"ok": Mean(value=0.0, n=1200)}),
    )
)


def test_metrics_have_a_line_each_and_names_are_text(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("oracle",), suite="coding"))
    gateway.runs.by_id[run_id].metrics = METRICS
    gateway.advance(run_id, 10_000)
    page.goto(f"/runs/{run_id}")
    table = page.get_by_role("region", name="Metrics over all samples")
    cells = [[cell.inner_text() for cell in row.locator("th, td").all()] for row in wait_for_rows(page).all()]
    assert cells == [
        ["mood", "mean ok", "0.9975 n 1,190", "0 n 1,200"],
        ["mood", "f1", "0.66667 n 1,200, 3 unreadable", "–"],
        ["mood", f"{HOSTILE}: mean absolute error", "1e+300 n 1,200", "–"],
    ]
    expect(table).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert min(gaps(page)) >= 12
    assert not violations_in_all_themes(page)


def test_metrics_fit_narrow_windows(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("oracle",), suite="coding"))
    gateway.runs.by_id[run_id].metrics = METRICS
    gateway.advance(run_id, 10_000)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("region", name="Metrics over all samples")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_run_whose_checks_measure_nothing_has_no_table(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("oracle",), suite="coding"))
    gateway.advance(run_id, 10_000)
    with page.expect_response(lambda response: response.url.endswith("/metrics")):
        page.goto(f"/runs/{run_id}")
    expect(page.locator("run-page")).to_contain_text("finished")
    expect(page.locator("metrics-panel section")).to_have_count(0)


def wait_for_rows(page: Page) -> Locator:
    rows = page.get_by_role("region", name="Metrics over all samples").locator("tbody tr")
    expect(rows).to_have_count(3)
    return rows
