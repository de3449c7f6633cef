"""Attempts: claiming them, keeping their leases, reading them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import to_builtins

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptDetail, Denied, Stage, Ticket
from assay.contracts.ids import run_of
from assay.contracts.rpc import AttemptPage, Claim, ClaimAttempts, Claims, Heartbeat, Leases, ListAttempts
from services.ledger.errors import unknown_attempt, unknown_run
from services.ledger.memory.changes import change_attempt, record
from services.ledger.memory.funding import fund
from services.ledger.memory.results import live_slots
from services.ledger.memory.rows import new_try
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.claiming import HandedIn, denial, ticket
from services.ledger.memory.rules.facts import fact_of_claim
from services.ledger.memory.rules.funding import Funding
from services.ledger.memory.rules.views import attempt_view, try_view
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.settings import LedgerSettings


class MemoryAttempts:
    def __init__(self, store: MemoryStore, settings: LedgerSettings) -> None:
        self._store = store
        self._lease_seconds = settings.lease_seconds
        self._silence_seconds = settings.worker_silence_seconds

    async def claim(self, request: ClaimAttempts) -> Claims:
        """Grant leases on what may be claimed; say of the rest why not."""
        return self._store.transact(lambda: self._claim(request))

    async def heartbeat(self, beat: Heartbeat) -> Leases:
        """Note the worker's slots, extend the leases it holds, and tell it which ones it no longer does."""
        return self._store.transact(lambda: self._heartbeat(beat))

    async def page(self, query: ListAttempts) -> AttemptPage:
        run = self._store.runs.get(query.run_id)
        if run is None:
            raise unknown_run(query.run_id)
        wanted = {"state": query.state, "outcome": query.outcome, "model": query.model, "task_id": query.task_id}
        rows = self._store.attempts.of(query.run_id)
        found = [row for row in rows if all(row[name] == value for name, value in wanted.items() if value)]
        after = int(query.cursor) if query.cursor.isdigit() else 0
        left = [row for row in found if row["ordinal"] > after]
        items = tuple(attempt_view(row) for row in left[: query.limit])
        more = str(items[-1].ordinal) if len(left) > query.limit else ""
        return AttemptPage(items=items, next_cursor=more, total=len(found), sequence=run["sequence"])

    async def get(self, attempt_id: str) -> AttemptDetail:
        row = self._store.attempts.get(attempt_id)
        if row is None:
            raise unknown_attempt(attempt_id)
        return self._detail(row)

    def _claim(self, request: ClaimAttempts) -> Claims:
        claimed: list[Row] = []
        denied: list[Denied] = []
        for claim in sorted(dict.fromkeys(request.claims), key=lambda claim: claim.attempt_id):
            attempt = self._store.attempts.get(claim.attempt_id)
            self._retire_order(request.stage, claim)
            if attempt is None or not _may_claim(attempt, claim, request):
                denied.append(Denied(attempt_id=claim.attempt_id, reason=denial(attempt, claim.token)))
            else:
                again = attempt["worker_id"] == request.worker_id
                claimed.append({**self._grant(attempt, request), "again": again})
        funded, recalled = claimed, Funding()
        if request.stage is Stage.RUN:
            funded, recalled = fund(self._store, claimed)
            self._begin_tries(funded, request.worker_id)
        fact = fact_of_claim(request.stage, request.worker_id)
        changes = [Change(row, fact) for row in funded if not row["again"]]
        record(self._store, [*changes, *recalled.changes], recalled.spends, recalled.notes)
        tickets = tuple(self._ticket(row, request.stage) for row in funded)
        return Claims(granted=tickets, denied=(*recalled.denied, *denied))

    def _retire_order(self, stage: Stage, claim: Claim) -> None:
        """Of this stage alone: a runner's order that comes twice must not take the judge's of the same token."""
        order = self._store.orders.get(claim.attempt_id)
        if order is not None and order["token"] <= claim.token and order["stage"] == stage:
            self._store.orders.delete(claim.attempt_id)

    def _grant(self, attempt: Row, request: ClaimAttempts) -> Row:
        lease = {"worker_id": request.worker_id, "lease_until": self._lease_until()}
        if request.stage is Stage.JUDGE:
            gradings = attempt["gradings"] + (attempt["lease_until"] is None)
            return change_attempt(self._store, attempt, state="grading", gradings=gradings, **lease)
        tries = attempt["tries"] + (attempt["state"] == "queued")
        return change_attempt(self._store, attempt, state="running", tries=tries, **lease)

    def _begin_tries(self, rows: Sequence[Row], worker_id: str) -> None:
        for row in rows:
            key = row["attempt_id"], row["token"]
            if key not in self._store.tries:
                identity = {"attempt_id": key[0], "token": key[1], "worker_id": worker_id}
                self._store.tries.insert(key, new_try(self._store.at, **identity))

    def _ticket(self, row: Row, stage: Stage) -> Ticket:
        tries = self._store.tries.of(row["attempt_id"]) if stage is Stage.JUDGE else []
        executed = [each for each in tries if each["ended"] == "executed"]
        last = max(executed, key=lambda each: each["token"], default=None)
        left = HandedIn(last["output"], last["artifacts"].get("result.json")) if last else HandedIn()
        return ticket(row, self._store.plans[row["run_id"]]["body"], stage, self._lease_seconds, left)

    def _heartbeat(self, beat: Heartbeat) -> Leases:
        seen = {
            "worker_id": beat.worker_id,
            "slots": beat.slots,
            "sandboxes": beat.sandboxes,
            "seen_at": self._store.at,
        }
        if beat.worker_id in self._store.workers:
            self._store.workers.change(beat.worker_id, **seen)
        else:
            self._store.workers.insert(beat.worker_id, {"stage": beat.stage, "pool": beat.pool, **seen})
        live = live_slots(self._store, self._silence_seconds).get(beat.stage, 0)
        share = beat.slots / live if beat.slots and live else 1.0
        lost = tuple(lease for lease in beat.leases if not self._extend(lease, beat.worker_id))
        return Leases(lost=lost, share=share)

    def _extend(self, lease: Claim, worker_id: str) -> bool:
        row = self._store.attempts.get(lease.attempt_id)
        if row is None or row["lease_until"] is None or (row["token"], row["worker_id"]) != (lease.token, worker_id):
            return False
        self._store.attempts.change(lease.attempt_id, lease_until=self._lease_until())
        return True

    def _lease_until(self) -> object:
        return self._store.at + timedelta(seconds=self._lease_seconds)

    def _detail(self, row: Row) -> AttemptDetail:
        """Of a result taken over, what the earlier attempt left is shown."""
        store, attempt_id = self._store, row["reused_from"] or row["attempt_id"]
        plan, run = store.plans[row["run_id"]]["body"], store.runs[row["run_id"]]
        maker = store.runs.get(run_of(attempt_id)) or run
        tries = sorted(store.tries.of(attempt_id), key=lambda each: each["token"])
        verdict = store.verdicts.get(attempt_id)
        artifacts: dict[str, ArtifactRef] = {}
        for source in (*tries, *((verdict,) if verdict else ())):
            artifacts |= source["artifacts"]
        return AttemptDetail(
            attempt=attempt_view(row),
            key=row["key"],
            task_digest=plan.tasks[row["task_index"]].digest,
            parameters=to_builtins(plan.models[row["model_index"]].model.parameters),
            verdict=verdict["body"] if verdict else None,
            tries=tuple(try_view(each) for each in tries),
            calls=tuple(call["body"] for call in store.calls.of(attempt_id)),
            artifacts=artifacts,
            sequence=run["sequence"],
            expired_at=run["expired_at"] or maker["expired_at"],
            solver=plan.tasks[row["task_index"]].solver,
            limits=plan.tasks[row["task_index"]].limits,
        )


def _may_claim(attempt: Row, claim: Claim, request: ClaimAttempts) -> bool:
    """A worker may claim again what it already holds: the answer to its first claim may have been lost."""
    if attempt["token"] != claim.token:
        return False
    own = attempt["worker_id"] == request.worker_id
    if request.stage is Stage.RUN:
        return attempt["state"] == "queued" or (attempt["state"] == "running" and own)
    return attempt["state"] in ("executed", "grading") and (attempt["lease_until"] is None or own)
