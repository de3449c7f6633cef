"""What a run would cost, and whether the limits leave so much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.contracts.money import nanousd, usd
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountKind, AccountView
from services.ledger.memory.rules.worth import History, cells_of, estimated_nanousd, worst_nanousd


@dataclass(frozen=True, slots=True)
class Estimate:
    """``reused`` attempts would be taken over, and cost nothing; ``cheapest`` is the worst case of the cheapest of the
    others."""

    attempts: int
    reused: int
    estimated_nanousd: int
    worst_nanousd: int
    cheapest_nanousd: int
    from_history: bool


def estimate(plan: RunPlan, history: History, reused: Mapping[tuple[str, str], int]) -> Estimate:
    """``reused``: attempts that would be taken over, by task digest and model name."""
    attempts, estimated, worst, cheapest = 0, 0, 0, list[int]()
    for task, pin, count in cells_of(plan):
        attempts += count
        left = count - reused.get((task.digest, pin.model.name), 0)
        estimated += left * estimated_nanousd(task, pin, history)
        worst += left * worst_nanousd(task, pin)
        cheapest += [worst_nanousd(task, pin)] if left else []
    return Estimate(
        attempts=attempts,
        reused=sum(reused.values()),
        estimated_nanousd=min(estimated, worst),
        worst_nanousd=worst,
        cheapest_nanousd=min(cheapest, default=0),
        from_history=bool(history),
    )


def quoted(plan: RunPlan, estimate: Estimate, of_project: Sequence[AccountView], shelter_refusal: str) -> Quote:
    """The answer, with a reason if the run could not be taken. ``of_project``: the accounts of its project that bound
    it, none where it costs nothing."""
    limit = plan.limits.cost_usd
    run = AccountView(account="run", kind=AccountKind.RUN, limit_usd=limit, spent_usd="0", left_usd=limit)
    accounts = (run, *of_project)
    refusal = shelter_refusal or _refusal(accounts, estimate, plan.partial)
    return Quote(
        attempts=estimate.attempts,
        reused=estimate.reused,
        estimated_usd=usd(estimate.estimated_nanousd),
        worst_usd=usd(estimate.worst_nanousd),
        from_history=estimate.from_history,
        accounts=accounts,
        fits=not refusal and all(estimate.worst_nanousd <= _left(account) for account in accounts),
        refusal=refusal,
    )


def accounts_before(project: str, day_limit_usd: str | None) -> list[AccountView]:
    """The accounts of a project that has not spent or been told anything yet."""
    limit = day_limit_usd
    return [
        AccountView(account=f"day:{project}", kind=AccountKind.DAY, limit_usd=limit, spent_usd="0", left_usd=limit),
        AccountView(account=f"project:{project}", kind=AccountKind.PROJECT, spent_usd="0"),
    ]


def _refusal(accounts: Sequence[AccountView], estimate: Estimate, partial: bool) -> str:
    """Why the run cannot be taken, with the numbers; empty when it can."""
    estimated, worst, cheapest = estimate.estimated_nanousd, estimate.worst_nanousd, estimate.cheapest_nanousd
    for account in accounts:
        room = _left(account)
        numbers = (
            f"the run is estimated at {usd(estimated)} USD (at worst {usd(worst)}), and the limit of the "
            f"{account.kind} leaves {account.left_usd} of {account.limit_usd} USD "
            f"({account.spent_usd} spent, {account.held_usd} held)"
        )
        if cheapest and cheapest > room:
            return f"not even one attempt fits: each may cost {usd(cheapest)} USD; {numbers}. Raise the limit."
        if estimated > room and not partial:
            return f"{numbers}. Raise the limit, take fewer samples or models, or ask for as much as fits (--partial)."
    return ""


def _left(account: AccountView) -> int:
    return 2**63 if account.left_usd is None else nanousd(account.left_usd)
