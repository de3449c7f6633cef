"""A fake ledger on the bus: tests script its runs, its work and its money.

It stores no more than a test needs. What it implements is held to the real ledger's behaviour by
``tests/fakes/ledger/test_fake_ledger.py``, which runs over both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from assay.bus.protocol import Bus
from assay.contracts.codec import encode
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import GetHealth, ImportRun, QuoteRun, ServiceHealth, SubmitRun
from assay.contracts.runs import RunPlan, RunView
from tests.fakes.ledger.grants import FakeGrants
from tests.fakes.ledger.money import FakeMoney
from tests.fakes.ledger.providers import FakeProviders
from tests.fakes.ledger.queries import FakeQueries
from tests.fakes.ledger.references import FakeReferences
from tests.fakes.ledger.run_control import FakeRunControl
from tests.fakes.ledger.runs import FakeRuns
from tests.fakes.ledger.work import FakeWorkQueue


class FakeLedger(FakeRuns):
    """``database_down``: every request fails with status 503, as it does without Postgres."""

    def __init__(self, bus: Bus, lease_seconds: float = 0.6) -> None:
        super().__init__(bus)
        self.submitted: list[SubmitRun] = []
        self.imported: list[ImportRun] = []
        self.ready = True
        self.database_down = False
        self.queries = FakeQueries(self)
        self.control = FakeRunControl(self)
        self.money = FakeMoney()
        self.providers = FakeProviders()
        self.references = FakeReferences(self.runs)
        self.work = FakeWorkQueue(bus, lease_seconds)
        self.grants = FakeGrants(limit_nanousd=10**12)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[FakeLedger]:
        """Serve requests and collect the workers' reports."""
        await self.serve()
        async with self.work.collecting_reports():
            yield self

    async def serve(self) -> None:
        handlers: dict[Any, Any] = {
            SubmitRun: self._submit,
            ImportRun: self._import,
            QuoteRun: self.money.on_quote,
            GetHealth: self._health,
            **self.queries.handlers(),
            **self.control.handlers(),
            **self.money.handlers(),
            **self.providers.handlers(),
            **self.references.handlers(),
            **self.work.handlers(),
            **self.grants.handlers(),
        }
        await self.bus.rpc.serve("ledger", {kind: self._guarded(handler) for kind, handler in handlers.items()})

    def _guarded(self, handler: Any) -> Any:
        async def handle(request: Any) -> Any:
            if self.database_down:
                raise ProblemError(Problem(code="ledger_unavailable", title="No Postgres", status=503, detail="away"))
            return await handler(request)

        return handle

    async def _submit(self, request: SubmitRun) -> RunView:
        self.submitted.append(request)
        self.money.check(request.plan)
        body = encode(request.plan)
        known_body, run_id = body, ""
        if request.idempotency_key:
            known_body, run_id = self.idempotency_keys.get(request.idempotency_key, (body, ""))
        if known_body != body:
            problem = Problem(code="idempotency_key_reused", title="Another request has this key", status=422)
            raise ProblemError(problem)
        if not run_id:
            run_id = await self.new_run(_attempts(request.plan), request.plan.suite, request.plan.name)
            self.idempotency_keys[request.idempotency_key] = (body, run_id)
        return self.runs[run_id].run

    async def _import(self, request: ImportRun) -> RunView:
        self.imported.append(request)
        run_id = await self.new_run(len(request.attempts), request.plan.suite, request.plan.name)
        return self.runs[run_id].run

    async def _health(self, request: GetHealth) -> ServiceHealth:
        return ServiceHealth(service="ledger", ready=self.ready, detail="" if self.ready else "no Postgres")


def _attempts(plan: RunPlan) -> int:
    return sum(len(task.sample_ids) for task in plan.tasks) * len(plan.models) * plan.repeats
