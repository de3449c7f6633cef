"""`assay import inspect` and `assay import lm-eval` into a real system, seen on its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.catalog.importers.results.inspect_logs import assistant, call, sample, score, tool, user, write_archive
from tests.catalog.importers.results.lm_eval_output import generated, write_output
from tests.cli.harness import run_assay
from tests.conftest import PAGE_MILLISECONDS
from tests.system.harness import Stack

pytestmark = pytest.mark.browser


def imported_run(stack: Stack, folder: Path, *arguments: str) -> str:
    """The id of the run, which importing the same again does not create again."""
    first = run_assay(folder, "import", *arguments, "--server", stack.url)
    assert first.code == 0, first.err
    again = run_assay(folder, "import", *arguments, "--server", stack.url)
    (found,) = [line.split()[2] for line in again.out.splitlines() if line.startswith("unchanged: run ")]
    assert f"imported run {found}" in first.out
    return found


def test_a_log_of_inspect_is_a_run_with_conversations_and_a_leaderboard(
    stack: Stack, chromium: Browser, tmp_path: Path
) -> None:
    talk = [
        user("What is 1 plus 1?"),
        assistant("", tool_calls=[call("add", {"a": 1, "b": 1})]),
        tool("2", "add"),
        assistant("It is 2."),
    ]
    samples = [sample("one", messages=talk), sample("two", scores={"match": score("I", explanation="5 is not 4")})]
    write_archive(tmp_path / "sums.eval", samples)
    run_id = imported_run(stack, tmp_path, "inspect", "sums.eval", "--suite", "system-sums")
    page = chromium.new_page()
    page.set_default_timeout(PAGE_MILLISECONDS)
    page.goto(f"{stack.url}/runs/{run_id}")
    expect(page.get_by_text("Imported from Inspect")).to_contain_text("Assay did neither")
    expect(page.locator("#restart")).to_have_count(0)
    page.goto(f"{stack.url}/attempts/{run_id}-1")
    page.get_by_text("Steps", exact=True).click()
    expect(page.get_by_text("It is 2.").first).to_be_visible()
    page.goto(f"{stack.url}/leaderboard?suite=imported%2Fsystem-sums")
    expect(page.get_by_role("row").filter(has_text="gpt-4o-mini")).to_contain_text("50.0 %")
    page.goto(f"{stack.url}/leaderboard")
    expect(page.get_by_label("Suite")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="gpt-4o-mini")).to_have_count(0)
    page.close()


def test_an_output_of_lm_eval_is_a_run(stack: Stack, tmp_path: Path) -> None:
    write_output(tmp_path / "out", {"animals": [generated(0), generated(1)]})
    run_id = imported_run(stack, tmp_path, "lm-eval", "out")
    run = stack.run(run_id)
    assert (run["status"], run["suite"]) == ("finished", "imported/animals")
    assert run["imported"].startswith("lm-eval")
    assert [attempt["sample_id"] for attempt in stack.attempts(run_id)] == ["0", "1"]
