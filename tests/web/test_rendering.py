"""How pages are drawn: bars while they change, formatters, colours with a meaning, forced colours, toasts."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Locator, Page, expect

from assay.contracts.attempts import State
from assay.contracts.facts import RunFinished
from assay.contracts.runs import RunRequest, RunStatus
from assay.contracts.verdicts import Outcome
from tests.conftest import PAGE_MILLISECONDS
from tests.web.scripted_gateway import agent_transcripts
from tests.web.scripted_gateway.scripted_runs import ScriptedRuns, now
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser


def finished_with(runs: ScriptedRuns, outcomes: Sequence[Outcome]) -> str:
    """A finished run whose first attempts ended so; the others passed."""
    scripted = runs.submit(RunRequest(models=("oracle",), suite="coding"))
    for ordinal, attempt in enumerate(scripted.attempts):
        outcome = outcomes[ordinal] if ordinal < len(outcomes) else Outcome.PASSED
        score = {Outcome.PASSED: 1.0, Outcome.FAILED: 0.0}.get(outcome)
        scripted.attempts[ordinal] = replace(attempt, state=State.DONE, outcome=outcome, score=score)
    runs.change_run(scripted, RunFinished, status=RunStatus.FINISHED, finished_at=now())
    return scripted.run.run_id


# --- the progress bar

_CHANGE = """async ({ before, after }) => {
  const bar = document.createElement("outcome-bar");
  document.body.append(bar);
  bar.progress = before;
  await bar.updateComplete;
  bar.getBoundingClientRect();
  bar.progress = after;
  await bar.updateComplete;
  const spans = [...bar.shadowRoot.querySelectorAll(".bar span")];
  const shown = spans.map(span => [span.className, Number(getComputedStyle(span).flexGrow)]);
  bar.remove();
  return shown;
}"""
"""The size of each part in the first moment after the change, when the transition starts."""


def progress(**counts: int) -> dict[str, Any]:
    states = {"waiting": 0, "queued": 0, "running": 0, "executed": 0, "grading": 0, "done": 0}
    outcomes = {name: number for name, number in counts.items() if name not in states}
    return {**states, **{name: counts[name] for name in counts if name in states}, "outcomes": outcomes}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (progress(passed=900, waiting=5100), progress(passed=900, failed=1, waiting=5099)),
        (progress(passed=900, grading=2, queued=20, waiting=5078), progress(passed=902, queued=20, waiting=5078)),
        (progress(executed=1, queued=20, waiting=5979), progress(passed=1, grading=1, queued=18, waiting=5980)),
    ],
)
def test_no_part_of_the_progress_bar_takes_the_size_of_another(
    page: Page, before: dict[str, Any], after: dict[str, Any]
) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/runs")
    page.evaluate("customElements.whenDefined('outcome-bar')")
    shown = page.evaluate(_CHANGE, {"before": before, "after": after})
    sizes = [{**one, **one["outcomes"]} for one in (before, after)]
    assert [name for name, _ in shown] == [name for name, _ in shown if sizes[1].get(name)]
    for name, size in shown:
        assert size in (sizes[0].get(name) or sizes[1][name], sizes[1][name]), f"{name} is drawn as {size}"


# --- formatters

_COUNT_FORMATTERS = """() => {
  window.formatters = 0;
  for (const name of ["DateTimeFormat", "NumberFormat", "RelativeTimeFormat"]) {
    Intl[name] = new Proxy(Intl[name], {
      construct(target, given) { window.formatters += 1; return new target(...given); },
      apply(target, _, given) { window.formatters += 1; return new target(...given); },
    });
  }
  for (const type of [Date, Number, BigInt])
    for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
      const original = type.prototype[name];
      if (original) type.prototype[name] = function (...given) {
        window.formatters += 1;
        return original.apply(this, given);
      };
    }
}"""
"""``toLocaleString`` creates a formatter too."""


def test_no_page_creates_a_formatter_per_cell(chromium: Browser, gateway: ScriptedGateway) -> None:
    models = tuple(f"openai/model-{number}" for number in range(40))
    run_id = gateway.submit(RunRequest(models=models, suite="coding"))
    gateway.advance(run_id, 1_000)
    context = chromium.new_context(base_url=gateway.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PAGE_MILLISECONDS)
    context.add_init_script(f"({_COUNT_FORMATTERS})()")
    page = context.new_page()
    page.goto(f"/runs/{run_id}")
    expect(page.locator("attempts-table time").first).to_be_visible()
    loaded = page.evaluate("formatters")
    page.locator("attempts-table .scroll").evaluate("""async table => {
      for (let top = 0; top < table.scrollHeight; top += table.clientHeight) {
        table.scrollTop = top;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
      }
    }""")
    expect(page.locator("attempts-table .row[aria-rowindex='401']")).to_be_visible()
    assert 0 < loaded <= 12
    assert page.evaluate("formatters") == loaded
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.locator("tr[data-run]")).to_have_count(1)
    page.evaluate("window.before = formatters")
    gateway.advance(run_id, 200)
    expect(page.locator("tr[data-run]")).to_contain_text(re.compile(r"\d+ of 400"))
    assert page.evaluate("formatters - before") == 0
    context.close()


# --- colours with a meaning


@pytest.mark.parametrize(
    ("outcomes", "text", "colour"),
    [
        ((), "finished", "--passed"),
        ((Outcome.FAILED,) * 10, "finished", "--done"),
        ((Outcome.INFRA_ERROR,), "finished with errors", "--timeout"),
        ((Outcome.INFRA_ERROR,) * 5, "finished with errors", "--failed"),
        ((Outcome.INFRA_ERROR,) * 10, "finished with errors", "--failed"),
        ((Outcome.FAILED,) * 9 + (Outcome.INFRA_ERROR,), "finished with errors", "--failed"),
    ],
)
def test_a_finished_run_is_green_only_if_attempts_succeeded(
    page: Page, gateway: ScriptedGateway, outcomes: Sequence[Outcome], text: str, colour: str
) -> None:
    run_id = gateway.call(finished_with, gateway.runs, outcomes)
    for path, place in (("/runs", "tr[data-run] td.status"), (f"/runs/{run_id}", "dl.facts")):
        page.goto(path)
        shown = page.locator(f"{place} .badge")
        expect(shown).to_have_text(text)
        assert shown.locator("i").evaluate(
            """(dot, token) => {
              const probe = document.createElement("i");
              probe.style.color = `var(${token})`;
              document.body.append(probe);
              const wanted = getComputedStyle(probe).color;
              probe.remove();
              return getComputedStyle(dot).backgroundColor === wanted;
            }""",
            colour,
        ), f"{text} is not {colour}"


# --- screen readers, forced colours


def test_a_cell_of_the_score_matrix_is_read_as_a_sentence(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.submit(RunRequest(models=("oracle",), suite="coding", repeats=3))
    gateway.advance(run_id, 10_000)
    page.goto(f"/runs/{run_id}")
    cell = page.locator("score-matrix td a").first
    expect(cell).to_have_accessible_name(re.compile(r"^mean score 1\.00 ?, \d+/\d+ attempts done$"))


@pytest.mark.parametrize("path", ["/nothing/here", "/runs/zzz", "/attempts/zzz-1"])
def test_a_page_that_does_not_exist_has_a_main_heading(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("not found|Unknown", re.IGNORECASE))


_COLOURS = """async png => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const counts = new Map();
  for (let index = 0; index < data.length; index += 4) {
    const colour = data.slice(index, index + 3).join();
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts.values()].filter(count => count > 8).length;
}"""


def drawn_colours(place: Locator) -> int:
    """How many colours cover more than a few pixels of the element."""
    return place.page.evaluate(_COLOURS, base64.b64encode(place.screenshot()).decode())


def test_bars_and_dots_are_visible_with_forced_colours(page: Page, gateway: ScriptedGateway) -> None:
    run_id = gateway.call(finished_with, gateway.runs, (Outcome.FAILED, Outcome.TIMEOUT, Outcome.INFRA_ERROR))
    page.goto(f"/runs/{run_id}")
    places = {
        "bar": page.locator("outcome-bar .bar"),
        "legend": page.locator("outcome-bar li").first,
        "status": page.locator("dl.facts .badge i").first,
        "connection": page.locator("assay-status-bar .dot"),
    }
    expect(places["connection"]).to_be_visible()
    page.emulate_media(forced_colors="active")
    try:
        colours = {name: drawn_colours(place) for name, place in places.items()}
        page.goto("/leaderboard")
        colours["pass rate"] = drawn_colours(page.locator("tr[data-model] .bar").first)
    finally:
        page.emulate_media(forced_colors="none")
    assert colours["bar"] >= 4
    assert [name for name, number in colours.items() if number < 2] == []


# --- the status bar


def test_the_status_bar_links_to_the_readable_reference(page: Page) -> None:
    page.goto("/runs")
    expect(page.locator("assay-status-bar").get_by_role("link", name="API")).to_have_attribute("href", "/docs")


_KEEP_TOASTS = """() => new MutationObserver(changes => {
  const added = changes.flatMap(change => [...change.addedNodes]);
  for (const node of added) if (node.localName === "wa-toast-item") node.duration = Infinity;
}).observe(document.body, { childList: true, subtree: true })"""
"""On a busy machine a toast is gone before it is looked at."""


@pytest.mark.parametrize("width", [1440, 390])
def test_toasts_do_not_cover_the_status_bar(page: Page, gateway: ScriptedGateway, width: int) -> None:
    attempt_id = gateway.call(agent_transcripts.start_attempt, gateway.runs)
    transcript = agent_transcripts.transcript(agent_transcripts.repair_steps())
    gateway.call(agent_transcripts.finish_attempt, gateway.runs, attempt_id, transcript)
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"/attempts/{attempt_id}?tab=steps")
    page.evaluate(_KEEP_TOASTS)
    page.get_by_role("button", name="Copy the link to step 3").click()
    toast = page.locator("wa-toast-item")
    expect(toast).to_be_visible()
    page.wait_for_function("document.getAnimations().every(one => one.playState !== 'running')")
    bar, box = page.locator("assay-status-bar").bounding_box(), toast.bounding_box()
    assert bar and box
    assert box["y"] + box["height"] <= bar["y"]
    link = page.locator("assay-status-bar").get_by_role("link", name="API")
    link.click(trial=True)
