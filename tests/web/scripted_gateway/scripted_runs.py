"""Runs that advance on command: each step changes the state of one attempt and publishes its fact.

Changes of whole runs (pausing, cancelling, warning) are in ``run_control.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from assay.contracts.attempts import AttemptView, State
from assay.contracts.audit import AuditFlag
from assay.contracts.facts import (
    AttemptFinished,
    AttemptGrading,
    AttemptHandedIn,
    AttemptQueued,
    AttemptStarted,
    Event,
    Fact,
    RunFinished,
    RunStarted,
    RunSubmitted,
)
from assay.contracts.ids import attempt_id, new_id
from assay.contracts.models import Usage
from assay.contracts.money import nanousd, usd
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import Progress, RunRequest, RunStatus, RunView
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import CheckResult, Outcome, Verdict
from tests.web.scripted_gateway.catalog import MODELS, SUITES, TASKS

_TASKS = {task.task_id: task for task in TASKS}
_PRICES = {model.name: model.price for model in MODELS}


def now() -> datetime:
    return datetime.now(timezone.utc)  # noqa: UP017


@dataclass
class ScriptedRun:
    """One run, its attempts in order, and its facts."""

    request: RunRequest
    run: RunView
    attempts: list[AttemptView]
    facts: list[Event] = field(default_factory=list[Event])
    metrics: RunMetrics = field(default_factory=RunMetrics)

    @property
    def unfinished(self) -> list[AttemptView]:
        return [attempt for attempt in self.attempts if attempt.state is not State.DONE]


Listener = Callable[[ScriptedRun, Event], None]


@dataclass
class ScriptedRuns:
    """All runs. ``listeners`` are called with each fact."""

    by_id: dict[str, ScriptedRun] = field(default_factory=dict[str, ScriptedRun])
    listeners: list[Listener] = field(default_factory=list[Listener])
    keys: dict[str, str] = field(default_factory=dict[str, str])
    agent_limits: dict[str, Limits] = field(default_factory=dict[str, Limits])
    """Limits of the attempts that are made by agents."""
    extra_artifacts: dict[str, dict[str, tuple[bytes, str]]] = field(
        default_factory=dict[str, dict[str, tuple[bytes, str]]]
    )
    """Artifacts of an attempt besides those that all have: bytes and media types, by name."""
    flags: dict[str, tuple[AuditFlag, ...]] = field(default_factory=dict[str, tuple[AuditFlag, ...]])
    """Audit flags of attempts."""
    impossible: set[str] = field(default_factory=set[str])
    """Tasks that contradict their own tests."""

    def submit(self, request: RunRequest, age_seconds: float = 0) -> ScriptedRun:
        suite = next((one for one in SUITES if one.suite_id == request.suite), None)
        task_ids = suite.task_ids if suite else request.tasks
        repeats = request.repeats or (suite.repeats if suite else 1)
        run_id, at = new_id(), now() - timedelta(seconds=age_seconds)
        attempts = list(_attempts(run_id, task_ids, request, repeats, at))
        run = RunView(
            run_id=run_id,
            project="default",
            name=request.name,
            suite=request.suite or "",
            status=RunStatus.WAITING,
            created_at=at,
            models=request.models,
            task_ids=tuple(task_ids),
            repeats=repeats,
            progress=progress_of(attempts),
            sequence=0,
            limits=request.limits,
            priority=request.priority,
        )
        scripted = self.by_id[run_id] = ScriptedRun(request, run, attempts)
        self.publish(scripted, RunSubmitted(run=run))
        return scripted

    def advance(self, run_id: str, steps: int = 1) -> None:
        """Each step advances one of the first unfinished attempts by one state; the run's facts follow."""
        scripted = self.by_id[run_id]
        for _ in range(steps):
            if scripted.run.status is RunStatus.WAITING:
                self._set_status(scripted, RunStatus.RUNNING)
            waiting = scripted.unfinished
            if not waiting:
                return
            in_progress = waiting[:6]
            self.advance_attempt(scripted, in_progress[scripted.run.sequence % len(in_progress)])
            if not scripted.unfinished:
                self._set_status(scripted, RunStatus.FINISHED)

    def advance_attempt(self, scripted: ScriptedRun, attempt: AttemptView) -> None:
        after, fact = _NEXT[attempt.state]
        row = replace(attempt, state=after, changed_at=now())
        if after is State.RUNNING:
            row = replace(row, tries=row.tries + 1, held_usd=worst_case_usd(row))
        if after is State.EXECUTED:
            row = _executed(row)
        if after is State.DONE:
            flag_count = len(self.flags.get(row.attempt_id, ()))
            row = replace(_graded(row), flag_count=flag_count, impossible=row.task_id in self.impossible)
        scripted.attempts[attempt.ordinal] = row
        scripted.run = replace(scripted.run, progress=progress_of(scripted.attempts))
        self.publish(scripted, fact(row, scripted.run.progress))

    def _set_status(self, scripted: ScriptedRun, status: RunStatus) -> None:
        at = now()
        if status is RunStatus.RUNNING:
            deadline = at + timedelta(seconds=scripted.run.limits.seconds)
            self.change_run(scripted, RunStarted, status=status, started_at=at, deadline_at=deadline)
        else:
            self.change_run(scripted, RunFinished, status=status, finished_at=at, waits=None)

    def change_run(
        self, scripted: ScriptedRun, fact: Callable[..., Fact], fields: dict[str, Any] | None = None, **parts: Any
    ) -> None:
        """Update the run's view with ``parts``, and publish ``fact`` with its ``fields``."""
        scripted.run = replace(scripted.run, progress=progress_of(scripted.attempts), **parts)
        self.publish(scripted, fact(run=replace(scripted.run, sequence=scripted.run.sequence + 1), **(fields or {})))

    def publish(self, scripted: ScriptedRun, fact: Fact) -> None:
        sequence = scripted.run.sequence + 1
        scripted.run = replace(scripted.run, sequence=sequence)
        subject = fact.attempt.attempt_id if hasattr(fact, "attempt") else scripted.run.run_id  # pyright: ignore
        event = Event(
            id=new_id(),
            source="/scripted",
            type=fact.name(),
            subject=str(subject),
            time=now(),
            sequence=sequence,
            project="default",
            runid=scripted.run.run_id,
            data=fact,
        )
        scripted.facts.append(event)
        for listener in tuple(self.listeners):
            listener(scripted, event)


