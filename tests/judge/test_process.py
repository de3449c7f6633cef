"""The judge as a process on a real nats-server, with only the judge's own permissions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from assay.artifacts import Area, open_store, pack
from assay.bus.nats.bus import connect
from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues
from assay.contracts import subjects
from assay.contracts.attempts import AttemptJudged, GradeAttempt, Ticket
from assay.contracts.codec import encode
from assay.contracts.models import ModelSpec
from assay.contracts.rpc import ClaimAttempts, Claims, Heartbeat, Leases
from assay.contracts.tasks import Solver
from assay.contracts.verdicts import Outcome
from tests.bus.nats_server import ServerProcess
from tests.judge.harness import hidden_tests

TEST = "import solution\ndef test_a(): assert solution.f() == 1"


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    made = ServerProcess(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def judge(server: ServerProcess, tmp_path: Path) -> Generator[subprocess.Popen[bytes]]:
    settings = {
        "ASSAY_NATS_URL": server.url,
        "ASSAY_NATS_USER": "judge",
        "ASSAY_NATS_PASSWORD": "judge-secret",
        "ASSAY_ARTIFACTS_URL": str(tmp_path / "artifacts"),
    }
    command = [sys.executable, "-m", "services.judge"]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], env={**os.environ, **settings})
    yield process
    process.kill()
    process.wait()


async def ticket_for(folder: Path, name: str, solution: bytes) -> Ticket:
    hidden = hidden_tests({"test_hidden.py": TEST}, ("test_hidden.py::test_a",), outputs=("solution.py",))
    bundle = pack({"grading.json": encode(hidden.task), **hidden.files})
    return Ticket(
        attempt_id=name,
        token=1,
        project="default",
        lease_seconds=30,
        task_id="trial",
        task_digest="0" * 64,
        sample_id="main",
        repeat=0,
        model=ModelSpec(name="oracle"),
        solver=Solver.FILES,
        hidden=await open_store(folder, Area.HIDDEN).put(bundle),
        output=await open_store(folder, Area.ATTEMPTS).put(pack({"solution.py": solution})),
    )


@pytest.mark.slow
async def test_the_judge_grades_reports_and_stops_on_sigterm(
    server: ServerProcess, judge: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    outputs = {"run-1": b"def f(): return 1", "run-2": b"def f(): return 2"}
    tickets = {name: await ticket_for(tmp_path / "artifacts", name, text) for name, text in outputs.items()}

    async def claim(request: ClaimAttempts) -> Claims:
        return Claims(granted=tuple(tickets[claim.attempt_id] for claim in request.claims))

    async def heartbeat(_: Heartbeat) -> Leases:
        return Leases()

    bus = await connect(server.settings("ledger"))
    try:
        await bus.provision(all_queues())
        await bus.rpc.serve("ledger", {ClaimAttempts: claim, Heartbeat: heartbeat})
        orders = [GradeAttempt(attempt_id=name, token=1) for name in tickets]
        await bus.work.publish([Envelope.of(subjects.order(order), order.attempt_id, order) for order in orders])
        outcomes: dict[str, Outcome] = {}
        while len(outcomes) < 2:
            for delivery in await bus.work.fetch(REPORTS, 10, 20.0):
                assert isinstance(delivery.message, AttemptJudged)
                outcomes[delivery.message.attempt_id] = delivery.message.verdict.outcome
                await delivery.ack()
            assert judge.poll() is None
    finally:
        await bus.close()
    assert outcomes == {"run-1": Outcome.PASSED, "run-2": Outcome.FAILED}
    judge.send_signal(signal.SIGTERM)
    assert judge.wait(60) == 0
