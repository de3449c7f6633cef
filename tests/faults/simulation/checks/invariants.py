"""The invariants that hold once everything has recovered (faults.md, I1 to I9), read from the ledger's tables."""

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
from services.ledger.attempts.transitions import ANSWER_KEPT
from tests.faults.simulation.checks.money import open_holds, unbalanced_accounts, unbooked_charges
from tests.faults.simulation.checks.snapshot import Row, Snapshot
from tests.faults.simulation.simulation import Simulation
from tests.faults.simulation.world.model_provider import is_right

ENDED = ("finished", "cancelled")


def violations(simulation: Simulation) -> list[str]:
    """Every violated invariant; empty if all hold."""
    snapshot = simulation.snapshot
    broken = list(simulation.failures)
    for check in (_answers_kept, _all_runs_ended, _everything_published, _leaderboard_matches, _dashboards_match):
        broken += check(simulation)
    broken += [
        *open_holds(snapshot),
        *unbalanced_accounts(snapshot),
        *unbooked_charges(snapshot, simulation.world.provider, simulation.money_monitor),
    ]
    for run in snapshot.runs:
        broken += _counters_match(snapshot, run)
        broken += _finished_once(snapshot, run)
        broken += _verdicts_correct(snapshot, run)
        broken += _answers_graded(snapshot, run)
        broken += _answers_not_executed_again(snapshot, run)
    return broken


def _answers_kept(simulation: Simulation) -> Iterator[str]:
    """I1, and case 1: every answered run exists, once per key."""
    runs = {run["idempotency_key"]: run for run in simulation.snapshot.runs}
    for key, answer in simulation.clients.journal.items():
        if key not in runs or runs[key]["run_id"] != answer.run_id:
            yield f"I1: run {answer.run_id} was answered for {key} but does not exist"
    keys = Counter(run["idempotency_key"] for run in simulation.snapshot.runs)
    yield from (f"I2: {count} runs for {key}" for key, count in keys.items() if count > 1)


def _all_runs_ended(simulation: Simulation) -> Iterator[str]:
    """I4: every run has ended and no attempt is leased."""
    snapshot = simulation.snapshot
    for run in snapshot.runs:
        if run["status"] not in ENDED:
            states = Counter(row["state"] for row in snapshot.where("attempts", run_id=run["run_id"]))
            yield f"I4: run {run['run_id']} is still {run['status']}: {dict(states)}"
    for attempt in snapshot.attempts:
        if attempt["lease_until"] is not None:
            yield f"I4: {attempt['attempt_id']} is still leased"


def _everything_published(simulation: Simulation) -> Iterator[str]:
    snapshot = simulation.snapshot
    if len(snapshot.pending_facts):
        yield f"I4: {len(snapshot.pending_facts)} facts were never published"
    if len(snapshot.pending_orders):
        yield f"I4: {len(snapshot.pending_orders)} orders were never claimed"


def _counters_match(snapshot: Snapshot, run: Row) -> Iterator[str]:
    """The run's counters equal a count of its attempts."""
    attempts = list(snapshot.where("attempts", run_id=run["run_id"]))
    states = Counter(row["state"] for row in attempts)
    outcomes = Counter(row["outcome"] for row in attempts)
    expected = {f"n_{state.value}": states[state.value] for state in State}
    expected |= {f"n_{outcome.value}": outcomes[outcome.value] for outcome in Outcome}
    expected |= {"total": len(attempts), "cost_nanousd": sum(row["cost_nanousd"] for row in attempts)}
    for name, value in expected.items():
        if run[name] != value:
            yield f"I2: run {run['run_id']} has {name} = {run[name]}, expected {value}"


def _finished_once(snapshot: Snapshot, run: Row) -> Iterator[str]:
    """I2: each attempt finished once, and the facts are numbered without a gap."""
    facts = [msgspec.json.decode(row["body"], type=Event) for row in snapshot.where("facts", run_id=run["run_id"])]
    if [fact.sequence for fact in facts] != list(range(1, run["sequence"] + 1)):
        yield f"the facts of run {run['run_id']} are not 1 to {run['sequence']}"
    ends = Counter(fact.subject for fact in facts if isinstance(fact.data, AttemptFinished))
    cancelled = any(isinstance(fact.data, RunCancelled) for fact in facts)
    for row in snapshot.where("attempts", run_id=run["run_id"]):
        finished = ends[row["attempt_id"]] + bool(row["reused_from"])
        if finished > 1 or (finished == 0 and not cancelled and row["state"] == "done"):
            yield f"I2: {row['attempt_id']} finished {finished} times"


