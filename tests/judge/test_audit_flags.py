"""What the judge flags in submitted code. Bugs are not flagged: a wrong flag is worse than a missing one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from assay.artifacts import pack
from assay.contracts.audit import AuditKind, AuditSource
from assay.contracts.codec import decode, encode
from assay.contracts.models import ModelSpec, Usage
from assay.contracts.results import Result
from assay.contracts.verdicts import Outcome
from assay.sandbox import ResourceUse, open_sandbox_provider
from services.judge.audit import flags_of_files, flags_of_tests
from services.judge.bridge.test_run import TestRunLog
from services.judge.grading.grade import GradingResult
from services.judge.handlers import on_ticket
from tests.judge.harness import JudgeHarness, RealTools, code_bundle, grade_tests

TEST = "import solution\ndef test_a(): assert solution.f() == 1\ndef test_b(): assert solution.f() == 1\n"


async def graded(solution: str, tools: RealTools, test: str = TEST) -> GradingResult:
    quick = tools.with_provider(open_sandbox_provider(), call_seconds=2.0)
    return await grade_tests(test, solution, "test_a", "test_b", tools=quick)


def kinds(result: GradingResult) -> Sequence[AuditKind]:
    return [flag.kind for flag in result.flags]


@pytest.mark.parametrize(
    ("solution", "kind", "detail"),
    [
        ("import os\ndef f(): os._exit(0)", AuditKind.PROCESS_ENDED, "exit code 0, 2 times"),
        ("import sys\ndef f(): sys.exit(0)", AuditKind.PROCESS_ENDED, "ended itself: SystemExit, 2 times"),
        ("import time\ndef f(): time.sleep(60)", AuditKind.CALL_TIMEOUT, "2 calls did not return"),
        (
            "import os\ndef f():\n  for fd in range(3, 64):\n    try: os.write(fd, b'[\"r\",1,1]\\n')\n"
            "    except OSError: pass\n  return 1",
            AuditKind.PROTOCOL,
            "the candidate violated the bridge's protocol",
        ),
    ],
    ids=["exits", "raises SystemExit", "sleeps", "writes frames"],
)
async def test_code_that_attacks_the_tests_is_flagged(
    solution: str, kind: AuditKind, detail: str, tools: RealTools
) -> None:
    result = await graded(solution, tools)
    assert result.verdict.outcome is Outcome.FAILED
    assert kind in kinds(result)
    assert detail in next(flag.detail for flag in result.flags if flag.kind is kind)
    assert {flag.source for flag in result.flags} == {AuditSource.JUDGE}


@pytest.mark.parametrize(
    "solution",
    [
        "def f(): return 1",
        "def f(): return 2",
        "def f(): raise ValueError('x')",
        "def f(:",
        "import os\ndef f(): os.abort()",
        "def f():\n  while True: pass",
        "def f():\n  print('[1, 2]', flush=True)\n  return 1",
        "def f(): return f()",
    ],
    ids=["right", "wrong", "raises", "no syntax", "crashes", "never ends", "prints", "recursion"],
)
async def test_right_and_wrong_code_is_not_flagged(solution: str, tools: RealTools) -> None:
    assert kinds(await graded(solution, tools)) == []


async def test_a_pass_during_which_the_code_ended_is_flagged_however_it_ended(tools: RealTools) -> None:
    """Its last call ends the process a moment after the answer."""
    solution = "import os, threading\ndef f():\n  threading.Timer(0.05, os.abort).start()\n  return 1\n"
    test = "import time, solution\ndef test_a():\n  assert solution.f() == 1\n  time.sleep(1)\n"
    result = await grade_tests(test, solution, "test_a", tools=tools)
    assert result.verdict.outcome is Outcome.PASSED
    assert kinds(result) == [AuditKind.PROCESS_ENDED]


def test_what_used_its_cpu_time_did_not_sleep() -> None:
    busy = TestRunLog(call_timeouts=1, used=ResourceUse(cpu_seconds=9.5))
    assert flags_of_tests(busy, passed=False) == ()
    idle = TestRunLog(call_timeouts=1, used=ResourceUse(cpu_seconds=0.1))
    assert [flag.kind for flag in flags_of_tests(idle, passed=False)] == [AuditKind.CALL_TIMEOUT]


@pytest.mark.parametrize(
    ("path", "source", "names"),
    [
        ("solution.py", b"open('/tests/test_a.py').read()", "/tests/test_a.py"),
        ("src/lib.rs", b'const T: &str = include_str!("/tests/lru.rs");', "/tests/lru.rs"),
        ("a.cpp", b'#include "/opt/tests/a.h"', "/opt/tests"),
        ("a.cpp", b"#include </tests/a.h>", "/tests/a.h"),
        ("a.js", b'readFileSync("/proc/self/environ")', "/proc/self/environ"),
        ("README.md", b'open("/tests/a")', ""),
        ("app.py", b"route('/tests')\nroot + '/testsuite/a'\n# see tests/a", ""),
        ("blob", b"\xff/tests/a", ""),
    ],
)
def test_source_code_that_names_hidden_files_is_flagged(path: str, source: bytes, names: str) -> None:
    assert [flag.detail for flag in flags_of_files({path: source})] == ([f"{path} names {names}"] if names else [])


async def test_the_report_has_the_judges_flags_and_the_result_all_of_them(judge: JudgeHarness) -> None:
    before = Result(
        attempt_id="run-1",
        token=3,
        worker_id="runner-1",
        model=ModelSpec(name="stub/m"),
        outcome=None,
        reason="",
        fault=None,
        duration_seconds=1.0,
        cost_nanousd=0,
        usage=Usage(),
        calls=(),
        output=None,
        flags=flags_of_files({"b.py": b"'/tests/b'"}),
    )
    ticket = await judge.ticket(code_bundle(), pack({"solution.py": b"def f(): return 1 or open('/tests/x')"}))
    ref = await judge.attempts.store.put(encode(before))
    report = await on_ticket(structs.replace(ticket, result=ref), judge.ports)
    assert (report.verdict.outcome, report.verdict.score) == (Outcome.PASSED, 1.0)
    assert [flag.detail for flag in report.flags] == ["solution.py names /tests/x"]
    final = decode(Result, await judge.attempts.get(report.artifacts["result.json"]))
    assert final.flags == (*before.flags, *report.flags)
