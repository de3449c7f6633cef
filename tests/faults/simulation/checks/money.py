"""The invariants of money: at every commit, and once everything is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from assay.contracts.ids import run_of
from assay.contracts.money import nanousd
from assay.contracts.runs import RunLimits
from tests.faults.simulation.checks.snapshot import Row, Snapshot
from tests.faults.simulation.world.model_provider import Provider
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres

_BALANCES = """
SELECT account AS name, 'account' AS kind, posted_nanousd + held_nanousd AS amount, held_nanousd AS held,
  NULL::jsonb AS limits
FROM accounts
UNION ALL SELECT 'day:' || project, 'limit', day_nanousd, 0, NULL::jsonb FROM projects
UNION ALL SELECT 'project:' || project, 'limit', project_nanousd, 0, NULL::jsonb FROM projects
UNION ALL SELECT 'run:' || run_id, 'run', NULL::bigint, 0, limits FROM runs ORDER BY kind DESC
"""


class MoneyMonitor:
    """I3, for every committed state. Limits are read from runs and projects, not from the accounts. The highest so far
    counts: holds stay when a limit is lowered."""

    def __init__(self) -> None:
        self._highest: dict[str, int | None] = {}

    def check(self, postgres: VirtualPostgres) -> str:
        """The first account beyond its limit; empty if there is none."""
        for row in postgres.fetch(_BALANCES):
            name = row["name"]
            if row["kind"] == "run":
                text = msgspec.json.decode(row["limits"], type=RunLimits).cost_usd
                self._raise(name, None if text is None else nanousd(text))
            elif row["kind"] == "limit":
                self._raise(name, row["amount"])
            else:
                limit = self._highest.get(name.rpartition(":")[0] if name.startswith("day:") else name)
                if row["held"] < 0 or (limit is not None and row["amount"] > limit):
                    return f"I3: {name} has {row['amount']} spent and held, its limit is {limit}"
        return ""

    def highest_limit(self, run_id: str) -> int | None:
        return self._highest.get(f"run:{run_id}")

    def _raise(self, account: str, limit: int | None) -> None:
        before = self._highest.get(account, limit)
        self._highest[account] = None if limit is None or before is None else max(limit, before)


def open_holds(snapshot: Snapshot) -> Iterator[str]:
    """I4: no money is held."""
    for hold in snapshot.holds:
        if hold["state"] == "held":
            yield f"I4: {hold['amount_nanousd']} nano-USD are still held for {hold['attempt_id']}:{hold['token']}"
    for key, table in (("account", snapshot.accounts), ("attempt_id", snapshot.attempts), ("run_id", snapshot.runs)):
        yield from (f"I4: {row[key]} still holds money" for row in table if row["held_nanousd"])


def unbalanced_accounts(snapshot: Snapshot) -> Iterator[str]:
    """I3: a replay of the transfers gives the balances, and so do the calls."""
    held, posted, receipts = Counter[str](), Counter[str](), Counter[str]()
    for transfer in snapshot.transfers:
        if transfer["free_nanousd"] + transfer["held_nanousd"] + transfer["posted_nanousd"]:
            yield f"I3: transfer {transfer['key']} does not sum to zero"
        for account in transfer["accounts"]:
            held[account] += transfer["held_nanousd"]
            posted[account] += transfer["posted_nanousd"]
    projects = {run["run_id"]: run["project"] for run in snapshot.runs}
    for call in snapshot.calls:
        _add_receipt(projects, call, receipts)
    for row in snapshot.accounts:
        name = row["account"]
        if (held[name], posted[name]) != (row["held_nanousd"], row["posted_nanousd"]):
            balance = row["held_nanousd"], row["posted_nanousd"]
            yield f"I3: {name} has held and posted {balance}, its transfers sum to {(held[name], posted[name])}"
        kind = name.rpartition(":")[0] if name.startswith("day:") else name
        if not name.startswith("day:") and receipts[name] != row["posted_nanousd"]:
            yield f"{name} posted {row['posted_nanousd']}, its calls cost {receipts[name]}"
        receipts[kind] -= row["posted_nanousd"] if name.startswith("day:") else 0
    yield from (f"the days of {name} are off by {rest}" for name, rest in receipts.items() if "day:" in name and rest)


def _add_receipt(projects: dict[str, str], call: Row, receipts: Counter[str]) -> None:
    run_id = run_of(call["attempt_id"])
    project = projects[run_id]
    nested = (f"run:{run_id}", f"project:{project}", f"day:{project}")
    for name in nested if call["purpose"] == "model" else (f"judge:{project}",):
        receipts[name] += call["posted_nanousd"]
    receipts[f"excess:{project}"] += call["excess_nanousd"]


def unbooked_charges(snapshot: Snapshot, provider: Provider, monitor: MoneyMonitor) -> Iterator[str]:
    """Cases 30 and 31: the provider's charges for each try are booked, and the charges it was allowed for a run stay
    within the run's limit."""
    booked, by_attempt = Counter[tuple[str, int]](), Counter[str]()
    for call in snapshot.calls:
        booked[call["attempt_id"], call["token"]] += call["posted_nanousd"] + call["excess_nanousd"]
        by_attempt[call["attempt_id"]] += call["posted_nanousd"] + call["excess_nanousd"]
    for key, allowed in provider.allowed.items():
        if booked[key] < allowed:
            yield f"the provider charged {allowed} for {key}, but {booked[key]} are booked"
    for row in snapshot.attempts:
        receipts = by_attempt[row["attempt_id"]]
        if row["cost_nanousd"] != receipts:
            yield f"{row['attempt_id']} cost {row['cost_nanousd']}, its calls sum to {receipts}"
    for run in snapshot.runs:
        charged = sum(amount for key, amount in provider.allowed.items() if run_of(key[0]) == run["run_id"])
        limit = monitor.highest_limit(run["run_id"])
        if limit is not None and charged > limit:
            yield f"the provider charged {charged} for {run['run_id']}, whose limit is {limit}"
