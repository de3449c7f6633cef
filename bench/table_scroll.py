"""Scrolling the attempts table of the dashboard in a real Chromium: time of the main thread per frame."""

from __future__ import annotations

import argparse
import os
import sys

from msgspec.structs import replace
from playwright.sync_api import Browser, CDPSession, sync_playwright

from assay.contracts.attempts import State
from assay.contracts.facts import RunFinished
from assay.contracts.runs import RunRequest, RunStatus
from assay.contracts.verdicts import Outcome
from tests.web.scripted_gateway.scripted_runs import ScriptedRuns, now
from tests.web.scripted_gateway.server import ScriptedGateway

FRAMES = 200
PIXELS_PER_FRAME = 60
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
MODELS = tuple(f"openai/model-{number}" for number in range(12))

FORMATTER_PER_CELL = """
const format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, "format");
Object.defineProperty(Intl.DateTimeFormat.prototype, "format", { get() {
  const { locale } = this.resolvedOptions();
  return date => new Date(date).toLocaleString(locale, { dateStyle: "medium", timeStyle: "long" });
} });
"""
"""As the table did before: ``toLocaleString`` creates a formatter."""
SCROLL = """async ([frames, pixels]) => {
  const find = (root, name) => root.querySelector(name).shadowRoot;
  const table = find(find(find(document, "assay-app"), "run-page"), "attempts-table").querySelector(".scroll");
  const start = performance.now();
  for (let frame = 0; frame < frames; frame += 1) {
    table.scrollTop += pixels;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - start;
}"""


def finished_run(runs: ScriptedRuns, repeats: int) -> str:
    scripted = runs.submit(RunRequest(models=MODELS, suite="coding", repeats=repeats))
    for ordinal, attempt in enumerate(scripted.attempts):
        outcome = (Outcome.PASSED, Outcome.FAILED)[ordinal % 2]
        scripted.attempts[ordinal] = replace(attempt, state=State.DONE, outcome=outcome, score=0.5, changed_at=now())
    runs.change_run(scripted, RunFinished, status=RunStatus.FINISHED, finished_at=now())
    return scripted.run.run_id


def main_thread_seconds(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def measure(browser: Browser, url: str, script: str = "") -> tuple[float, float]:
    """Milliseconds of the main thread per frame, and frames per second."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    if script:
        page.add_init_script(script)
    page.goto(url)
    page.locator("attempts-table .row").first.wait_for(timeout=60_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(SCROLL, [20, PIXELS_PER_FRAME])
    before = main_thread_seconds(session)
    elapsed_ms = page.evaluate(SCROLL, [FRAMES, PIXELS_PER_FRAME])
    used_ms = 1000 * (main_thread_seconds(session) - before)
    page.close()
    return used_ms / FRAMES, 1000 * FRAMES / elapsed_ms


def main(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.table_scroll", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(options)
    path = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
    with ScriptedGateway() as gateway, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        runs = {60 * repeats: gateway.call(finished_run, gateway.runs, repeats) for repeats in (100, 10)}
        for _ in range(given.rounds):
            for rows, run_id in runs.items():
                for name, script in (("one formatter", ""), ("one per cell", FORMATTER_PER_CELL)):
                    per_frame, fps = measure(browser, f"{gateway.url}/runs/{run_id}", script)
                    print(f"{rows:,} rows, {name}: {per_frame:.1f} ms of the main thread per frame, {fps:.0f} frames/s")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
