"""A round of the feeder: what it looks at, and what it makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assay.contracts.money import usd
from assay.contracts.runs import RunLimits, RunPlan, Wait, WaitReason
from services.ledger.memory.rules.rows import Row, from_jsonb
from services.ledger.memory.rules.sharing import Candidate, Line, Purse, Shared

_DETAILS = {
    WaitReason.BUDGET: "what the limits leave is held by attempts under way, or a day's limit has to pass",
    WaitReason.CONCURRENCY: "as many attempts are under way as the run allows at once (limits.concurrency)",
    WaitReason.PROVIDER: "as many attempts are under way as the provider is asked at once (models.yaml)",
    WaitReason.NO_RUNNER: "no runner is alive; start one, and look into its log if it ended",
}


@dataclass(slots=True)
class Round:
    """What one round looks at: ``waiting`` attempts by run, each with its ``provider``; ``out`` is how many are ordered
    or under way."""

    waiting: Mapping[str, Sequence[Row]]
    plans: Mapping[str, RunPlan]
    purses: dict[str, Purse] = field(default_factory=dict[str, Purse])
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The accounts with a limit that bound each run."""
    accounts: Mapping[str, Row] = field(default_factory=dict[str, Row])
    providers: dict[str, int] = field(default_factory=dict[str, int])
    out: int = 0

    def count_out(self, out: Sequence[Row]) -> None:
        """``n`` attempts ordered or under way, by run and ``provider``: what they leave of each bounded provider."""
        self.out = sum(row["n"] for row in out)
        under_way = Counter[str]()
        for row in out:
            under_way[row["provider"]] += row["n"]
        pins = (pin for plan in self.plans.values() for pin in plan.models)
        bounds = {pin.model.provider: pin.provider_concurrency for pin in pins if pin.provider_concurrency}
        self.providers = {provider: bound - under_way[provider] for provider, bound in bounds.items()}

    def fill_purses(
        self, paths: Mapping[str, tuple[str, ...]], accounts: Mapping[str, Row], out: Sequence[Row]
    ) -> None:
        """Purses of the limited ``accounts`` on the ``paths`` of the runs that cost something, without what is
        ``promised`` to attempts already ordered."""
        self.accounts = accounts
        self.paths = {run_id: tuple(name for name in path if name in accounts) for run_id, path in paths.items()}
        for name, row in accounts.items():
            ever = row["limit_nanousd"] - row["posted_nanousd"]
            self.purses[name] = Purse(left=ever - row["held_nanousd"], ever=ever)
        for row in out:
            for name in self.paths.get(row["run_id"], ()):
                self.purses[name].left -= row["promised"]

    def line(self, run: Row, head_start: int) -> Line:
        """``run`` has ``ends_today``: whether its deadline comes before its project's day is over."""
        limits = from_jsonb(RunLimits, run["limits"])
        purses = self.paths.get(run["run_id"], ())
        priority, under_way = standing(run)
        waiting = self.waiting.get(run["run_id"], ())
        return Line(
            run_id=run["run_id"],
            priority=priority,
            candidates=[Candidate(row["attempt_id"], row["provider"], row["worst_nanousd"]) for row in waiting],
            under_way=under_way,
            head_start=head_start,
            room=limits.concurrency - under_way if limits.concurrency else None,
            purses=purses,
            final=frozenset(name for name in purses if run["ends_today"] or not name.startswith("day:")),
        )


@dataclass(slots=True)
class Unaffordable:
    """Attempts for which money can never come, with the ``reasons`` they end for; the ``accounts`` that have no room
    for them; and a run of each project they are of."""

    reasons: dict[str, str]
    accounts: list[Row]
    run_ids: dict[str, str]


def unaffordable(looked: Round, shared: Shared) -> Unaffordable:
    """What follows of attempts that were found to fit no limit any more."""
    reasons: dict[str, str] = {}
    empty: dict[str, None] = {}
    for run_id, attempt_ids in shared.unaffordable.items():
        tightest = min(looked.paths[run_id], key=lambda name: looked.purses[name].ever)
        empty[tightest] = None
        reasons |= dict.fromkeys(attempt_ids, _spent(looked.accounts[tightest]))
    projects = {looked.plans[run_id].project: run_id for run_id in shared.unaffordable}
    return Unaffordable(reasons, [looked.accounts[name] for name in empty], projects)


def standing(run: Row) -> tuple[int, int]:
    """Its priority, and how many of its attempts are under way."""
    return run["priority"], run["n_queued"] + run["n_running"]


def new_waits(runs: Iterable[Row], shared: Shared) -> dict[str, Wait | None]:
    """Of the runs whose reason to wait is another one now: what they wait for, None if for nothing."""
    waits: dict[str, Wait | None] = {}
    for run in runs:
        was: Wait | None = from_jsonb(Wait, run["waits"])
        reason = shared.blocked.get(run["run_id"])
        if reason != (was.reason if was else None):
            waits[run["run_id"]] = _wait(reason, run["at"])
    return waits


def _wait(reason: WaitReason | None, since: datetime) -> Wait | None:
    return None if reason is None else Wait(reason=reason, detail=_DETAILS[reason], since=since)


def _spent(account: Row) -> str:
    kind = account["account"].partition(":")[0]
    return (
        f"the limit of the {kind} is reached: {usd(account['posted_nanousd'])} of {usd(account['limit_nanousd'])} USD "
        "are spent, and what is left is less than this attempt may cost"
    )
