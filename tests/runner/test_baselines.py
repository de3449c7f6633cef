"""Oracle, nop and scripted models, which use no endpoint."""

from __future__ import annotations

from assay.contracts.models import Usage
from tests.runner.harness import RunnerHarness

RIGHT = "def total(*numbers):\n    return sum(numbers)\n"


async def test_the_oracle_submits_the_reference(runner: RunnerHarness) -> None:
    files, answer = (
        await runner.run_attempt("sum_files", "oracle"),
        await runner.run_attempt("colours", "oracle", sample_id="grass"),
    )
    assert (await runner.output(files))["total.py"] == RIGHT.encode()
    assert await runner.read(answer.output) == b"green"
    assert (files.outcome, files.calls, answer.calls) == (None, (), ())


async def test_the_nop_submits_the_noop_solution(runner: RunnerHarness) -> None:
    files, answer = await runner.run_attempt("sum_files", "nop"), await runner.run_attempt("colours", "nop")
    assert (await runner.output(files))["total.py"] == b"def total(*numbers):\n    return 0\n"
    assert await runner.read(answer.output) == b"none"
    assert await runner.read(files.artifacts["patch.diff"]) == b""


async def test_a_script_is_counted_and_charged_like_a_model(runner: RunnerHarness) -> None:
    sky, grass = [await runner.run_attempt("colours", "scripted/colours", sample_id=name) for name in ("sky", "grass")]
    assert await runner.read(sky.output) == b"blue"
    assert await runner.read(grass.output) == b"I do not know"
    call = sky.calls[0]
    assert call.usage == Usage(input_tokens=24, output_tokens=1)
    assert call.cost_nanousd == 24 * 2500 + 10_001
    assert not call.estimated
