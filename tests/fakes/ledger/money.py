"""Money in the fake ledger: one project, one limit, and the cost of calls."""

from __future__ import annotations

from typing import Any

import msgspec

from assay.contracts.models import Usage
from assay.contracts.money import nanousd, usd
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import CostBy, GetCosts, GetMoney, Money, Quote, QuoteRun, SetMoneyLimits
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountKind, AccountView, CostRow, Costs


class FakeMoney:
    """``estimate_usd`` is the estimated cost of every run; ``calls`` maps a model to its usage and cost."""

    def __init__(self) -> None:
        self.estimate_usd = "0"
        self.limits = SetMoneyLimits(day_usd="20", project_usd=None)
        self.calls: dict[str, tuple[Usage, str]] = {}
        self.quotes: list[QuoteRun] = []
        self.requests: list[GetCosts] = []

    def handlers(self) -> dict[Any, Any]:
        return {GetMoney: self.on_get, SetMoneyLimits: self.on_set, GetCosts: self.on_costs}

    def check(self, plan: RunPlan) -> None:
        """Rejects a run whose estimate exceeds its own limit."""
        if plan.limits.cost_usd is not None and nanousd(self.estimate_usd) > nanousd(plan.limits.cost_usd):
            detail = f"about ${self.estimate_usd} is expected and the run may cost ${plan.limits.cost_usd}"
            raise ProblemError(Problem(code="over_limit", title="The run costs too much", status=402, detail=detail))

    async def on_quote(self, request: QuoteRun) -> Quote:
        self.quotes.append(request)
        self.check(request.plan)
        return Quote(attempts=4, estimated_usd=self.estimate_usd, worst_usd=usd(4 * nanousd(self.estimate_usd)))

    async def on_get(self, request: GetMoney) -> Money:
        day = AccountView(
            account=f"day:{request.project}:2026-01-02",
            kind=AccountKind.DAY,
            limit_usd=self.limits.day_usd,
            spent_usd="1.5",
            held_usd="0.5",
            left_usd=None if self.limits.day_usd is None else usd(nanousd(self.limits.day_usd) - nanousd("2")),
        )
        project = AccountView(
            account=f"project:{request.project}",
            kind=AccountKind.PROJECT,
            limit_usd=self.limits.project_usd,
            spent_usd="1.5",
            held_usd="0.5",
        )
        return Money(project=request.project, time_zone=self.limits.time_zone, accounts=(day, project))

    async def on_set(self, request: SetMoneyLimits) -> Money:
        self.limits = request
        return await self.on_get(GetMoney())

    async def on_costs(self, request: GetCosts) -> Costs:
        self.requests.append(request)
        rows = [self._row(model, request) for model in sorted(self.calls)] if request.by is CostBy.MODEL else []
        start = int(request.cursor or 0)
        page = rows[start : start + request.limit]
        cost = sum(nanousd(row.cost_usd) for row in rows)
        return Costs(
            rows=tuple(page),
            total=CostRow(label="total", calls=len(rows), cost_usd=usd(cost)),
            since=request.since,
            until=request.until,
            next_cursor=str(start + len(page)) if start + len(page) < len(rows) else "",
        )

    def _row(self, model: str, request: GetCosts) -> CostRow:
        usage, cost_usd = self.calls[model]
        price = request.prices.get(model)
        again = usd(price.cost(**msgspec.structs.asdict(usage))) if price else None
        return CostRow(label=model, calls=1, usage=usage, cost_usd=cost_usd, recosted_usd=again)
