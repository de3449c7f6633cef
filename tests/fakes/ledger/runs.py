"""The runs of the fake ledger: a test creates and advances them, and every change publishes its fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from assay.bus.protocol import Bus, Envelope
from assay.contracts import subjects
from assay.contracts.attempts import State
from assay.contracts.codec import encode
from assay.contracts.facts import AttemptRecalled, Event, Fact, RunFinished, RunStarted, RunSubmitted
from assay.contracts.ids import new_id
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.runs import RunStatus
from assay.contracts.verdicts import Outcome
from tests.fakes.ledger.run import NEXT, FakeRun, fact_of, new_fake_run, now, progress_of


def not_found(noun: str, name: str) -> ProblemError:
    return ProblemError(Problem(code=f"unknown_{noun}", title=f"No such {noun}", status=404, detail=f"no {name!r}"))


class FakeRuns:
    """``drops`` decides for each fact whether it is lost on its way to the bus; the stored events keep it."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.runs: dict[str, FakeRun] = {}
        self.idempotency_keys: dict[str, tuple[bytes, str]] = {}
        self.drops: Callable[[Event], bool] = lambda event: False

    def find(self, run_id: str) -> FakeRun:
        if run_id not in self.runs:
            raise not_found("run", run_id)
        return self.runs[run_id]

    async def new_run(self, attempts: int = 4, suite: str = "demo", name: str = "") -> str:
        """A run whose attempts are all waiting; publishes ``run.submitted``."""
        run_id = new_id()
        self.runs[run_id] = new_fake_run(run_id, attempts, suite, name)
        await self.publish_run_fact(run_id, RunSubmitted, RunStatus.WAITING)
        return run_id

    async def publish_run_fact(self, run_id: str, kind: Any, status: RunStatus) -> None:
        await self.publish_fact(run_id, kind, status=status)

    async def publish_fact(self, run_id: str, kind: Any, *, status: RunStatus | None = None, **more: Any) -> None:
        """Publish a fact about the run; ``more`` are its members besides the run."""
        fake = self.runs[run_id]
        fake.run = msgspec.structs.replace(fake.run, status=status or fake.run.status, sequence=len(fake.events) + 1)
        await self._publish(fake, kind(run=fake.run, **more), run_id)

    def update_run(self, run_id: str, **fields: Any) -> None:
        """Change the run's fields; the next fact shows them."""
        self.runs[run_id].run = msgspec.structs.replace(self.runs[run_id].run, **fields)

    async def recall(self, run_id: str, ordinal: int, cause: str) -> None:
        """A queued attempt goes back to waiting."""
        fake = self.runs[run_id]
        row = msgspec.structs.replace(fake.rows[ordinal], state=State.WAITING, changed_at=now())
        fake.rows[ordinal] = row
        progress = progress_of(fake.rows)
        fake.run = msgspec.structs.replace(fake.run, progress=progress, sequence=len(fake.events) + 1)
        await self._publish(fake, AttemptRecalled(attempt=row, progress=progress, cause=cause), row.attempt_id)

    async def start(self, run_id: str) -> None:
        await self.publish_run_fact(run_id, RunStarted, RunStatus.RUNNING)

    async def finish(self, run_id: str) -> None:
        await self.publish_run_fact(run_id, RunFinished, RunStatus.FINISHED)

    async def advance(self, run_id: str, ordinal: int, reason: str = "") -> None:
        """Move the attempt to its next state and publish the fact; ``reason`` can make it long."""
        fake = self.runs[run_id]
        before = fake.rows[ordinal]
        state = NEXT[before.state]
        outcome = Outcome.PASSED if state is State.DONE else None
        row = msgspec.structs.replace(
            before, state=state, outcome=outcome, score=1.0 if outcome else None, reason=reason, changed_at=now()
        )
        fake.rows[ordinal] = row
        progress = progress_of(fake.rows)
        fake.run = msgspec.structs.replace(fake.run, progress=progress, sequence=len(fake.events) + 1)
        await self._publish(fake, fact_of(row, progress), row.attempt_id)

    async def complete_run(self, run_id: str, reason: str = "") -> None:
        """Advance all attempts in turn until they are done, then finish the run."""
        await self.start(run_id)
        while rows := self.runs[run_id].unfinished:
            for row in rows:
                await self.advance(run_id, row.ordinal, reason)
        await self.finish(run_id)

    async def _publish(self, fake: FakeRun, fact: Fact, subject: str) -> None:
        run_id = fake.run.run_id
        event = Event(
            id=new_id(),
            source="assay/ledger",
            type=fact.name(),
            subject=subject,
            time=now(),
            sequence=len(fake.events) + 1,
            project="default",
            runid=run_id,
            data=fact,
        )
        payload = encode(event)
        fake.events.append(payload)
        if not self.drops(event):
            subject = subjects.fact("default", fact, run_id)
            await self.bus.facts.publish([Envelope(subject=subject, message_id=event.id, payload=payload)])
