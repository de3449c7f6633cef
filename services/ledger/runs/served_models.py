"""Which models answered in a run, as their providers name them: a provider may replace a model behind a name at any
time, and then the run's attempts cannot be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from cachetools import LRUCache

from assay.contracts.facts import RunChanged
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, to_json
from services.ledger.runs.run_counters import RunFact

MAX_NAMES = 20
"""Of one model in one run; further names are not recorded."""

_LOCK = "SELECT run_id, served_models FROM runs WHERE run_id = ANY($1::text[]) ORDER BY run_id FOR UPDATE"
_UPDATE = "UPDATE runs SET served_models = $2 WHERE run_id = $1"


class Served(NamedTuple):
    """``name`` answered when ``model`` was asked."""

    run_id: str
    model: str
    name: str


class _Run(Row):
    run_id: str
    served_models: dict[str, tuple[str, ...]]


class ServedModels:
    """Remembers what is recorded already, which is nearly everything, so that no statement is needed for it."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._recorded: LRUCache[Served, None] = LRUCache(capacity)

    async def record(self, connection: Connection, served: Iterable[Served]) -> list[RunFact]:
        """Returns a fact for each run in which another model answers now than before."""
        new = [each for each in dict.fromkeys(served) if each not in self._recorded]
        if not new:
            return []
        names: dict[str, list[Served]] = defaultdict(list)
        for each in new:
            names[each.run_id].append(each)
        facts: list[RunFact] = []
        for run in await connection.rows(_Run, _LOCK, sorted(names)):
            after = add_names(run.served_models, names[run.run_id])
            if after == run.served_models:
                continue
            await connection.execute(_UPDATE, run.run_id, to_json(after))
            if any(len(after[model]) > len(before) for model, before in run.served_models.items()):
                facts.append(RunFact(run.run_id, lambda view: RunChanged(run=view)))
        connection.on_commit(lambda: self._recorded.update(dict.fromkeys(new)))
        return facts


def add_names(before: dict[str, tuple[str, ...]], served: Iterable[Served]) -> dict[str, tuple[str, ...]]:
    """By model, the names in the order in which they were first seen."""
    after = dict(before)
    for each in served:
        known = after.get(each.model, ())
        if each.name not in known and len(known) < MAX_NAMES:
            after[each.model] = (*known, each.name)
    return after
