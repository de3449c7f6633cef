"""The judge measures the submitted code and evaluates each attempt that it grades, beside the verdict."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from assay.artifacts import pack
from assay.contracts.attempts import AttemptJudged
from assay.contracts.checks import Review, ReviewCriterion
from assay.contracts.codec import decode, encode
from assay.contracts.evaluation import Bounds, ComponentName, EvaluationBounds, EvaluationSpec, EvaluationWeights
from assay.contracts.models import ModelSpec, Usage
from assay.contracts.results import Result
from assay.contracts.tasks import HiddenTask, Solver
from assay.contracts.verdicts import Outcome
from services.judge.complexity.complexity_meter import ComplexityMeter
from services.judge.handlers import on_ticket
from tests.judge.harness import JudgeHarness, answer_bundle, code_bundle

SPEC = EvaluationSpec(
    weights=EvaluationWeights(quality=6, time=1, cost=1, complexity=1, memory=1),
    bounds=EvaluationBounds(
        time=Bounds(zero=10), complexity=Bounds(full=1, zero=20), cost=Bounds(zero=1), memory=Bounds(zero=1024)
    ),
)
SOLUTION = b"""
import time


def f():
    held = b"x" * 40_000_000
    time.sleep(0.3)
    return 1 if held and len(held) > 2 else 0


def unused(x):
    return x
"""


@pytest.fixture
async def meter() -> AsyncIterator[ComplexityMeter]:
    made = ComplexityMeter()
    yield made
    await made.close()


async def judged(judge: JudgeHarness, output: bytes, spec: EvaluationSpec = SPEC, **result: object) -> AttemptJudged:
    bundle = code_bundle()
    task = structs.replace(decode(HiddenTask, bundle["grading.json"]), evaluation=spec)
    ticket = await judge.ticket({**bundle, "grading.json": encode(task)}, output)
    of_try = Result(
        attempt_id="run-1",
        token=3,
        worker_id="runner-1",
        model=ModelSpec(name="stub/m"),
        outcome=None,
        reason="",
        fault=None,
        duration_seconds=2.5,
        cost_nanousd=250_000_000,
        usage=Usage(),
        calls=(),
        output=None,
    )
    ref = await judge.attempts.store.put(encode(structs.replace(of_try, **result)))
    return await on_ticket(structs.replace(ticket, result=ref), judge.ports)


async def test_all_five_components_of_submitted_code_are_measured(judge: JudgeHarness) -> None:
    report = await judged(judge, pack({"solution.py": SOLUTION}))
    assert report.verdict.outcome is Outcome.PASSED, report.verdict
    assert report.evaluation is not None
    found = {each.name: each for each in report.evaluation.components}
    assert set(found) == set(ComponentName)
    assert (found[ComponentName.QUALITY].raw, found[ComponentName.TIME].raw) == (1.0, 2.5)
    assert (found[ComponentName.COST].raw, found[ComponentName.COST].normalised) == (0.25, 0.75)
    assert found[ComponentName.COMPLEXITY].raw == 2.0, "the mean of 3 and 1"
    memory = found[ComponentName.MEMORY]
    assert 40 < memory.raw < 200
    assert report.evaluation.cpu_seconds
    mean = (6 + 0.75 + found[ComponentName.COMPLEXITY].normalised + 0.75 + memory.normalised) / 10
    assert report.evaluation.ultimate == pytest.approx(10 * mean, abs=1e-5)
    final = decode(Result, await judge.attempts.get(report.artifacts["result.json"]))
    assert final.evaluation == report.evaluation


async def test_memory_is_that_of_the_attempts_sandbox_if_no_check_ran_the_code(judge: JudgeHarness) -> None:
    refused = await judged(judge, b"no bundle", peak_memory_bytes=64 << 20, cpu_seconds=1.5)
    assert refused.evaluation is not None
    assert [(each.name.value, each.raw) for each in refused.evaluation.components] == [
        ("quality", 0.0),
        ("time", 2.5),
        ("cost", 0.25),
        ("memory", 64.0),
    ]
    assert refused.evaluation.cpu_seconds == 1.5


async def test_an_answer_has_neither_complexity_nor_memory(judge: JudgeHarness) -> None:
    report = await on_ticket(await judge.ticket(answer_bundle(evaluation=SPEC), b"the cat"), judge.ports)
    assert report.evaluation is not None
    assert [each.name.value for each in report.evaluation.components] == ["quality"]
    assert report.evaluation.ultimate == 10.0


async def test_an_attempt_that_waits_for_a_reviewer_has_no_ultimate_score_yet(judge: JudgeHarness) -> None:
    checks = (Review(criteria=(ReviewCriterion(id="clear", text="Is it clear?"),)),)
    task = HiddenTask(task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=checks, evaluation=SPEC)
    report = await on_ticket(await judge.ticket({"grading.json": encode(task)}, b"x"), judge.ports)
    assert report.verdict.outcome is Outcome.NEEDS_REVIEW
    assert report.evaluation and report.evaluation.ultimate is None


async def test_what_cannot_be_graded_has_no_evaluation(judge: JudgeHarness) -> None:
    report = await on_ticket(await judge.ticket({}, b"x"), judge.ports)
    assert (report.verdict.outcome, report.evaluation) == (Outcome.INFRA_ERROR, None)


@pytest.mark.parametrize(
    ("files", "mean"),
    [
        ({"a.py": b"def f(x):\n    return 1 if x and x > 1 else 0\n"}, 3.0),
        ({"a.rs": b"fn f(x: i32) -> i32 { if x > 1 { 1 } else { 0 } }"}, 2.0),
        (
            {"a.py": b"def f():\n    pass\n", "b.go": b"package a\nfunc F(x int) { if x > 1 { f() } }"},
            1.5,
        ),
        ({"a.py": b"x = 1\n", "notes.txt": b"int f() { if (x) return 1; }", "blob.py": b"\xff"}, None),
        ({"a.py": b"def f(:\n    return 1\n"}, None),
        ({"a.py": b"def f():\n    pass\n" + b"#" * 1_000_000}, None),
    ],
    ids=["python", "rust", "two languages", "no functions", "a syntax error", "too large"],
)
async def test_complexity_is_the_mean_over_all_functions(
    files: dict[str, bytes], mean: float | None, meter: ComplexityMeter
) -> None:
    assert await meter.measure(files) == mean


async def test_source_code_that_takes_too_long_is_left_out_and_the_next_one_is_measured() -> None:
    meter = ComplexityMeter(cpu_seconds=0.5)
    assert await meter.measure({"a.py": b"'''" + b"\\'" * 400_000}) is None
    assert await meter.measure({"a.py": b"def f():\n    pass\n"}) == 1.0
    await meter.close()
