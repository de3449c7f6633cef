"""The stage's money: limits of the day and the project, quotes, and what calls cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from assay.contracts.attempts import AttemptView
from assay.contracts.models import Usage
from assay.contracts.money import Usd, nanousd, usd
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.rpc import CostBy, Money, Quote
from assay.contracts.runs import RunRequest
from assay.contracts.spending import AccountKind, AccountView, CostRow, Costs
from tests.web.stage.play import Play, Played, now, worst

_EXPECTED_SHARE = 5
"""The estimate is the worst case over this."""


class MoneyLimits(msgspec.Struct, forbid_unknown_fields=True):
    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: str = "UTC"


@dataclass
class Till:
    play: Play
    day_usd: Usd | None = "20"
    project_usd: Usd | None = None
    time_zone: str = "UTC"
    judge_usd: Usd = "0.021"
    excess_usd: Usd = "0"
    history: bool = True
    days_ago: int = 0
    saying: str = ""
    """Put before every refusal."""

    def set(self, limits: MoneyLimits) -> Money:
        if limits.time_zone == "Mars/Olympus":
            error = FieldError(where="time_zone", message="is no time zone.", near="Europe/Athens")
            title = "Invalid request"
            raise ProblemError(Problem(code="invalid", title=title, status=422, errors=(error,)))
        self.day_usd, self.project_usd, self.time_zone = limits.day_usd, limits.project_usd, limits.time_zone
        return self.money()

    def money(self) -> Money:
        progress = [played.run.progress for played in self.play.runs.values()]
        spent = sum(nanousd(one.cost_usd) for one in progress)
        held = sum(nanousd(one.held_usd) for one in progress)
        day = f"day:default:{now() - timedelta(days=self.days_ago):%Y-%m-%d}"
        accounts = (
            account(day, AccountKind.DAY, self.day_usd, spent, held),
            account("project:default", AccountKind.PROJECT, self.project_usd, spent, held),
            account("judge:default", AccountKind.JUDGE, None, nanousd(self.judge_usd), 0),
            account("excess:default", AccountKind.EXCESS, None, nanousd(self.excess_usd), 0),
        )
        return Money(project="default", time_zone=self.time_zone, accounts=accounts)

    def quote(self, request: RunRequest) -> Quote:
        rows = self._rows(request)
        most = sum(nanousd(worst(row)) for row in rows)
        expected = most // _EXPECTED_SHARE
        day, project, *_ = self.money().accounts
        own = account("run", AccountKind.RUN, request.limits.cost_usd, 0, 0)
        accounts = (own, day, project)
        refusal = next((self.saying + text for one in accounts if (text := _refusal(one, expected))), "")
        return Quote(
            attempts=len(rows),
            estimated_usd=usd(expected),
            worst_usd=usd(most),
            from_history=self.history,
            accounts=accounts,
            fits=not refusal,
            refusal="" if request.partial else refusal,
        )

    def _rows(self, request: RunRequest) -> list[AttemptView]:
        return Play().submit(request).attempts

    def check(self, request: RunRequest) -> None:
        if refusal := self.quote(request).refusal:
            raise ProblemError(Problem(code="over_limit", title="Over a limit", status=402, detail=refusal))

    def costs(self, by: CostBy, run_id: str) -> Costs:
        played = [one for one in self.play.runs.values() if run_id in ("", one.run.run_id)]
        rows: dict[str, CostRow] = {}
        for one in played:
            for row in one.attempts:
                if nanousd(row.cost_usd):
                    label = _LABELS[by](one, row)
                    rows[label] = _sum(rows.get(label) or CostRow(label=label, calls=0, cost_usd="0"), row)
        total = CostRow(label="total", calls=0, cost_usd="0")
        for row in rows.values():
            total = _added(total, row)
        judge, excess = ("0", "0") if run_id else (self.judge_usd, self.excess_usd)
        return Costs(rows=tuple(rows.values()), total=total, judge_usd=judge, excess_usd=excess)


def recosted(costs: Costs, prices: str) -> Costs:
    """Prices of days were half of today's; of a version that ends in ``?`` nobody knows any."""
    if not prices[:4].isdigit() and "/" not in prices:
        error = FieldError(where="as_of_prices", message=f"{prices!r} is neither a day nor a version of prices.")
        raise ProblemError(
            Problem(code="invalid", title="Not valid", status=422, detail=error.message, errors=(error,))
        )

    def again(row: CostRow) -> CostRow:
        other = None if prices.endswith("?") else usd(nanousd(row.cost_usd) // 2)
        return msgspec.structs.replace(row, recosted_usd=other)

    return msgspec.structs.replace(costs, rows=tuple(map(again, costs.rows)), total=again(costs.total))


_LABELS: dict[CostBy, Callable[[Played, AttemptView], str]] = {
    CostBy.CALL: lambda _, row: f"{row.attempt_id}:1:1",
    CostBy.TASK: lambda _, row: row.task_id,
    CostBy.MODEL: lambda _, row: row.model,
    CostBy.DAY: lambda _, row: f"{row.changed_at:%Y-%m-%d}",
    CostBy.RUN: lambda played, _: played.run.run_id,
}


def _sum(total: CostRow, row: AttemptView) -> CostRow:
    """Every tenth call was not reported by its provider, every twelfth's result does not count."""
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
    return _added(total, one)


def _added(total: CostRow, row: CostRow) -> CostRow:
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
    where = {AccountKind.RUN: "the run", AccountKind.DAY: "today"}.get(one.kind, "the project")
    return f"About ${usd(expected)} is needed, and the limit of {where} leaves ${one.left_usd} of ${one.limit_usd}."
