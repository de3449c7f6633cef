"""A fake ledger in memory: it serves the ledger's rpc requests and publishes facts.

``drops`` decides whether a stored fact is lost on the way to the bus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from assay.bus.protocol import Bus, Envelope
from assay.contracts import subjects
from assay.contracts.attempts import AttemptDetail, State
from assay.contracts.codec import encode
from assay.contracts.facts import (
    AttemptRecalled,
    Event,
    Fact,
    RunFinished,
    RunStarted,
    RunSubmitted,
)
from assay.contracts.ids import new_id, run_of
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import (
    AttemptPage,
    FactPage,
    GetAttempt,
    GetBoard,
    GetHealth,
    GetRun,
    ListAttempts,
    ListFacts,
    ListRuns,
    QuoteRun,
    RunPage,
    ServiceHealth,
    SubmitRun,
)
from assay.contracts.runs import Board, BoardRow, RunStatus, RunView
from assay.contracts.verdicts import Outcome
from tests.gateway.fakes.control import Command, control_handlers
from tests.gateway.fakes.money import FakeMoney
from tests.gateway.fakes.references import FakeReferences
from tests.gateway.fakes.run import NEXT, FakeRun, fact_of, new_fake_run, now, progress_of


def unknown(noun: str, name: str) -> ProblemError:
    return ProblemError(Problem(code=f"unknown_{noun}", title=f"No such {noun}", status=404, detail=f"no {name!r}"))


class FakeLedger:
    def __init__(self, bus: Bus) -> None:
        self.runs: dict[str, FakeRun] = {}
        self.by_key: dict[str, tuple[bytes, str]] = {}
        self.submitted: list[SubmitRun] = []
        self.requests: list[str] = []
        self.drops: Callable[[Event], bool] = lambda event: False
        self.between_pages: Callable[[], Any] | None = None
        self.ready = True
        self.database_down = False
        """The ledger answers every request with 503."""
        self.money = FakeMoney()
        self.references = FakeReferences(self.runs)
        self.commands: list[Command] = []
        self._bus = bus

    async def serve(self) -> None:
        handlers: dict[Any, Any] = {
            SubmitRun: self._submit,
            GetRun: self._get_run,
            ListRuns: self._list_runs,
            QuoteRun: self.money.on_quote,
            ListAttempts: self._list_attempts,
            GetAttempt: self._get_attempt,
            GetBoard: self._get_board,
            ListFacts: self._list_facts,
            GetHealth: self._get_health,
            **self.money.handlers(),
            **self.references.handlers(),
            **control_handlers(self),
        }
        await self._bus.rpc.serve("ledger", {kind: self._unless_down(handler) for kind, handler in handlers.items()})

    def _unless_down(self, handler: Any) -> Any:
        async def handle(request: Any) -> Any:
            if self.database_down:
                raise ProblemError(Problem(code="ledger_unavailable", title="No Postgres", status=503, detail="down"))
            return await handler(request)

        return handle

    # --- driven by tests

    async def new_run(self, attempts: int = 4, suite: str = "demo", name: str = "") -> str:
        """Stores a run with waiting attempts and publishes ``run.submitted``."""
        run_id = new_id()
        self.runs[run_id] = new_fake_run(run_id, attempts, suite, name)
        await self.publish_run_fact(run_id, RunSubmitted, RunStatus.WAITING)
        return run_id

    async def publish_run_fact(self, run_id: str, kind: Any, status: RunStatus) -> None:
        await self.publish_fact(run_id, kind, status=status)

    async def publish_fact(self, run_id: str, kind: Any, *, status: RunStatus | None = None, **more: Any) -> None:
        """Publishes a fact about the run; ``more`` are its fields besides the run."""
        fake = self.runs[run_id]
        fake.run = msgspec.structs.replace(fake.run, status=status or fake.run.status, sequence=len(fake.events) + 1)
        await self._publish(fake, kind(run=fake.run, **more), run_id)

    def update_run(self, run_id: str, **fields: Any) -> None:
        """Changes the run without a fact of its own."""
        self.runs[run_id].run = msgspec.structs.replace(self.runs[run_id].run, **fields)

    async def recall(self, run_id: str, ordinal: int, cause: str) -> None:
        """Moves a queued attempt back to waiting."""
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
        """Moves the attempt to its next state and publishes the fact; a long ``reason`` makes a long fact."""
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
        """Advances all attempts state by state, then finishes the run."""
        await self.start(run_id)
        while unfinished := self.runs[run_id].unfinished:
            for row in unfinished:
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
            await self._bus.facts.publish([Envelope(subject=subject, message_id=event.id, payload=payload)])

    # --- rpc handlers

    async def _submit(self, request: SubmitRun) -> RunView:
        self.submitted.append(request)
        self.money.check(request.plan)
        body = encode(request.plan)
        known_body, run_id = self.by_key.get(request.idempotency_key, (body, ""))
        if known_body != body:
            problem = Problem(code="idempotency_key_reused", title="Another request has this key", status=422)
            raise ProblemError(problem)
        if not run_id:
            run_id = await self.new_run(attempts=2, suite=request.plan.suite, name=request.plan.name)
            self.by_key[request.idempotency_key] = (body, run_id)
        return self.runs[run_id].run

    async def _get_run(self, request: GetRun) -> RunView:
        self.requests.append(f"run {request.run_id}")
        return self.find(request.run_id).run

    async def _list_runs(self, request: ListRuns) -> RunPage:
        self.requests.append("runs")
        wanted = [
            fake.run
            for fake in reversed(self.runs.values())
            if request.status in (None, fake.run.status)
            and request.suite in ("", fake.run.suite)
            and (not request.model or request.model in fake.run.models)
            and request.search in fake.run.name
        ]
        start = int(request.cursor or 0)
        items = tuple(wanted[start : start + request.limit])
        more = start + len(items) < len(wanted)
        return RunPage(items=items, next_cursor=str(start + len(items)) if more else "", total=len(wanted))

    async def _list_attempts(self, request: ListAttempts) -> AttemptPage:
        fake = self.find(request.run_id)
        wanted = [
            row
            for row in fake.rows
            if request.state in (None, row.state)
            and request.outcome in (None, row.outcome)
            and request.model in ("", row.model)
            and request.task_id in ("", row.task_id)
        ]
        start = int(request.cursor or 0)
        items = tuple(wanted[start : start + request.limit])
        more = start + len(items) < len(wanted)
        page = AttemptPage(
            items=items,
            next_cursor=str(start + len(items)) if more else "",
            total=len(wanted),
            sequence=fake.run.sequence,
        )
        if self.between_pages is not None:
            await self.between_pages()
        return page

    async def _get_attempt(self, request: GetAttempt) -> AttemptDetail:
        fake = self.find(run_of(request.attempt_id))
        for row in fake.rows:
            if row.attempt_id == request.attempt_id:
                about: dict[str, Any] = {"sequence": fake.run.sequence, "expired_at": fake.run.expired_at}
                return AttemptDetail(attempt=row, key="k", task_digest="d", artifacts=fake.artifacts, **about)
        raise unknown("attempt", request.attempt_id)

    async def _get_board(self, request: GetBoard) -> Board:
        self.requests.append(f"board {request.suite}")
        runs = [fake for fake in self.runs.values() if request.suite in ("", fake.run.suite)]
        n = sum(row.state is State.DONE for fake in runs for row in fake.rows)
        row = BoardRow(
            model="nop",
            n=n,
            passed=n,
            score=1.0,
            pass_rate=1.0,
            cost_usd="0",
            cost_per_attempt_usd="0",
            duration_seconds=0.0,
        )
        return Board(suite=request.suite, category=request.category, rows=(row,) if n else ())

    async def _list_facts(self, request: ListFacts) -> FactPage:
        self.requests.append(f"facts {request.after}")
        events = self.runs[request.run_id].events if request.run_id in self.runs else []
        about = f'"type":"{request.entity}.'.encode() if request.entity else b""
        page = [event for event in events[request.after :] if about in event][: request.limit]
        return FactPage(events=tuple(event.decode() for event in page), last_sequence=len(events))

    async def _get_health(self, request: GetHealth) -> ServiceHealth:
        return ServiceHealth(service="ledger", ready=self.ready, detail="" if self.ready else "no Postgres")

    def find(self, run_id: str) -> FakeRun:
        if run_id not in self.runs:
            raise unknown("run", run_id)
        return self.runs[run_id]
