"""Many simulated workers in one process, which ``simulation.py`` starts.

Each has its own connection to the bus and the real worker loop: it fetches and claims orders, sends heartbeats and
reports. Only the work is simulated: an attempt takes ``SECONDS``, more or less, and a grading no time.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys

import structlog
import uvloop

from assay.bus.errors import BusError
from assay.bus.nats.bus import connect
from assay.bus.settings import BusSettings
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Stage, Ticket
from assay.contracts.verdicts import Outcome, Verdict
from assay.worker.sandbox_capabilities import SandboxCapabilities
from assay.worker.worker import Report, Worker, WorkerOptions

_OUTPUT = ArtifactRef(sha256="0" * 64, size_bytes=1)
_JUDGE_SLOTS = 64


class _Offers(SandboxCapabilities):
    """Offers sandboxes without probing for them."""

    def __init__(self) -> None:
        self.available: tuple[str, ...] | None = None

    async def probe_forever(self) -> None:
        self.available = ("bubblewrap",)
        self.on_change()


async def run_worker(settings: BusSettings, options: WorkerOptions, seconds: float, stop: asyncio.Event) -> None:
    async def act(ticket: Ticket) -> Report:
        if options.stage is Stage.RUN:
            await asyncio.sleep(seconds * random.uniform(0.5, 1.5))
            return _executed(ticket, options.worker_id)
        return _judged(ticket, options.worker_id)

    def failed(ticket: Ticket, error: BaseException) -> Report:
        raise error

    await asyncio.sleep(random.uniform(0.0, 20.0))
    bus = await connect(settings)
    try:
        await Worker(options, bus, act, failed, capabilities=_Offers()).run(stop)
    finally:
        await bus.close()


def _executed(ticket: Ticket, worker_id: str) -> AttemptExecuted:
    return AttemptExecuted(
        message_id=f"{ticket.attempt_id}:{ticket.token}:executed",
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=worker_id,
        output=_OUTPUT,
    )


def _judged(ticket: Ticket, worker_id: str) -> AttemptJudged:
    return AttemptJudged(
        message_id=f"{ticket.attempt_id}:{ticket.token}:judged",
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=worker_id,
        verdict=Verdict(outcome=Outcome.PASSED, score=1.0),
    )


async def main(
    url: str, passwords: dict[Stage, str], name: str, counts: dict[Stage, int], slots: dict[Stage, int], seconds: float
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    users = {Stage.RUN: "runner", Stage.JUDGE: "judge"}
    starting = [
        run_worker(
            BusSettings(url=url, user=users[stage], password=passwords[stage], name=name, connect_timeout_seconds=60),
            WorkerOptions(worker_id=f"{name}-{users[stage]}-{n}", stage=stage, slots=slots[stage]),
            seconds,
            stop,
        )
        for stage, count in counts.items()
        for n in range(count)
    ]
    for error in await asyncio.gather(*starting, return_exceptions=True):
        if isinstance(error, Exception) and not isinstance(error, BusError):
            print(f"{name}: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    errors = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40), logger_factory=errors)
    _, url_, runner_password, judge_password, name_, runners, judges, runner_slots, seconds_ = sys.argv
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop_runner:
        loop_runner.run(
            main(
                url_,
                {Stage.RUN: runner_password, Stage.JUDGE: judge_password},
                name_,
                {Stage.RUN: int(runners), Stage.JUDGE: int(judges)},
                {Stage.RUN: int(runner_slots), Stage.JUDGE: _JUDGE_SLOTS},
                float(seconds_),
            )
        )
