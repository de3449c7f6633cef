"""The feeder: keeps the work queue short, releases fairly, and only what caps and money allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from assay.contracts.runs import WaitReason
from services.ledger.memory.accounts import open_paths
from services.ledger.memory.changes import change_attempt, record
from services.ledger.memory.orders import add_orders
from services.ledger.memory.results import live_slots
from services.ledger.memory.rules.changes import Change, Note
from services.ledger.memory.rules.facts import changed, queued
from services.ledger.memory.rules.feeding import Round, new_waits, standing, unaffordable
from services.ledger.memory.rules.rows import to_jsonb
from services.ledger.memory.rules.sharing import Shared, head_starts, places, share, window
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.memory.warnings import warnings
from services.ledger.memory.winding import end_limited
from services.ledger.settings import LedgerSettings


class MemoryFeeder:
    def __init__(self, store: MemoryStore, settings: LedgerSettings) -> None:
        self._store = store
        self._silence_seconds = settings.worker_silence_seconds
        self._max_concurrency = settings.max_concurrency

    async def feed(self) -> int:
        """Release as many attempts as the live runners have room for; returns how many."""
        released = self._store.transact(self._feed, quiet=True)
        if released:
            self._store.changed.set()
        return released

    def _feed(self) -> int:
        store = self._store
        runs = [
            _asked(store, run) for run in store.runs if run["status"] in ("waiting", "running") and run["n_waiting"]
        ]
        if not runs:
            return 0
        slots = live_slots(store, self._silence_seconds).get("run", 0)
        running = sum(row["state"] == "running" and row["lease_until"] is not None for row in store.attempts)
        out = running + sum(order["stage"] == "run" for order in store.orders)
        room = places(slots, out)
        active = [run for run in store.runs if run["status"] in ("waiting", "running")]
        priorities = sum(run["priority"] for run in active if run["n_waiting"] + standing(run)[1])
        starts = head_starts(slots, out, priorities, {run["run_id"]: standing(run) for run in runs})
        if not room and not starts and slots:
            return 0
        looked = _look(store, runs, room)
        overall = self._max_concurrency - looked.out if self._max_concurrency else None
        lines = [looked.line(run, starts.get(run["run_id"], 0)) for run in runs]
        shared = share(lines, room, looked.purses, looked.providers, overall)
        if not slots:
            shared.blocked = {run["run_id"]: WaitReason.NO_RUNNER for run in runs}
        rows = [self._queue(attempt_id) for attempt_id in shared.released]
        add_orders(store, "run", rows, shared.urgent)
        changes, notes = _end_unaffordable(store, looked, shared)
        notes += _tell_waits(store, runs, shared)
        record(store, [*(Change(row, queued) for row in rows), *changes], notes=notes)
        return len(rows)

    def _queue(self, attempt_id: str) -> Row:
        row = self._store.attempts[attempt_id]
        return change_attempt(self._store, row, state="queued", token=row["token"] + 1)


def _asked(store: MemoryStore, run: Row) -> Row:
    """The run, and whether it ends before its project's day does."""
    project = store.projects.get(run["project"])
    ends_today = False
    if project is not None and run["deadline_at"] is not None:
        zone = ZoneInfo(project["time_zone"])
        tomorrow = store.at.astimezone(zone).date() + timedelta(days=1)
        ends_today = run["deadline_at"] < datetime.combine(tomorrow, time(), zone)
    return {**run, "at": store.at, "ends_today": ends_today}


def _look(store: MemoryStore, runs: Sequence[Row], room: int) -> Round:
    waiting: dict[str, list[Row]] = {
        run["run_id"]: [_with_provider(row) for row in store.attempts.of(run["run_id"]) if row["state"] == "waiting"]
        for run in runs
    }
    plans = {run["run_id"]: store.plans[run["run_id"]]["body"] for run in runs}
    looked = Round({run_id: _window(rows, window(room)) for run_id, rows in waiting.items()}, plans)
    out = _out(store)
    looked.count_out(out)
    priced = [run for run in runs if any(row["worst_nanousd"] for row in waiting[run["run_id"]])]
    if priced:
        _look_at_money(store, looked, priced, out)
    return looked


def _window(rows: Sequence[Row], size: int) -> list[Row]:
    """The first of each model: those whose provider takes no more must not hide the others."""
    seen = Counter[int]()
    shown: list[Row] = []
    for row in rows:
        seen[row["model_index"]] += 1
        if seen[row["model_index"]] <= size:
            shown.append(row)
    return shown


def _out(store: MemoryStore) -> list[Row]:
    """Attempts ordered or under way, by run and provider. What is queued has no hold yet, and will ask for one."""
    ids = {order["attempt_id"]: None for order in store.orders if order["stage"] == "run"}
    running = [row["attempt_id"] for row in store.attempts if row["state"] == "running" and row["lease_until"]]
    counts, promised = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for attempt_id in ids | dict.fromkeys(running):
        row = _with_provider(store.attempts[attempt_id])
        key = row["run_id"], row["provider"]
        counts[key] += 1
        promised[key] += row["worst_nanousd"] if row["state"] == "queued" else 0
    return [
        {"run_id": run_id, "provider": provider, "n": n, "promised": promised[run_id, provider]}
        for (run_id, provider), n in counts.items()
    ]


def _look_at_money(store: MemoryStore, looked: Round, priced: Sequence[Row], out: Sequence[Row]) -> None:
    """Purses of all limited accounts that bound these runs, without what is promised to attempts already ordered."""
    today = open_paths(store, [run["project"] for run in priced])
    paths = {run["run_id"]: (f"run:{run['run_id']}", *today[run["project"]]) for run in priced}
    accounts = {name: store.accounts[name] for path in paths.values() for name in path}
    looked.fill_purses(paths, {name: row for name, row in accounts.items() if row["limit_nanousd"] is not None}, out)


def _end_unaffordable(store: MemoryStore, looked: Round, shared: Shared) -> tuple[list[Change], list[Note]]:
    """Attempts for which money can never come end, each saying which limit it was."""
    found = unaffordable(looked, shared)
    accounts = [dict(account) for account in found.accounts]
    return end_limited(store, found.reasons), warnings(store, accounts, found.run_ids, at_limit=True)


def _tell_waits(store: MemoryStore, runs: Sequence[Row], shared: Shared) -> list[Note]:
    """Runs whose reason to wait is another one now."""
    waits = new_waits(runs, shared)
    for run_id, wait in waits.items():
        store.runs.change(run_id, waits=None if wait is None else to_jsonb(wait))
    return [Note(run_id, changed) for run_id in waits]


def _with_provider(attempt: Row) -> Row:
    return {**attempt, "provider": attempt["model"].partition("/")[0]}
