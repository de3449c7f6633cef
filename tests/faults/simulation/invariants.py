"""What must be true when everything has healed (faults.md, I1 to I9), read from the store's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from assay.contracts.attempts import State
from assay.contracts.codec import Data
from assay.contracts.facts import AttemptFinished, Event, RunCancelled
from assay.contracts.runs import Progress
from assay.contracts.verdicts import Outcome, Verdict
from tests.faults.simulation.money import unbalanced, underpaid, unsettled
from tests.faults.simulation.provider import is_right
from tests.faults.simulation.simulation import Simulation
from tests.faults.simulation.snapshot import Row, Snapshot

ENDED = ("finished", "cancelled")


def broken(simulation: Simulation) -> list[str]:
    """Everything that is not as it must be; empty when all is well."""
    store = simulation.snapshot
    found = list(simulation.faults)
    for check in (_answers_kept, _all_ended, _everything_told, _boards_add_up, _dashboards_true):
        found += check(simulation)
    found += [*unsettled(store), *unbalanced(store), *underpaid(store, simulation.world.provider, simulation.watch)]
    for run in store.runs:
        found += _counted_right(store, run)
        found += _told_once(store, run)
        found += _judged_rightly(store, run)
    return found


def _answers_kept(simulation: Simulation) -> Iterator[str]:
    """I1, and case 1: what was answered exists, once per key."""
    runs = {run["idempotency_key"]: run for run in simulation.snapshot.runs}
    for key, answer in simulation.clients.journal.items():
        if key not in runs or runs[key]["run_id"] != answer.run_id:
            yield f"I1: run {answer.run_id} was answered for {key} and is not there"
    keys = Counter(run["idempotency_key"] for run in simulation.snapshot.runs)
    yield from (f"I2: {amount} runs for {key}" for key, amount in keys.items() if amount > 1)


def _all_ended(simulation: Simulation) -> Iterator[str]:
    """I4."""
    store = simulation.snapshot
    for run in store.runs:
        if run["status"] not in ENDED:
            states = Counter(row["state"] for row in store.of("attempts", run_id=run["run_id"]))
            yield f"I4: run {run['run_id']} is still {run['status']}: {dict(states)}"
    for attempt in store.attempts:
        if attempt["lease_until"] is not None:
            yield f"I4: {attempt['attempt_id']} is still leased"


def _everything_told(simulation: Simulation) -> Iterator[str]:
    store = simulation.snapshot
    if len(store.pending_facts):
        yield f"I4: {len(store.pending_facts)} facts were never published"
    if len(store.pending_orders):
        yield f"I4: {len(store.pending_orders)} orders were never claimed"


def _counted_right(store: Snapshot, run: Row) -> Iterator[str]:
    """The run's counters are what counting its attempts gives."""
    attempts = list(store.of("attempts", run_id=run["run_id"]))
    states = Counter(row["state"] for row in attempts)
    outcomes = Counter(row["outcome"] for row in attempts)
    wanted = {f"n_{state.value}": states[state.value] for state in State}
    wanted |= {f"n_{outcome.value}": outcomes[outcome.value] for outcome in Outcome}
    wanted |= {"total": len(attempts), "cost_nanousd": sum(row["cost_nanousd"] for row in attempts)}
    for name, value in wanted.items():
        if run[name] != value:
            yield f"I2: run {run['run_id']} counts {name} {run[name]}, and it is {value}"


def _told_once(store: Snapshot, run: Row) -> Iterator[str]:
    """I2: each attempt ended once; and the facts are numbered without a gap."""
    facts = [msgspec.json.decode(row["body"], type=Event) for row in store.of("facts", run_id=run["run_id"])]
    if [fact.sequence for fact in facts] != list(range(1, run["sequence"] + 1)):
        yield f"the facts of run {run['run_id']} are not 1 to {run['sequence']}"
    ends = Counter(fact.subject for fact in facts if isinstance(fact.data, AttemptFinished))
    cancelled = any(isinstance(fact.data, RunCancelled) for fact in facts)
    for row in store.of("attempts", run_id=run["run_id"]):
        told = ends[row["attempt_id"]] + bool(row["reused_from"])
        if told > 1 or (told == 0 and not cancelled and row["state"] == "done"):
            yield f"I2: {row['attempt_id']} was told to be finished {told} times"


