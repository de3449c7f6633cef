"""One scheduling pass: its inputs and its decisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assay.contracts.attempts import Stage
from assay.contracts.money import usd
from assay.contracts.runs import RunLimits, RunPlan, Wait, WaitReason
from assay.contracts.sandboxes import SandboxRequirement
from assay.contracts.spending import AccountKind
from services.ledger.database.rows import Row
from services.ledger.money.account import Account, AccountRow
from services.ledger.runs.rows import FailingModel
from services.ledger.scheduling.capacity import Capacity, Counts
from services.ledger.scheduling.fair_share import Budget, Candidate, RunLoad, RunQueue, Shares, Turn
from services.ledger.scheduling.model_turns import model_turns, turn_detail
from services.ledger.workers.sandbox_capacity import lacking_sandbox

_DETAILS = {
    WaitReason.BUDGET: "the money that the limits leave is held by attempts under way, or the day's limit is reached",
    WaitReason.CONCURRENCY: "the run has as many attempts under way as it allows (limits.concurrency)",
    WaitReason.PROVIDER: "the provider has as many attempts under way as it allows (models.yaml)",
    WaitReason.NO_RUNNER: "no runner is alive; start one, and look into its log if it ended",
}


class WaitingRun(Row):
    """A run with waiting attempts. ``priorities`` is the sum over all runs with work; ``ends_today``: its deadline
    comes before its project's day is over."""

    run_id: str
    project: str
    priority: int
    limits: RunLimits
    waits: Wait | None
    failing_models: tuple[FailingModel, ...]
    n_waiting: int
    n_queued: int
    n_running: int
    at: datetime
    priorities: int
    ends_today: bool

    @property
    def stopped_models(self) -> set[str]:
        return {each.model for each in self.failing_models if each.stopped}

    @property
    def own_under_way(self) -> int:
        return self.n_queued + self.n_running


class WaitingAttempt(Row):
    run_id: str
    attempt_id: str
    worst_nanousd: int
    model: str
    requirement: SandboxRequirement

    @property
    def provider(self) -> str:
        return _provider(self.model)


class UnderWay(Row):
    """How many attempts of a run with a requirement are queued or running with a model, and what queued ones will
    reserve when they are claimed."""

    run_id: str
    model: str
    requirement: SandboxRequirement
    count: int
    promised_nanousd: int


