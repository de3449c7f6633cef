"""Money of the scripted gateway: daily and project limits, quotes, and costs of calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from assay.contracts.attempts import AttemptView
from assay.contracts.models import ModelProblem, Usage
from assay.contracts.money import Usd, nanousd, usd
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.rpc import CostBy, Money, Quote
from assay.contracts.runs import RunRequest
from assay.contracts.spending import AccountKind, AccountView, CostRow, Costs
from tests.web.scripted_gateway.scripted_runs import ScriptedRun, ScriptedRuns, now, worst_case_usd

_EXPECTED_SHARE = 5
"""The estimate is the worst case divided by this."""


class MoneyLimits(msgspec.Struct, forbid_unknown_fields=True):
    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: str = "UTC"
    judge_usd: Usd | None = None


@dataclass
class FakeMoney:
    runs: ScriptedRuns
    day_usd: Usd | None = "20"
    project_usd: Usd | None = None
    time_zone: str = "UTC"
    judge_limit_usd: Usd | None = None
    judge_usd: Usd = "0.021"
    excess_usd: Usd = "0"
    history: bool = True
    days_ago: int = 0
    refusal_prefix: str = ""
    """Prefix of every refusal."""
    problems: tuple[ModelProblem, ...] = ()
    """Models that cannot be called; the quotes of runs with them say so."""

    def set_limits(self, limits: MoneyLimits) -> Money:
        if limits.time_zone == "Mars/Olympus":
            error = FieldError(where="time_zone", message="is not a time zone.", near="Europe/Athens")
            title = "Invalid request"
            raise ProblemError(Problem(code="invalid", title=title, status=422, errors=(error,)))
        self.day_usd, self.project_usd, self.time_zone = limits.day_usd, limits.project_usd, limits.time_zone
        self.judge_limit_usd = limits.judge_usd
        return self.money()

    def money(self) -> Money:
        progress = [scripted.run.progress for scripted in self.runs.by_id.values()]
        spent = sum(nanousd(one.cost_usd) for one in progress)
        held = sum(nanousd(one.held_usd) for one in progress)
        day = f"day:default:{now() - timedelta(days=self.days_ago):%Y-%m-%d}"
        accounts = (
            account(day, AccountKind.DAY, self.day_usd, spent, held),
            account("project:default", AccountKind.PROJECT, self.project_usd, spent, held),
            account("judge:default", AccountKind.JUDGE, self.judge_limit_usd, nanousd(self.judge_usd), 0),
            account("excess:default", AccountKind.EXCESS, None, nanousd(self.excess_usd), 0),
        )
        return Money(project="default", time_zone=self.time_zone, accounts=accounts)

    def quote(self, request: RunRequest) -> Quote:
        rows = self._rows(request)
        worst = sum(nanousd(worst_case_usd(row)) for row in rows)
        expected = worst // _EXPECTED_SHARE
        day, project, *_ = self.money().accounts
        own = account("run", AccountKind.RUN, request.limits.cost_usd, 0, 0)
        accounts = (own, day, project)
        refusal = next((self.refusal_prefix + text for one in accounts if (text := _refusal(one, expected))), "")
        return Quote(
            attempts=len(rows),
            estimated_usd=usd(expected),
            worst_usd=usd(worst),
            from_history=self.history,
            accounts=accounts,
            fits=not refusal,
            refusal="" if request.partial else refusal,
            problems=tuple(problem for problem in self.problems if problem.model in request.models),
        )

    def _rows(self, request: RunRequest) -> list[AttemptView]:
        return ScriptedRuns().submit(request).attempts

    def check(self, request: RunRequest) -> None:
        if refusal := self.quote(request).refusal:
            raise ProblemError(Problem(code="over_limit", title="Over a limit", status=402, detail=refusal))

    def costs(self, by: CostBy, run_id: str) -> Costs:
        scripted = [one for one in self.runs.by_id.values() if run_id in ("", one.run.run_id)]
        rows: dict[str, CostRow] = {}
        for one in scripted:
            for row in one.attempts:
                if nanousd(row.cost_usd):
                    label = _LABELS[by](one, row)
                    rows[label] = _add_attempt(rows.get(label) or CostRow(label=label, calls=0, cost_usd="0"), row)
        total = CostRow(label="total", calls=0, cost_usd="0")
        for row in rows.values():
            total = _add_rows(total, row)
        judge, excess = ("0", "0") if run_id else (self.judge_usd, self.excess_usd)
        return Costs(rows=tuple(rows.values()), total=total, judge_usd=judge, excess_usd=excess)


def recosted(costs: Costs, prices: str) -> Costs:
    """Prices of other days are half of today's; a version that ends in ``?`` has no prices."""
    if not prices[:4].isdigit() and "/" not in prices:
        error = FieldError(where="as_of_prices", message=f"{prices!r} is neither a date nor a price version.")
        raise ProblemError(
            Problem(code="invalid", title="Not valid", status=422, detail=error.message, errors=(error,))
        )

    def recost(row: CostRow) -> CostRow:
        other = None if prices.endswith("?") else usd(nanousd(row.cost_usd) // 2)
        return msgspec.structs.replace(row, recosted_usd=other)

    return msgspec.structs.replace(costs, rows=tuple(map(recost, costs.rows)), total=recost(costs.total))


_LABELS: dict[CostBy, Callable[[ScriptedRun, AttemptView], str]] = {
    CostBy.CALL: lambda _, row: f"{row.attempt_id}:1:1",
    CostBy.TASK: lambda _, row: row.task_id,
    CostBy.MODEL: lambda _, row: row.model,
    CostBy.DAY: lambda _, row: f"{row.changed_at:%Y-%m-%d}",
    CostBy.RUN: lambda scripted, _: scripted.run.run_id,
}


def _add_attempt(total: CostRow, row: AttemptView) -> CostRow:
    """Every tenth call is estimated, every twelfth is superseded."""
    estimated = row.cost_usd if row.ordinal % 10 == 0 else "0"
    superseded = row.cost_usd if row.ordinal % 12 == 0 else "0"
    one = CostRow(
        label=total.label,
        calls=1,
        usage=row.usage,
        cost_usd=row.cost_usd,
        estimated_usd=estimated,
        superseded_usd=superseded,
    )
    return _add_rows(total, one)


def _add_rows(total: CostRow, row: CostRow) -> CostRow:
    def plus(one: Usd, other: Usd) -> Usd:
        return usd(nanousd(one) + nanousd(other))

    return CostRow(
        label=total.label,
        calls=total.calls + row.calls,
        usage=sum((total.usage, row.usage), Usage()),
        cost_usd=plus(total.cost_usd, row.cost_usd),
        estimated_usd=plus(total.estimated_usd, row.estimated_usd),
        superseded_usd=plus(total.superseded_usd, row.superseded_usd),
    )


def account(name: str, kind: AccountKind, limit: Usd | None, spent: int, held: int) -> AccountView:
    left = None if limit is None else usd(max(0, nanousd(limit) - spent - held))
    return AccountView(
        account=name, kind=kind, limit_usd=limit, spent_usd=usd(spent), held_usd=usd(held), left_usd=left
    )


def _refusal(one: AccountView, expected: int) -> str:
    if one.left_usd is None or expected <= nanousd(one.left_usd):
        return ""
    where = {AccountKind.RUN: "the run", AccountKind.DAY: "the day"}.get(one.kind, "the project")
    return f"The estimate of ${usd(expected)} exceeds {where}'s limit: ${one.left_usd} of ${one.limit_usd} left."