def _judged_rightly(store: Snapshot, run: Row) -> Iterator[str]:
    """I5: passed and failed are said of answers that are right and wrong, and by a judge."""
    for row in store.of("attempts", run_id=run["run_id"]):
        verdict = store.one("verdicts", attempt_id=row["attempt_id"])
        said = row["outcome"] in ("passed", "failed") and not row["reused_from"]
        if said and (row["outcome"] == "passed") != is_right(row["model"], row["sample_id"]):
            yield f"I5: {row['attempt_id']} is {row['outcome']}, which it is not"
        if said and (verdict is None or not verdict["judge_id"].startswith("judge")):
            yield f"I5: no judge said that {row['attempt_id']} is {row['outcome']}"
        elif said and verdict is not None:
            yield from _newest_stands(store, row, verdict)


def _newest_stands(store: Snapshot, attempt: Row, verdict: Row) -> Iterator[str]:
    """Case 10: what counts is the newest try, judged under the newest lease."""
    tries = list(store.of("tries", attempt_id=attempt["attempt_id"]))
    if [each["ended"] == "executed" for each in tries] != [False] * (len(tries) - 1) + [True]:
        yield f"I2: the tries of {attempt['attempt_id']} ended {[each['ended'] for each in tries]}"
    if verdict["token"] != attempt["token"] or _outcome(verdict) != attempt["outcome"]:
        yield f"I2: {attempt['attempt_id']} is {attempt['outcome']} by {attempt['token']}, its verdict is {verdict}"


def _outcome(verdict: Row) -> Outcome:
    return msgspec.json.decode(verdict["body"], type=Verdict).outcome


def _boards_add_up(simulation: Simulation) -> Iterator[str]:
    """I2: the leaderboard has each counted attempt once."""
    store = simulation.snapshot
    counted = Counter[str]()
    for cell in store.cells:
        counted[cell["model"]] += cell["n"]
    wanted = Counter(row["model"] for row in store.attempts if _counts(row))
    if +counted != wanted:
        yield f"I2: the leaderboard has {dict(counted)}, and there are {dict(wanted)}"


def _counts(attempt: Row) -> bool:
    """What was taken over was counted before; what a money limit ended says nothing about the model."""
    outcome = attempt["outcome"]
    return outcome is not None and Outcome(outcome).counts and outcome != "limit" and not attempt["reused_from"]


def _dashboards_true(simulation: Simulation) -> Iterator[str]:
    """I7. Of attempts that ended with their run, the moment is that of the run's fact."""
    for dashboard in simulation.clients.dashboards.values():
        yield from (f"I7: {complaint}" for complaint in dashboard.complaints)
        run_id = dashboard.topic.partition(":")[2]
        if run_id not in simulation.answers:
            continue
        run, attempts = simulation.answers[run_id]
        if dashboard.cursor != run.sequence:
            yield f"I7: a dashboard is at {dashboard.cursor} of {run.sequence}"
        yield from _differences(run_id, dashboard.run, run)
        for row in attempts:
            shown = dashboard.rows.get(row.ordinal)
            if shown is not None and row.outcome is Outcome.CANCELLED:
                shown = replace(shown, changed_at=row.changed_at)
            yield from _differences(row.attempt_id, shown, row)


def _differences(name: str, shown: Data | None, true: Data) -> Iterator[str]:
    if shown is None:
        yield f"I7: a dashboard shows nothing of {name}"
        return
    for field in true.__struct_fields__:
        seen, is_so = getattr(shown, field), getattr(true, field)
        if isinstance(is_so, Progress):
            yield from _differences(name, seen, is_so)
        elif seen != is_so:
            yield f"I7: a dashboard shows {field} {seen} of {name}, and it is {is_so}"
