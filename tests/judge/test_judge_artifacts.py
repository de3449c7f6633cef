"""What a judge leaves behind: what each check saw, and the attempt's final result; nothing that is hidden."""

from __future__ import annotations

from msgspec import structs

from assay.artifacts import pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import decode, encode
from assay.contracts.models import ModelSpec, Usage
from assay.contracts.results import CheckOutput, Result
from assay.contracts.verdicts import CheckResult, Outcome
from services.judge.artifacts.results import artifact_names
from services.judge.handlers import on_ticket
from tests.judge.court import Court, answer_bundle, code_bundle


async def test_nothing_of_a_hidden_test_is_in_what_is_kept(court: Court) -> None:
    test = "import solution\ndef test_a(): assert solution.f() == 'canary', 'told the canary'"
    output = pack({"solution.py": b"def f(): return 'parrot'"})
    report = await on_ticket(await court.ticket(code_bundle(test), output), court.ports)
    assert report.verdict.outcome is Outcome.FAILED
    kept = {name: await court.attempts.get(ref) for name, ref in report.artifacts.items()}
    seen = decode(CheckOutput, kept["checks/tests.json"])
    assert [(each.outcome, each.error) for each in seen.tests] == [("failed", "AssertionError")]
    assert b"canary" not in b"".join([*kept.values(), encode(report)])


async def executed(court: Court) -> ArtifactRef:
    """What the runner wrote of the try."""
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
    return await court.attempts.store.put(encode(result))


async def test_the_final_result_is_the_runners_with_the_verdict(court: Court) -> None:
    ticket = structs.replace(await court.ticket(answer_bundle(), b"the cat"), result=await executed(court))
    report = await on_ticket(ticket, court.ports)
    final = decode(Result, await court.attempts.get(report.artifacts["result.json"]))
    assert (final.outcome, final.score, final.verdict) == (Outcome.PASSED, 1.0, report.verdict)
    assert (final.worker_id, final.judge_id) == ("runner-1", "judge-1")
    assert (final.cost_nanousd, final.duration_seconds, final.notes) == (7, 1.5, ("odd",))
    others = {name: ref for name, ref in report.artifacts.items() if name != "result.json"}
    assert final.artifacts == {"response.txt": ArtifactRef(sha256="2" * 64, size_bytes=7), **others}


async def test_the_result_says_so_when_nothing_could_be_graded(court: Court) -> None:
    ticket = structs.replace(await court.ticket({}, b"the cat"), result=await executed(court))
    report = await on_ticket(ticket, court.ports)
    final = decode(Result, await court.attempts.get(report.artifacts["result.json"]))
    assert (final.outcome, final.reason) == (Outcome.INFRA_ERROR, report.verdict.reason)


async def test_a_result_that_is_lost_keeps_nobody_from_grading(court: Court) -> None:
    lost = ArtifactRef(sha256="1" * 64, size_bytes=3)
    report = await on_ticket(structs.replace(await court.ticket(answer_bundle(), b"the cat"), result=lost), court.ports)
    assert report.verdict.outcome is Outcome.PASSED
    assert "result.json" not in report.artifacts


def test_checks_of_one_name_are_told_apart() -> None:
    checks = [
        CheckOutput(result=CheckResult(name=name, kind="regex", passed=True, score=1.0))
        for name in ("a b", "a/b", "../a", "", "a b-2", "a b")
    ]
    assert artifact_names(checks) == [
        "checks/a_b.json",
        "checks/a_b-2.json",
        "checks/_a.json",
        "checks/check.json",
        "checks/a_b-2-2.json",
        "checks/a_b-3.json",
    ]