def _verdicts_correct(snapshot: Snapshot, run: Row) -> Iterator[str]:
    """I5: right answers passed, wrong ones failed, and a judge gave each verdict."""
    for row in snapshot.where("attempts", run_id=run["run_id"]):
        verdict = snapshot.first("verdicts", attempt_id=row["attempt_id"])
        judged = row["outcome"] in ("passed", "failed") and not row["reused_from"]
        if judged and (row["outcome"] == "passed") != is_right(row["model"], row["sample_id"]):
            yield f"I5: {row['attempt_id']} is {row['outcome']}, which is wrong"
        if judged and (verdict is None or not verdict["judge_id"].startswith("judge")):
            yield f"I5: {row['attempt_id']} is {row['outcome']} without a verdict of a judge"
        elif judged and verdict is not None:
            yield from _newest_try_counts(snapshot, row, verdict)


def _newest_try_counts(snapshot: Snapshot, attempt: Row, verdict: Row) -> Iterator[str]:
    """Case 10: the newest try counts, judged under the newest lease."""
    tries = list(snapshot.where("tries", attempt_id=attempt["attempt_id"]))
    if [each["ended"] == "executed" for each in tries] != [False] * (len(tries) - 1) + [True]:
        yield f"I2: the tries of {attempt['attempt_id']} ended as {[each['ended'] for each in tries]}"
    if verdict["token"] != attempt["token"] or _outcome(verdict) != attempt["outcome"]:
        yield f"I2: {attempt['attempt_id']} is {attempt['outcome']} (token {attempt['token']}), but not its verdict"


def _answers_graded(snapshot: Snapshot, run: Row) -> Iterator[str]:
    """An answer of a cancelled run is graded, unless a model would do so without a request, or nothing is wanted."""
    model_graded = {row["attempt_id"] for row in snapshot.attempts if row["model_graded"]}
    for row in snapshot.where("attempts", run_id=run["run_id"], outcome="cancelled"):
        answered = any(snapshot.where("tries", attempt_id=row["attempt_id"], ended="executed"))
        given_up = run["cancel_grading"] == "none"
        costly = row["attempt_id"] in model_graded and run["cancel_grading"] == "free"
        if answered and not (given_up or costly):
            yield f"the answer of {row['attempt_id']} was discarded"
        if answered and not row["reason"].endswith(ANSWER_KEPT):
            yield f"{row['attempt_id']} does not say that its answer is kept: {row['reason']}"


def _answers_not_executed_again(snapshot: Snapshot, run: Row) -> Iterator[str]:
    """A retry executes no attempt for which its run had an answer. A try that a limit ended has none."""
    earlier = {row["ordinal"]: row["attempt_id"] for row in snapshot.where("attempts", run_id=run["restarts"])}
    for row in snapshot.where("attempts", run_id=run["run_id"]):
        tries = snapshot.where("tries", attempt_id=earlier.get(row["ordinal"], ""), ended="executed")
        answered = any(each["ended_at"] < run["created_at"] and not each["cause"] for each in tries)
        if answered and any(each["token"] for each in snapshot.where("tries", attempt_id=row["attempt_id"])):
            yield f"{row['attempt_id']} was executed although its run had an answer"


def _outcome(verdict: Row) -> Outcome:
    return msgspec.json.decode(verdict["body"], type=Verdict).outcome


def _leaderboard_matches(simulation: Simulation) -> Iterator[str]:
    """I2: the leaderboard has each counted attempt once."""
    snapshot = simulation.snapshot
    counted = Counter[str]()
    for cell in snapshot.cells:
        counted[cell["model"]] += cell["n"]
    expected = Counter(row["model"] for row in snapshot.attempts if _counts(row))
    if +counted != expected:
        yield f"I2: the leaderboard counts {dict(counted)}, expected {dict(expected)}"


def _counts(attempt: Row) -> bool:
    """Reused results were counted before; an attempt without a score says nothing about the model."""
    return attempt["score"] is not None and not attempt["reused_from"]


def _dashboards_match(simulation: Simulation) -> Iterator[str]:
    """I7. Attempts that ended with their run have the time of the run's fact."""
    for dashboard in simulation.clients.dashboards.values():
        yield from (f"I7: {error}" for error in dashboard.errors)
        run_id = dashboard.topic.partition(":")[2]
        if run_id not in simulation.views:
            continue
        run, attempts = simulation.views[run_id]
        if dashboard.cursor != run.sequence:
            yield f"I7: a dashboard is at fact {dashboard.cursor} of {run.sequence}"
        yield from _differences(run_id, dashboard.run, run)
        for row in attempts:
            shown = dashboard.rows.get(row.ordinal)
            if shown is not None and row.outcome is Outcome.CANCELLED:
                shown = replace(shown, changed_at=row.changed_at)
            yield from _differences(row.attempt_id, shown, row)


def _differences(name: str, shown: Data | None, actual: Data) -> Iterator[str]:
    if shown is None:
        yield f"I7: a dashboard does not show {name}"
        return
    for field in actual.__struct_fields__:
        seen, expected = getattr(shown, field), getattr(actual, field)
        if isinstance(expected, Progress):
            yield from _differences(name, seen, expected)
        elif seen != expected:
            yield f"I7: a dashboard shows {field} = {seen} of {name}, expected {expected}"