def _attempts(run_id: str, task_ids: tuple[str, ...], request: RunRequest, repeats: int, at: datetime):
    ordinal = 0
    for task_id in task_ids:
        task = _TASKS[task_id]
        samples = min(task.samples, request.samples or task.samples)
        for sample in range(samples):
            for model in request.models:
                for repeat in range(1, repeats + 1):
                    yield AttemptView(
                        attempt_id=attempt_id(run_id, ordinal),
                        run_id=run_id,
                        ordinal=ordinal,
                        task_id=task_id,
                        category=task.category,
                        sample_id=f"s{sample + 1:02d}" if task.samples > 1 else "only",
                        model=model,
                        repeat=repeat,
                        state=State.WAITING,
                        changed_at=at,
                    )
                    ordinal += 1


def progress_of(attempts: list[AttemptView]) -> Progress:
    states = {state: sum(1 for one in attempts if one.state is state) for state in State}
    outcomes = {outcome: sum(1 for one in attempts if one.outcome is outcome) for outcome in Outcome}
    return Progress(
        total=len(attempts),
        **{str(state): count for state, count in states.items()},
        outcomes={outcome: count for outcome, count in outcomes.items() if count},
        reused=sum(1 for one in attempts if one.reused_from),
        flagged=sum(one.flag_count > 0 and one.outcome is Outcome.PASSED for one in attempts),
        impossible=sum(one.impossible and one.score is not None for one in attempts),
        impossible_passed=sum(one.impossible and one.outcome is Outcome.PASSED for one in attempts),
        cost_usd=usd(sum(nanousd(one.cost_usd) for one in attempts)),
        held_usd=usd(sum(nanousd(one.held_usd) for one in attempts)),
        usage=sum((one.usage for one in attempts), Usage()),
    )


def worst_case_usd(row: AttemptView) -> str:
    """The maximum cost of a try."""
    price = _PRICES.get(row.model)
    return usd(price.worst_case(input_tokens=1200, output_tokens=1024)) if price else "0"


def _executed(row: AttemptView) -> AttemptView:
    chance = crc32(f"{row.model} {row.ordinal}".encode())
    usage = Usage(input_tokens=180 + chance % 90, output_tokens=60 + chance % 340)
    if row.model in ("oracle", "nop"):
        usage = Usage()
    price = _PRICES.get(row.model)
    cost = price.cost(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens) if price else 0
    return replace(row, usage=usage, cost_usd=usd(cost), held_usd="0", duration_seconds=0.2 + chance % 500 / 100)


def _graded(row: AttemptView) -> AttemptView:
    chance = crc32(f"{row.ordinal} {row.model}".encode()) % 100
    if row.model == "oracle":
        return replace(row, outcome=Outcome.PASSED, score=1.0)
    if row.model == "nop":
        return replace(row, outcome=Outcome.FAILED, score=0.0, reason="Nothing was submitted.")
    good = 78 if row.model.startswith("openai") else 34
    if chance < good:
        return replace(row, outcome=Outcome.PASSED, score=1.0)
    if chance > 96:
        return replace(row, outcome=Outcome.TIMEOUT, score=0.0, reason="Exceeded the wall time limit of 60 s.")
    if chance == 95:
        return replace(row, outcome=Outcome.INFRA_ERROR, score=None, reason="The provider refused the connection.")
    return replace(row, outcome=Outcome.FAILED, score=chance % 10 / 20, reason="2 of 4 tests failed.")


def verdict_of(row: AttemptView) -> Verdict | None:
    if row.outcome is None or row.score is None:
        return None
    passed = row.outcome is Outcome.PASSED
    checks = (
        CheckResult(name="format", kind="regex", passed=True, score=1.0, weight=0.5),
        CheckResult(
            name="hidden tests",
            kind="tests",
            passed=passed,
            score=row.score,
            weight=2.0,
            message="" if passed else "2 of 4 failed: test_touching, <b>test_nested</b>",
        ),
    )
    return Verdict(
        outcome=row.outcome,
        score=row.score,
        reason=row.reason,
        checks=checks,
        metrics={"mean_abs_err": round(1 - row.score, 4), "ok": 1.0},
    )


def _finished(row: AttemptView, progress: Progress) -> Fact:
    return AttemptFinished(attempt=row, progress=progress, verdict=verdict_of(row))


_NEXT: dict[State, tuple[State, Callable[[AttemptView, Progress], Fact]]] = {
    State.WAITING: (State.QUEUED, lambda row, progress: AttemptQueued(attempt=row, progress=progress)),
    State.QUEUED: (
        State.RUNNING,
        lambda row, progress: AttemptStarted(attempt=row, progress=progress, worker_id="runner-1"),
    ),
    State.RUNNING: (State.EXECUTED, lambda row, progress: AttemptHandedIn(attempt=row, progress=progress)),
    State.EXECUTED: (
        State.GRADING,
        lambda row, progress: AttemptGrading(attempt=row, progress=progress, worker_id="judge-1"),
    ),
    State.GRADING: (State.DONE, _finished),
}
