"""Submitting a run: it is stored with all its attempts in one transaction."""

from __future__ import annotations

from assay.contracts.attempts import Stage, State
from assay.contracts.codec import digest
from assay.contracts.ids import new_id
from assay.contracts.money import nanousd
from assay.contracts.rpc import SubmitRun
from assay.contracts.runs import RunPlan, RunView
from services.ledger.database.connection import Connection
from services.ledger.errors import no_sandbox, over_limit
from services.ledger.money.account import run_account
from services.ledger.money.project_limits import open_project
from services.ledger.money.transfers import open_accounts
from services.ledger.outbox.orders import add_orders
from services.ledger.runs.new_run import NewAttempt, attempts_of, earlier_run, insert_run
from services.ledger.runs.quote import quote
from services.ledger.runs.regrading import stored_outputs
from services.ledger.runs.reuse import reusable_for, take_answers
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_capabilities
from services.ledger.workers.sandbox_capacity import sandbox_refusal


class Submission:
    """One request to submit, prepared outside of its transaction."""

    def __init__(self, request: SubmitRun, settings: LedgerSettings) -> None:
        self._request, self._plan, self._settings = request, request.plan, settings
        self._run_id = new_id()
        self._digest = digest(request.plan)
        self._attempts = list(attempts_of(self._run_id, request.plan, NewAttempt))

    async def store(self, connection: Connection) -> RunView:
        """The new run, or the one stored before under the same key. Raises Refused if it exceeds the limits or no live
        worker has a sandbox for it."""
        key = self._request.idempotency_key
        if earlier := await earlier_run(connection, key, self._digest):
            return earlier
        workers = await live_capabilities(connection, self._settings.worker_silence_seconds)
        if refusal := sandbox_refusal(self._plan, workers, self._settings.on_demand):
            raise no_sandbox(refusal)
        await self._check_limits(connection)
        answers = await self._reuse(connection) if self._plan.reuse or self._plan.reuse_run else []
        if self._plan.regrades:
            answers = await self._take_outputs(connection)
        run = await insert_run(connection, self._plan, self._attempts, self._run_id, key, self._digest)
        await take_answers(connection, answers)
        await add_orders(connection, Stage.JUDGE, [each for each in self._attempts if each.state == State.EXECUTED])
        return run

    async def _check_limits(self, connection: Connection) -> None:
        """Only a run whose models can cost something has an account; its judges have one of their own."""
        free = is_free(self._plan)
        if free and not self._plan.judges:
            return
        if not free:
            await open_project(connection, self._plan.project, self._settings)
        quoted = await quote(connection, self._plan, self._settings)
        if quoted.refusal:
            raise over_limit(quoted)
        if free:
            return
        limit = self._plan.limits.cost_usd
        await open_accounts(connection, {run_account(self._run_id): None if limit is None else nanousd(limit)})

    async def _reuse(self, connection: Connection) -> list[tuple[str, str]]:
        """Returns the attempts that have an answer already, each with the attempt that gave it."""
        reusable = await reusable_for(connection, self._plan, [attempt.key for attempt in self._attempts])
        answers: list[tuple[str, str]] = []
        for attempt in self._attempts:
            if result := reusable.results.get(attempt.key):
                attempt.reuse(result)
            elif answer := reusable.answers.get(attempt.key):
                attempt.state, attempt.duration_seconds = State.EXECUTED.value, answer.duration_seconds
                answers.append((attempt.attempt_id, answer.attempt_id))
        return answers

    async def _take_outputs(self, connection: Connection) -> list[tuple[str, str]]:
        """Only attempts whose output is stored are graded again. Returns each with the attempt that left its output."""
        outputs = await stored_outputs(connection, self._plan.regrades)
        self._attempts = [attempt for attempt in self._attempts if attempt.ordinal in outputs]
        for attempt in self._attempts:
            output = outputs[attempt.ordinal]
            attempt.state, attempt.duration_seconds = State.EXECUTED.value, output.duration_seconds
        return [(attempt.attempt_id, outputs[attempt.ordinal].source) for attempt in self._attempts]


def is_free(plan: RunPlan) -> bool:
    """Whether none of its models has a price, or none is asked."""
    return bool(plan.regrades) or all(pin.price is None or pin.price.free for pin in plan.models)
