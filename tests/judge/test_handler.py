"""The handler with real stores, and the whole loop over the bus with a small ledger that grants claims."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from msgspec import structs

from assay.artifacts import pack
from assay.bus.memory import MemoryBus
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues
from assay.contracts import subjects
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptJudged, GradeAttempt, Stage
from assay.contracts.checks import Choice
from assay.contracts.codec import decode, encode
from assay.contracts.results import CheckOutput
from assay.contracts.rpc import ClaimAttempts, Claims, Heartbeat, Leases
from assay.contracts.tasks import HiddenTask, Solver
from assay.contracts.verdicts import Outcome, Verdict
from assay.worker.worker import Worker, WorkerOptions
from services.judge.grading.sandboxes import GradingSandboxes
from services.judge.grading.test_executor import SandboxTestExecutor
from services.judge.handlers import on_failure, on_ticket
from tests.judge.fakes import BrokenProvider
from tests.judge.harness import JudgeHarness, answer_bundle, code_bundle


async def test_an_answer_is_graded_and_check_outputs_are_stored(judge: JudgeHarness) -> None:
    report = await on_ticket(await judge.ticket(answer_bundle(), b"the cat"), judge.ports)
    assert report.message_id == "run-1:3:judged"
    assert (report.token, report.worker_id, report.fault) == (3, "judge-1", None)
    assert set(report.artifacts) == {"checks/choice.json", "checks/regex.json", "verdict.json"}
    seen = decode(CheckOutput, await judge.attempts.get(report.artifacts["checks/choice.json"]))
    assert (seen.result, seen.tests) == (report.verdict.checks[0], ())
    assert report.verdict.outcome is Outcome.PASSED
    assert [check.score for check in report.verdict.checks] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (None, "nothing was submitted"),
        (b"x" * 1_000_001, "more than"),
        (b"", "the answer is empty"),
        (b"\xff\xfe the cat\x00", "does not match"),
    ],
)
async def test_unusable_answers_fail(judge: JudgeHarness, output: bytes | None, message: str) -> None:
    report = await on_ticket(await judge.ticket(answer_bundle(), output), judge.ports)
    assert (report.verdict.outcome, report.fault) == (Outcome.FAILED, None)
    assert message in report.verdict.reason


async def test_hidden_bundles_are_fetched_once(judge: JudgeHarness) -> None:
    for number in range(20):
        await on_ticket(await judge.ticket(answer_bundle(), b"%d" % number), judge.ports)
    assert judge.hidden.gets == 1


async def test_code_is_graded_and_its_logs_are_stored(judge: JudgeHarness) -> None:
    output = pack({"solution.py": b"print('hello')\ndef f(): return 1", "notes.txt": b"dropped"})
    report = await on_ticket(await judge.ticket(code_bundle(), output), judge.ports)
    assert report.verdict.outcome is Outcome.PASSED
    assert set(report.artifacts) == {"judge.stdout", "judge.stderr", "checks/tests.json", "verdict.json"}
    logs = {name: await judge.attempts.get(ref) for name, ref in report.artifacts.items()}
    assert logs["judge.stdout"] == b"passed   test_hidden.py::test_a\n"
    assert logs["judge.stderr"] == b"hello\n"
    assert decode(Verdict, logs["verdict.json"]) == report.verdict
    seen = decode(CheckOutput, logs["checks/tests.json"])
    assert [(test.name, test.outcome, test.error) for test in seen.tests] == [("test_hidden.py::test_a", "passed", "")]


async def test_a_program_that_prints_too_much_keeps_its_verdict(judge: JudgeHarness) -> None:
    """Both while it is imported and in a call; the log says how much was cut."""
    flood = "for _ in range(10): print('x' * 999_999)"
    output = pack({"solution.py": f"{flood}\ndef f():\n    {flood}\n    return 1".encode()})
    report = await on_ticket(await judge.ticket(code_bundle(), output), judge.ports)
    assert report.verdict.outcome is Outcome.PASSED
    assert report.artifacts["judge.stderr"].truncated
    log = await judge.ports.attempts.get(report.artifacts["judge.stderr"])
    note = b"[output cut: the first 256,000 of 20,000,000 bytes are kept (the limit of judge.stderr)]"
    assert log[256_000:] == b"\n" + note + b"\n"


async def test_undeclared_files_are_dropped(judge: JudgeHarness) -> None:
    test = "import candidate, pytest, solution\ndef test_a():\n    assert solution.f() == ['lib', 'solution.py']\n"
    solution = b"import os\ndef f(): return sorted(os.listdir('.'))"
    output = pack({"solution.py": solution, "lib/a.py": b"", "conftest.py": b"", "libx/a.py": b""})
    report = await on_ticket(await judge.ticket(code_bundle(test), output), judge.ports)
    assert report.verdict.outcome is Outcome.PASSED, report


@pytest.mark.parametrize("output", [b"no bundle", b"\x91\x92\xa9../up.txt\xc4\x01x", b"\x91\x92\xa4/etc\xc4\x01x"])
async def test_malformed_bundles_fail(judge: JudgeHarness, output: bytes) -> None:
    report = await on_ticket(await judge.ticket(code_bundle(), output), judge.ports)
    assert (report.verdict.outcome, report.fault) == (Outcome.FAILED, None)
    assert "refused" in report.verdict.reason


async def test_an_unreachable_store_requests_a_new_try(judge: JudgeHarness) -> None:
    ticket = await judge.ticket(answer_bundle(), b"the cat")
    judge.hidden.unreachable = True
    report = await on_ticket(ticket, judge.ports)
    assert report.verdict.outcome is Outcome.INFRA_ERROR
    assert report.fault and (report.fault.kind, report.fault.new_try) == ("artifacts", True)
    judge.hidden.unreachable = False
    assert (await on_ticket(ticket, judge.ports)).verdict.outcome is Outcome.PASSED


@pytest.mark.parametrize("bundle", [{}, {"grading.json": b"{}"}, {"grading.json": b"\xff"}])
async def test_an_invalid_hidden_bundle_is_a_permanent_fault(judge: JudgeHarness, bundle: dict[str, bytes]) -> None:
    report = await on_ticket(await judge.ticket(bundle, b"x"), judge.ports)
    assert report.verdict.outcome is Outcome.INFRA_ERROR
    assert report.fault and (report.fault.kind, report.fault.new_try) == ("hidden_bundle", False)


async def test_a_missing_expected_answer_and_a_missing_output_are_faults(judge: JudgeHarness) -> None:
    unknown = await on_ticket(await judge.ticket(answer_bundle(), b"the cat", sample="zz"), judge.ports)
    assert unknown.fault and unknown.fault.kind == "hidden_bundle"
    ticket = await judge.ticket(answer_bundle(), None)
    gone = structs.replace(ticket, output=ArtifactRef(sha256="1" * 64, size_bytes=3))
    lost = await on_ticket(gone, judge.ports)
    assert lost.fault and (lost.fault.kind, lost.fault.new_try) == ("output", False)


async def test_a_sandbox_that_does_not_start_is_an_infra_error(judge: JudgeHarness) -> None:
    ports = replace(judge.ports, test_executor=SandboxTestExecutor(GradingSandboxes(BrokenProvider())))
    report = await on_ticket(await judge.ticket(code_bundle(), pack({"solution.py": b""})), ports)
    assert report.verdict.outcome is Outcome.INFRA_ERROR
    assert report.fault and (report.fault.kind, report.fault.new_try) == ("sandbox", True)


async def test_an_unknown_error_is_an_infra_error(judge: JudgeHarness) -> None:
    report = on_failure(await judge.ticket(answer_bundle(), b""), ZeroDivisionError("x"), "judge-1")
    assert report.verdict.outcome is Outcome.INFRA_ERROR
    assert report.fault and report.fault.new_try


async def test_grading_an_answer_takes_little_cpu_time(judge: JudgeHarness) -> None:
    checks = (Choice(options=("cat", "dog")),)
    task = HiddenTask(task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=checks, expected={"a": "cat"})
    tickets = [await judge.ticket({"grading.json": encode(task)}, b"cat %d" % number) for number in range(300)]
    started = time.process_time()
    for ticket in tickets:
        assert (await on_ticket(ticket, judge.ports)).verdict.outcome is Outcome.PASSED
    milliseconds = 1000 * (time.process_time() - started) / len(tickets)
    assert milliseconds < 20, "CPU time, a fraction of what a sandbox takes"


async def test_orders_become_verdicts_over_the_bus(judge: JudgeHarness) -> None:
    outputs = {f"run-{n}": b"the cat" if n % 2 else b"the dog" for n in range(12)}
    tickets = {name: await judge.ticket(answer_bundle(), output, name) for name, output in outputs.items()}
    bus, stop = MemoryBus(), asyncio.Event()
    await bus.provision(all_queues())

    async def claim(request: ClaimAttempts) -> Claims:
        assert request.stage is Stage.JUDGE
        return Claims(granted=tuple(tickets[claim.attempt_id] for claim in request.claims))

    async def heartbeat(_: Heartbeat) -> Leases:
        return Leases()

    await bus.rpc.serve("ledger", {ClaimAttempts: claim, Heartbeat: heartbeat})
    orders = [GradeAttempt(attempt_id=name, token=3) for name in tickets]
    await bus.work.publish([Envelope.of(subjects.order(order), order.attempt_id, order) for order in orders])
    worker = Worker(
        WorkerOptions(worker_id="judge-1", stage=Stage.JUDGE, slots=5),
        bus,
        work=lambda ticket: on_ticket(ticket, judge.ports),
        failure_report=lambda ticket, error: on_failure(ticket, error, "judge-1"),
    )
    running = asyncio.create_task(worker.run(stop))
    judged: dict[str, AttemptJudged] = {}
    while len(judged) < len(outputs):
        for delivery in await bus.work.fetch(REPORTS, 50, 5.0):
            assert isinstance(delivery.message, AttemptJudged)
            judged[delivery.message.attempt_id] = delivery.message
            await delivery.ack()
    stop.set()
    await running
    assert {name: report.verdict.outcome for name, report in judged.items()} == {
        name: Outcome.PASSED if b"cat" in output else Outcome.FAILED for name, output in outputs.items()
    }
