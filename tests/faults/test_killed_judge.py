"""A judge that is killed while it grades (fault 4): one verdict, byte for byte that of an undisturbed judge."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

import pytest

from assay.contracts.results import VERDICT
from tests.faults.processes.crash_points import POINTS
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.sample_catalog import SANDBOXED, SCRIPTED
from tests.faults.processes.stack import FaultStack, fault_stack

CHECKED = "checked"
TASK = """
id: checked
title: A report that is half right, for checks of many kinds
category: faults
difficulty: trivial
solver: files
outputs: [report.py, totals.csv, labels.csv]
limits: {max_tokens: 256, wall_seconds: 60}
instructions: Write report.py, totals.csv and labels.csv.
checks:
  - {kind: file_present, files: [totals.csv]}
  - {kind: command, command: [python3, report.py], stdout_file: tests/expected.txt}
  - {kind: reference_output, file: totals.csv, reference: tests/totals.csv, format: csv}
  - {kind: classification, file: labels.csv, reference: tests/labels.csv, classes: ["yes", "no"],
     metric: matthews, thresholds: [{value: 0.9}, {value: 0.2, score: 0.5}]}
"""
HIDDEN = {
    "expected.txt": "one\ntwo\n",
    "totals.csv": "name,total\nAna,3\nBo,4\n",
    "labels.csv": "id,label\n1,yes\n2,no\n3,no\n4,yes\n",
}
RIGHT = {
    "report.py": 'print("one")\nprint("two")\n',
    "totals.csv": HIDDEN["totals.csv"],
    "labels.csv": HIDDEN["labels.csv"],
}
HALF_RIGHT = {
    "report.py": 'print("one")\nprint("three")\n',
    "totals.csv": "name,total\nAna,3\nBo,5\n",
    "labels.csv": "id,label\n1,yes\n2,no\n3,yes\n4,yes\n",
}
CHECKS = tuple(f"checks/{kind}.json" for kind in ("file_present", "command", "reference_output", "classification"))
REPEATS = 2
GRADING = ("claimed", "sandboxed", "written")
"""Steps after which the attempt must be graded again."""


def write_task(stack: FaultStack) -> None:
    catalog = stack.folder / "catalogue"
    task = catalog / "tasks" / CHECKED
    empty = dict.fromkeys(RIGHT, "\n")
    for name, files in {
        "tests": HIDDEN,
        "reference": RIGHT,
        "noop": empty,
        "cheats/a": empty,
        "cheats/b": empty,
    }.items():
        (task / name).mkdir(parents=True)
        for path, text in files.items():
            (task / name / path).write_text(text)
    (task / "task.yaml").write_text(TASK)
    answer = "".join(f"{name}\n```\n{text}```\n\n" for name, text in HALF_RIGHT.items())
    script = catalog / "scripted" / "diff.yaml"
    script.write_text(script.read_text() + f"  {CHECKED}: |\n" + indent(answer, "    "))


@pytest.fixture
def stack() -> Iterator[FaultStack]:
    patience = {"ledger": {"ASSAY_ORDER_PATIENCE_SECONDS": "5"}}
    with fault_stack(runners=1, judges=1, environment=patience, prepare=write_task) as running:
        yield running


def submit(stack: FaultStack, name: str) -> str:
    body = {"tasks": [SANDBOXED, CHECKED], "models": [SCRIPTED], "repeats": REPEATS, "name": name}
    response = stack.http.post("/runs", json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["run_id"])


def finish(stack: FaultStack, run_id: str) -> None:
    stack.wait_until(lambda: stack.http.get(f"/runs/{run_id}").json()["status"] == "finished", 240, "the run ends")


def digests(stack: FaultStack, run_id: str) -> dict[str, set[tuple[str, str]]]:
    """By task: names and SHA-256 of what the judges stored about its attempts. Evidence of tests has their times, so
    only their verdict is compared."""
    found: dict[str, set[tuple[str, str]]] = {}
    for attempt in stack.http.get(f"/runs/{run_id}/attempts").json()["items"]:
        artifacts = stack.http.get(f"/attempts/{attempt['attempt_id']}").json()["artifacts"]
        names = [VERDICT, *CHECKS] if attempt["task_id"] == CHECKED else [VERDICT]
        found.setdefault(attempt["task_id"], set()).update((name, artifacts[name]["sha256"]) for name in names)
    return found


def test_4_a_judge_killed_at_any_step_gives_one_verdict_with_the_same_bytes(stack: FaultStack) -> None:
    undisturbed = submit(stack, "undisturbed")
    finish(stack, undisturbed)
    expected = digests(stack, undisturbed)
    assert {task: len(found) for task, found in expected.items()} == {SANDBOXED: 1, CHECKED: 1 + len(CHECKS)}

    ledger = LedgerInvariants(stack, "")
    count = "SELECT count(*) FROM verdicts JOIN attempts USING (attempt_id) WHERE run_id = $1"
    for point in POINTS["judge"]:
        stack.arm("judge", point)
        run_id = submit(stack, point)
        stack.wait_dead("judge", point)
        finish(stack, run_id)
        assert digests(stack, run_id) == expected, point
        assert ledger.value(count, run_id) == 2 * REPEATS
        if point in GRADING:
            assert ledger.value(f"{count} AND gradings > 1", run_id) > 0, f"{point}: none was graded again"
