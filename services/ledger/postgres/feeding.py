"""The feeder: keeps the work queue short, releases fairly, and only what caps and money allow."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contracts.money import usd
from assay.contracts.runs import RunLimits, RunPlan, Wait, WaitReason
from services.ledger.postgres.accounts import open_paths
from services.ledger.postgres.changes import record
from services.ledger.postgres.columns import returning
from services.ledger.postgres.database import Connection, Database
from services.ledger.postgres.orders import add_orders
from services.ledger.postgres.plans import Plans
from services.ledger.postgres.warnings import warnings
from services.ledger.postgres.winding import end_limited
from services.ledger.rules.changes import Change, Note
from services.ledger.rules.facts import changed, queued
from services.ledger.rules.rows import Row, from_jsonb, to_jsonb
from services.ledger.rules.sharing import Candidate, Line, Purse, Shared, head_starts, places, share, window
from services.ledger.settings import LedgerSettings

_ROOM = """
SELECT coalesce((SELECT sum(slots) FROM workers
    WHERE stage = 'run' AND seen_at > clock_timestamp() - make_interval(secs => $1)), 0)::int AS slots,
  ((SELECT count(*) FROM pending_orders WHERE stage = 'run')
    + (SELECT count(*) FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'))::int AS out
"""

_RUNS = """
SELECT r.run_id, r.project, r.priority, r.limits, r.waits, r.n_queued, r.n_running, now() AS at,
  (SELECT sum(priority)::int FROM runs
    WHERE status IN ('waiting', 'running') AND n_waiting + n_queued + n_running > 0) AS priorities,
  coalesce(r.deadline_at < ((now() AT TIME ZONE p.time_zone)::date + 1) AT TIME ZONE p.time_zone, false) AS ends_today
FROM runs r LEFT JOIN projects p USING (project) WHERE r.status IN ('waiting', 'running') AND r.n_waiting > 0
"""

# Read and not locked: it is the claim that holds, and checks again.
_BALANCES = """
SELECT account, limit_nanousd, held_nanousd, posted_nanousd FROM accounts
WHERE account = ANY($1::text[]) AND limit_nanousd IS NOT NULL
"""

# Of each model by itself: those whose provider takes no more must not hide the others.
_WAITING = """
SELECT r.run_id, a.attempt_id, a.worst_nanousd, r.provider
FROM unnest($1::text[], $2::int[], $3::text[]) AS r(run_id, model_index, provider) CROSS JOIN LATERAL (
  SELECT attempt_id, ordinal, worst_nanousd FROM attempts a
  WHERE a.run_id = r.run_id AND a.model_index = r.model_index AND a.state = 'waiting' ORDER BY a.ordinal LIMIT $4
) a ORDER BY r.run_id, a.ordinal
"""

# What is queued has no hold yet, and will ask for one.
_OUT = """
SELECT a.run_id, split_part(a.model, '/', 1) AS provider, count(*)::int AS n,
  coalesce(sum(a.worst_nanousd) FILTER (WHERE a.state = 'queued'), 0)::bigint AS promised
FROM (SELECT attempt_id FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'
      UNION SELECT attempt_id FROM pending_orders WHERE stage = 'run') o
JOIN attempts a USING (attempt_id) GROUP BY 1, 2
"""

_QUEUE = f"""
WITH locked AS (
  SELECT attempt_id FROM attempts WHERE attempt_id = ANY($1::text[]) AND state = 'waiting'
  ORDER BY attempt_id FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET state = 'queued', token = a.token + 1, changed_at = now()
FROM locked WHERE a.attempt_id = locked.attempt_id RETURNING {returning()}
"""

_WAITS = "UPDATE runs SET waits = $2 WHERE run_id = $1"

_DETAILS = {
    WaitReason.BUDGET: "what the limits leave is held by attempts under way, or a day's limit has to pass",
    WaitReason.CONCURRENCY: "as many attempts are under way as the run allows at once (limits.concurrency)",
    WaitReason.PROVIDER: "as many attempts are under way as the provider is asked at once (models.yaml)",
    WaitReason.NO_RUNNER: "no runner is alive; start one, and look into its log if it ended",
}


@dataclass(slots=True)
class _Round:
    """What one round looks at."""

    waiting: Mapping[str, Sequence[Row]]
    plans: dict[str, RunPlan]
    purses: dict[str, Purse] = field(default_factory=dict[str, Purse])
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The accounts with a limit that bound each run."""
    accounts: Mapping[str, Row] = field(default_factory=dict[str, Row])
    providers: dict[str, int] = field(default_factory=dict[str, int])
    out: int = 0


class PostgresFeeder:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._silence_seconds = settings.worker_silence_seconds
        self._max_concurrency = settings.max_concurrency

    async def feed(self) -> int:
        """Release as many attempts as the live runners have room for; returns how many."""
        released = await self._database.transact(self._feed, quiet=True)
        if released:
            self._database.changed.set()
        return released

    async def _feed(self, connection: Connection) -> int:
        runs = await connection.fetch(_RUNS)
        if not runs:
            return 0
        found = await connection.fetchrow(_ROOM, self._silence_seconds)
        assert found is not None
        room = places(found["slots"], found["out"])
        standings = {run["run_id"]: _standing(run) for run in runs}
        starts = head_starts(found["slots"], found["out"], runs[0]["priorities"], standings)
        if not room and not starts and found["slots"]:
            return 0
        looked = await self._look(connection, runs, room)
        shared = share(
            [_line(run, looked, starts.get(run["run_id"], 0)) for run in runs],
            room,
            looked.purses,
            looked.providers,
            self._max_concurrency - looked.out if self._max_concurrency else None,
        )
        if not found["slots"]:
            shared.blocked = {run["run_id"]: WaitReason.NO_RUNNER for run in runs}
        # Attempts, then accounts, then runs: the order in which every transaction here takes its locks.
        rows = await connection.fetch(_QUEUE, shared.released) if shared.released else ()
        await add_orders(connection, "run", rows, shared.urgent)
        changes, notes = await _end_unaffordable(connection, looked, shared)
        notes += await _tell_waits(connection, runs, shared)
        await record(connection, [*(Change(row, queued) for row in rows), *changes], notes=notes)
        return len(rows)

    async def _look(self, connection: Connection, runs: Sequence[Row], room: int) -> _Round:
        plans = {run["run_id"]: await self._plans.of(connection, run["run_id"]) for run in runs}
        models = [
            (run_id, index, pin.model.provider)
            for run_id, plan in plans.items()
            for index, pin in enumerate(plan.models)
        ]
        waiting: defaultdict[str, list[Row]] = defaultdict(list)
        for row in await connection.fetch(
            _WAITING, *(list(column) for column in zip(*models, strict=True)), window(room)
        ):
            waiting[row["run_id"]].append(row)
        looked = _Round(waiting, plans)
        out = await connection.fetch(_OUT)
        looked.out = sum(row["n"] for row in out)
        looked.providers = _provider_room(plans.values(), out)
        priced = [run for run in runs if any(row["worst_nanousd"] for row in waiting[run["run_id"]])]
        if priced:
            await _look_at_money(connection, looked, priced, out)
        return looked


async def _end_unaffordable(connection: Connection, looked: _Round, shared: Shared) -> tuple[list[Change], list[Note]]:
    """Attempts for which money can never come end, each saying which limit it was."""
    if not shared.unaffordable:
        return [], []
    reasons: dict[str, str] = {}
    empty: dict[str, str] = {}
    for run_id, attempt_ids in shared.unaffordable.items():
        tightest = min(looked.paths[run_id], key=lambda name: looked.purses[name].ever)
        empty.setdefault(tightest, run_id)
        reasons |= dict.fromkeys(attempt_ids, _spent(looked.accounts[tightest]))
    changes = await end_limited(connection, reasons)
    projects = {looked.plans[run_id].project: run_id for run_id in shared.unaffordable}
    return changes, await warnings(connection, [looked.accounts[name] for name in empty], projects, at_limit=True)


async def _look_at_money(connection: Connection, looked: _Round, priced: Sequence[Row], out: Sequence[Row]) -> None:
    """Purses of all limited accounts that bound these runs, without what is promised to attempts already ordered."""
    today = await open_paths(connection, {run["project"] for run in priced})
    paths = {run["run_id"]: (f"run:{run['run_id']}", *today[run["project"]]) for run in priced}
    rows = await connection.fetch(_BALANCES, sorted({name for path in paths.values() for name in path}))
    looked.accounts = {row["account"]: row for row in rows}
    looked.paths = {run_id: tuple(name for name in path if name in looked.accounts) for run_id, path in paths.items()}
    for name, row in looked.accounts.items():
        ever = row["limit_nanousd"] - row["posted_nanousd"]
        looked.purses[name] = Purse(left=ever - row["held_nanousd"], ever=ever)
    for row in out:
        for name in looked.paths.get(row["run_id"], ()):
            looked.purses[name].left -= row["promised"]


def _provider_room(plans: Any, out: Sequence[Row]) -> dict[str, int]:
    """What each bounded provider leaves."""
    under_way = Counter[str]()
    for row in out:
        under_way[row["provider"]] += row["n"]
    bounds = {
        pin.model.provider: pin.provider_concurrency
        for plan in plans
        for pin in plan.models
        if pin.provider_concurrency
    }
    return {provider: bound - under_way[provider] for provider, bound in bounds.items()}


def _standing(run: Row) -> tuple[int, int]:
    """Its priority, and how many of its attempts are under way."""
    return run["priority"], run["n_queued"] + run["n_running"]


def _line(run: Row, looked: _Round, head_start: int) -> Line:
    limits = from_jsonb(RunLimits, run["limits"])
    purses = looked.paths.get(run["run_id"], ())
    priority, under_way = _standing(run)
    return Line(
        run_id=run["run_id"],
        priority=priority,
        candidates=[
            Candidate(row["attempt_id"], row["provider"], row["worst_nanousd"])
            for row in looked.waiting.get(run["run_id"], ())
        ],
        under_way=under_way,
        head_start=head_start,
        room=limits.concurrency - under_way if limits.concurrency else None,
        purses=purses,
        final=frozenset(name for name in purses if run["ends_today"] or not name.startswith("day:")),
    )


async def _tell_waits(connection: Connection, runs: Sequence[Row], shared: Shared) -> list[Note]:
    """Runs whose reason to wait is another one now."""
    notes: list[Note] = []
    for run in runs:
        was = from_jsonb(Wait, run["waits"])
        reason = shared.blocked.get(run["run_id"])
        if reason == (was.reason if was else None):
            continue
        wait = None if reason is None else Wait(reason=reason, detail=_DETAILS[reason], since=run["at"])
        await connection.execute(_WAITS, run["run_id"], None if wait is None else to_jsonb(wait))
        notes.append(Note(run["run_id"], changed))
    return notes


def _spent(account: Row) -> str:
    kind = account["account"].partition(":")[0]
    return (
        f"the limit of the {kind} is reached: {usd(account['posted_nanousd'])} of {usd(account['limit_nanousd'])} USD "
        "are spent, and what is left is less than this attempt may cost"
    )
