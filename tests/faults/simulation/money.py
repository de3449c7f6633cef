"""What must be true of money: at every commit, and when everything is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay.contracts.ids import run_of
from assay.contracts.money import nanousd
from assay.contracts.runs import RunLimits
from services.ledger.memory.rules.rows import from_jsonb
from services.ledger.memory.store import MemoryStore
from tests.faults.simulation.provider import Provider


class Watch:
    """I3, for every committed state. Limits are taken from what runs and projects were told, not from the accounts: the
    highest so far, for what was held under a limit stays when the limit is lowered."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._highest: dict[str, int | None] = {}
        self._seen: dict[str, object] = {}

    def look(self) -> str:
        """What is spent and held where that is more than it may be; empty when it is nowhere."""
        self._learn()
        for account in self._store.accounts:
            name = account["account"]
            limit = self._highest.get(name.rpartition(":")[0] if name.startswith("day:") else name)
            used = account["posted_nanousd"] + account["held_nanousd"]
            if account["held_nanousd"] < 0 or (limit is not None and used > limit):
                return f"I3: {name} has {used} of {limit}"
        return ""

    def allowed(self, run_id: str) -> int | None:
        return self._highest.get(f"run:{run_id}")

    def _learn(self) -> None:
        for run in self._store.runs:
            if self._seen.get(run["run_id"]) is not run["limits"]:
                self._seen[run["run_id"]] = run["limits"]
                text = from_jsonb(RunLimits, run["limits"]).cost_usd
                self._raise(f"run:{run['run_id']}", None if text is None else nanousd(text))
        for project in self._store.projects:
            if self._seen.get(project["project"]) is not project:
                self._seen[project["project"]] = project
                self._raise(f"day:{project['project']}", project["day_nanousd"])
                self._raise(f"project:{project['project']}", project["project_nanousd"])

    def _raise(self, account: str, limit: int | None) -> None:
        before = self._highest.get(account, limit)
        self._highest[account] = None if limit is None or before is None else max(limit, before)


def unsettled(store: MemoryStore) -> Iterator[str]:
    """I4: nothing is held any more."""
    for hold in store.holds:
        if hold["state"] == "held":
            yield f"I4: {hold['amount_nanousd']} are still held for {hold['attempt_id']}:{hold['token']}"
    for table in (store.accounts, store.attempts, store.runs):
        for row in table:
            if row["held_nanousd"]:
                yield f"I4: {row.get('account') or row.get('attempt_id') or row['run_id']} still holds money"


def unbalanced(store: MemoryStore) -> Iterator[str]:
    """I3: the journal replayed gives the balances, and so do the receipts."""
    held, posted, receipts = Counter[str](), Counter[str](), Counter[str]()
    for move in store.transfers:
        if move["free_nanousd"] + move["held_nanousd"] + move["posted_nanousd"]:
            yield f"I3: transfer {move['key']} does not sum to zero"
        for account in move["accounts"]:
            held[account] += move["held_nanousd"]
            posted[account] += move["posted_nanousd"]
    for call in store.calls:
        _add_receipt(store, call, receipts)
    for row in store.accounts:
        name = row["account"]
        if (held[name], posted[name]) != (row["held_nanousd"], row["posted_nanousd"]):
            balance = row["held_nanousd"], row["posted_nanousd"]
            yield f"I3: {name} holds and posted {balance}, and its journal says {(held[name], posted[name])}"
        kind = name.rpartition(":")[0] if name.startswith("day:") else name
        if not name.startswith("day:") and receipts[name] != row["posted_nanousd"]:
            yield f"{name} posted {row['posted_nanousd']}, and its receipts are {receipts[name]}"
        receipts[kind] -= row["posted_nanousd"] if name.startswith("day:") else 0
    yield from (f"the days of {name} are off by {rest}" for name, rest in receipts.items() if "day:" in name and rest)


def _add_receipt(store: MemoryStore, call: dict[str, object], receipts: Counter[str]) -> None:
    posted, excess = int(str(call["posted_nanousd"])), int(str(call["excess_nanousd"]))
    run_id = run_of(str(call["attempt_id"]))
    project = store.runs[run_id]["project"]
    nested = (f"run:{run_id}", f"project:{project}", f"day:{project}")
    for name in nested if call["purpose"] == "model" else (f"judge:{project}",):
        receipts[name] += posted
    receipts[f"excess:{project}"] += excess


def underpaid(store: MemoryStore, provider: Provider, watch: Watch) -> Iterator[str]:
    """Cases 30 and 31: what the provider charged is booked, for every try; and what it was allowed to charge for a run
    never came to more than the run's limit."""
    booked, by_attempt = Counter[tuple[str, int]](), Counter[str]()
    for call in store.calls:
        booked[call["attempt_id"], call["token"]] += call["posted_nanousd"] + call["excess_nanousd"]
        by_attempt[call["attempt_id"]] += call["posted_nanousd"] + call["excess_nanousd"]
    for key, allowed in provider.allowed.items():
        if booked[key] < allowed:
            yield f"the provider charged {allowed} for {key}, and {booked[key]} are booked"
    for row in store.attempts:
        receipts = by_attempt[row["attempt_id"]]
        if row["cost_nanousd"] != receipts:
            yield f"{row['attempt_id']} cost {row['cost_nanousd']}, and its receipts say {receipts}"
    for run in store.runs:
        charged = sum(amount for key, amount in provider.allowed.items() if run_of(key[0]) == run["run_id"])
        limit = watch.allowed(run["run_id"])
        if limit is not None and charged > limit:
            yield f"the provider charged {charged} for {run['run_id']}, whose limit is {limit}"