@dataclass(slots=True)
class SchedulingPass:
    """``accounts`` are those of runs with a limit, ``paths`` their names by run."""

    waiting: dict[str, list[WaitingAttempt]]
    plans: Mapping[str, RunPlan]
    under_way: Sequence[UnderWay]
    budgets: dict[Account, Budget] = field(default_factory=dict[Account, Budget])
    paths: dict[str, tuple[Account, ...]] = field(default_factory=dict[str, tuple[Account, ...]])
    accounts: Mapping[Account, AccountRow] = field(default_factory=dict[Account, AccountRow])

    @property
    def total_under_way(self) -> int:
        return sum(each.count for each in self.under_way)

    def leave_out(self, models: Collection[str]) -> None:
        """Leave out the waiting attempts of these models."""
        if models:
            for run_id, attempts in self.waiting.items():
                self.waiting[run_id] = [each for each in attempts if each.model not in models]

    def loads(self, runs: Iterable[WaitingRun]) -> dict[str, RunLoad]:
        under_way: defaultdict[str, Counter[SandboxRequirement]] = defaultdict(Counter)
        for each in self.under_way:
            under_way[each.run_id][each.requirement] += each.count
        return {run.run_id: RunLoad(run.priority, self.requirements(run.run_id), under_way[run.run_id]) for run in runs}

    def requirements(self, run_id: str) -> dict[SandboxRequirement, None]:
        """Those of the run's waiting attempts, in their order."""
        return dict.fromkeys(each.requirement for each in self.waiting.get(run_id, ()))

    def models_waiting(self, run_id: str) -> dict[str, None]:
        """Those of the run's waiting attempts, in their order."""
        return dict.fromkeys(each.model for each in self.waiting.get(run_id, ()))

    def provider_room(self) -> dict[str, int]:
        """How many more attempts each capped provider allows."""
        counts = Counter[str]()
        for each in self.under_way:
            counts[_provider(each.model)] += each.count
        return {provider: cap - counts[provider] for provider, cap in self._caps().items()}

    def model_room(self) -> dict[str, int]:
        """How many more attempts each model may have although its provider allows no more. The models of a provider
        have equal parts of its cap, so that one whose attempts wait for the end of an outage does not block the
        others."""
        counts = Counter[str]()
        for each in self.under_way:
            counts[each.model] += each.count
        names = {pin.model.name for plan in self.plans.values() for pin in plan.models} | set(counts)
        models, caps = Counter(map(_provider, names)), self._caps()
        return {name: max(1, caps.get(_provider(name), 0) // models[_provider(name)]) - counts[name] for name in names}

    def model_turns(
        self, queues: Sequence[RunQueue[Account]], offered: Collection[SandboxRequirement]
    ) -> dict[str, Turn]:
        """Whose turn it is at each provider that has one model loaded at a time."""
        pins = (pin for plan in self.plans.values() for pin in plan.models)
        providers = sorted({pin.model.provider for pin in pins if pin.one_model_at_a_time})
        if not providers:
            return {}
        under_way: defaultdict[str, set[str]] = defaultdict(set)
        for each in self.under_way:
            under_way[_provider(each.model)].add(each.model)
        return model_turns(providers, under_way, queues, self.budgets, offered)

    def _caps(self) -> dict[str, int]:
        pins = (pin for plan in self.plans.values() for pin in plan.models)
        return {pin.model.provider: pin.provider_concurrency for pin in pins if pin.provider_concurrency}

    def add_budgets(self, paths: Mapping[str, tuple[Account, ...]], accounts: Mapping[Account, AccountRow]) -> None:
        """The limited ``accounts`` on the ``paths`` of runs that cost something, less what queued attempts will
        reserve."""
        self.accounts = accounts
        self.paths = {run_id: tuple(name for name in path if name in accounts) for run_id, path in paths.items()}
        for name, row in accounts.items():
            potential = (row.limit_nanousd or 0) - row.posted_nanousd
            self.budgets[name] = Budget(left=potential - row.held_nanousd, potential=potential)
        for each in self.under_way:
            for name in self.paths.get(each.run_id, ()):
                self.budgets[name].left -= each.promised_nanousd

    def queue(self, run: WaitingRun, head_start: Counts) -> RunQueue[Account]:
        under_way, cap = run.own_under_way, run.limits.concurrency
        path = self.paths.get(run.run_id, ())
        waiting = self.waiting.get(run.run_id, ())
        return RunQueue(
            run_id=run.run_id,
            priority=run.priority,
            candidates=[
                Candidate(each.attempt_id, each.provider, each.worst_nanousd, each.model, each.requirement)
                for each in waiting
            ],
            under_way=under_way,
            head_start=head_start,
            concurrency_left=cap - under_way if cap else None,
            budgets=path,
            final=frozenset(name for name in path if run.ends_today or name.kind is not AccountKind.DAY),
        )


@dataclass(slots=True)
class Unaffordable:
    """Attempts that can never be paid for, with the ``reasons`` they end for; the ``accounts`` that have no room for
    them; and a run of each project concerned."""

    reasons: dict[str, str]
    accounts: list[AccountRow]
    run_ids: dict[str, str]


def unaffordable(scheduling: SchedulingPass, shares: Shares) -> Unaffordable:
    reasons: dict[str, str] = {}
    full: dict[Account, None] = {}
    for run_id, attempt_ids in shares.unaffordable.items():
        tightest = min(scheduling.paths[run_id], key=lambda name: scheduling.budgets[name].potential)
        full[tightest] = None
        reasons |= dict.fromkeys(attempt_ids, _limit_reached(scheduling.accounts[tightest]))
    run_ids = {scheduling.plans[run_id].project: run_id for run_id in shares.unaffordable}
    return Unaffordable(reasons, [scheduling.accounts[name] for name in full], run_ids)


def run_waits(
    scheduling: SchedulingPass, shares: Shares, capacity: Capacity, turns: Mapping[str, Turn]
) -> dict[str, tuple[WaitReason, str]]:
    """Why the attempts of each run wait, as reason and text, if they do not only wait for their turn."""
    if not capacity.total:
        return dict.fromkeys(scheduling.plans, (WaitReason.NO_RUNNER, _DETAILS[WaitReason.NO_RUNNER]))
    waits = {
        run_id: (reason, _DETAILS.get(reason) or turn_detail(scheduling.models_waiting(run_id), turns))
        for run_id, reason in shares.blocked.items()
    }
    for run_id in scheduling.plans:
        lacking = [each for each in scheduling.requirements(run_id) if not capacity.slots[each]]
        if lacking and capacity.known:
            waits[run_id] = (WaitReason.NO_RUNNER, lacking_sandbox(lacking[0], Stage.RUN))
    return waits


def changed_waits(runs: Iterable[WaitingRun], waits: Mapping[str, tuple[WaitReason, str]]) -> dict[str, Wait | None]:
    """Of the runs whose reason to wait changed: the new one, None if there is none. An outage stays the reason until
    it is over."""
    changed: dict[str, Wait | None] = {}
    for run in runs:
        if run.waits and run.waits.reason is WaitReason.OUTAGE:
            continue
        wait = waits.get(run.run_id)
        if wait != (run.waits and (run.waits.reason, run.waits.detail)):
            changed[run.run_id] = Wait(reason=wait[0], detail=wait[1], since=run.at) if wait else None
    return changed


def _provider(model: str) -> str:
    return model.partition("/")[0]


def _limit_reached(row: AccountRow) -> str:
    spent = f"${usd(row.posted_nanousd)} of ${usd(row.limit_nanousd or 0)} spent"
    return f"the {row.account.kind.value}'s limit is reached: {spent}, and the rest is less than this attempt can cost"
