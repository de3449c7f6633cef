"""The judge's artifacts: each check's output and the attempt's final result, without hidden content."""

from __future__ import annotations

from msgspec import structs

from assay.artifacts import pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import decode, encode
from assay.contracts.models import ModelSpec, Usage
from assay.contracts.results import CheckOutput, Result, check_artifact_names
from assay.contracts.verdicts import Outcome
from services.judge.handlers import on_ticket
from tests.judge.harness import JudgeHarness, answer_bundle, code_bundle


async def test_artifacts_do_not_reveal_hidden_tests(judge: JudgeHarness) -> None:
    test = "import solution\ndef test_a(): assert solution.f() == 'canary', 'reveals the canary'"
    output = pack({"solution.py": b"def f(): return 'parrot'"})
    report = await on_ticket(await judge.ticket(code_bundle(test), output), judge.ports)
    assert report.verdict.outcome is Outcome.FAILED
    kept = {name: await judge.attempts.get(ref) for name, ref in report.artifacts.items()}
    seen = decode(CheckOutput, kept["checks/tests.json"])
    assert [(each.outcome, each.error) for each in seen.tests] == [("failed", "AssertionError")]
    assert b"canary" not in b"".join([*kept.values(), encode(report)])


async def executed(judge: JudgeHarness) -> ArtifactRef:
    """The result that the runner stored."""
    result = Result(
        attempt_id="run-1",
        token=3,
        worker_id="runner-1",
        model=ModelSpec(name="stub/m"),
        outcome=None,
        reason="",
        fault=None,
        duration_seconds=1.5,
        cost_nanousd=7,
        usage=Usage(input_tokens=3),
        calls=(),
        output=None,
        notes=("odd",),
        artifacts={"response.txt": ArtifactRef(sha256="2" * 64, size_bytes=7)},
    )
    return await judge.attempts.store.put(encode(result))


async def test_the_final_result_adds_the_verdict_to_the_runners(judge: JudgeHarness) -> None:
    ticket = structs.replace(await judge.ticket(answer_bundle(), b"the cat"), result=await executed(judge))
    report = await on_ticket(ticket, judge.ports)
    final = decode(Result, await judge.attempts.get(report.artifacts["result.json"]))
    assert (final.outcome, final.score, final.verdict) == (Outcome.PASSED, 1.0, report.verdict)
    assert (final.worker_id, final.judge_id) == ("runner-1", "judge-1")
    assert (final.cost_nanousd, final.duration_seconds, final.notes) == (7, 1.5, ("odd",))
    others = {name: ref for name, ref in report.artifacts.items() if name != "result.json"}
    assert final.artifacts == {"response.txt": ArtifactRef(sha256="2" * 64, size_bytes=7), **others}


async def test_the_final_result_says_that_grading_failed(judge: JudgeHarness) -> None:
    ticket = structs.replace(await judge.ticket({}, b"the cat"), result=await executed(judge))
    report = await on_ticket(ticket, judge.ports)
    final = decode(Result, await judge.attempts.get(report.artifacts["result.json"]))
    assert (final.outcome, final.reason) == (Outcome.INFRA_ERROR, report.verdict.reason)


async def test_a_missing_runner_result_does_not_prevent_grading(judge: JudgeHarness) -> None:
    lost = ArtifactRef(sha256="1" * 64, size_bytes=3)
    report = await on_ticket(structs.replace(await judge.ticket(answer_bundle(), b"the cat"), result=lost), judge.ports)
    assert report.verdict.outcome is Outcome.PASSED
    assert "result.json" not in report.artifacts


def test_checks_with_the_same_name_get_different_artifact_names() -> None:
    assert check_artifact_names(("a b", "a/b", "../a", "", "a b-2", "a b")) == [
        "checks/a_b.json",
        "checks/a_b-2.json",
        "checks/_a.json",
        "checks/check.json",
        "checks/a_b-2-2.json",
        "checks/a_b-3.json",
    ]
