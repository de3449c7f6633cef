"""Tests compare the candidate's CPU time, which it can neither change nor move elsewhere."""

from __future__ import annotations

from msgspec import structs

from assay.contracts.checks import Tests
from assay.contracts.frameworks import Framework
from assay.contracts.verdicts import Outcome
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.grading.grade import grade
from tests.cheats.harness import require_program
from tests.judge.harness import RealTools, grade_tests, hidden_tests

SOLUTION = """
import os
import subprocess
import sys
import time

WORK = "import time\\nend = time.process_time() + 0.3\\nwhile time.process_time() < end: pass"

def work():
    exec(WORK)

def work_in_a_child():
    subprocess.run([sys.executable, "-c", WORK])

def wait():
    time.sleep(0.3)

def die():
    os._exit(0)
"""
TEST = """
import pytest
import solution

def seconds(candidate, function):
    before = candidate.cpu_seconds()
    function()
    return candidate.cpu_seconds() - before

def test_work(candidate):
    assert 0.25 < seconds(candidate, solution.work) < 1

def test_children(candidate):
    assert 0.25 < seconds(candidate, solution.work_in_a_child) < 1

def test_waiting(candidate):
    assert seconds(candidate, solution.wait) < 0.1

def test_restarts(candidate):
    def die():
        with pytest.raises(candidate.Died):
            solution.die()
    assert 0 <= seconds(candidate, die) < 0.1
    before = candidate.cpu_seconds()
    candidate.run(["python3", "-c", "import solution; solution.work()"])
    assert candidate.cpu_seconds() - before > 0.25
"""
JAVASCRIPT = """
import assert from 'node:assert/strict'
import test from 'node:test'
import { cpuSeconds } from 'candidate'
import { work } from '../work.mjs'

test('work', () => {
  const before = cpuSeconds()
  work()
  const used = cpuSeconds() - before
  assert.ok(used > 0.25 && used < 1, String(used))
})
"""


async def test_cpu_time_of_all_processes_is_measured_from_outside(tools: RealTools) -> None:
    names = ("test_work", "test_children", "test_waiting", "test_restarts")
    result = await grade_tests(TEST, SOLUTION, *names, tools=tools)
    assert result.verdict.outcome is Outcome.PASSED, result.logs


async def test_node_tests_measure_cpu_time_too(tools: RealTools) -> None:
    require_program("javascript")
    expected = ("time.test.mjs > work",)
    hidden = hidden_tests({"time.test.mjs": JAVASCRIPT}, expected)
    check = Tests(expected=expected, framework=Framework.NODE)
    bundle = HiddenBundle(task=structs.replace(hidden.task, checks=(check,)), files=hidden.files)
    used = "(({ user, system }) => user + system)(process.cpuUsage())"
    work = f"export function work() {{\nconst end = {used} + 300_000\nwhile ({used} < end);\n}}\n"
    submitted = f"{work}Date.now = performance.now = () => 0\n"
    result = await grade(bundle, "main", {"work.mjs": submitted.encode()}, tools)
    assert result.verdict.outcome is Outcome.PASSED, result.logs
