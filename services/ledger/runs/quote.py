"""Quotes: what a run would cost, and whether it would be accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assay.contracts.money import nanousd, usd
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountKind, AccountView
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.money.cost_estimate import Estimate, estimate_run
from services.ledger.money.project_limits import judge_account, project_accounts
from services.ledger.runs.reuse import content_keys, reusable_for
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_capabilities
from services.ledger.workers.sandbox_capacity import sandbox_refusal

_HISTORY = """
SELECT task_digest, model, (sum(cost_nanousd) / greatest(sum(n), 1))::bigint FROM cells
WHERE project = $1 AND task_digest = ANY($2::text[]) AND model = ANY($3::text[]) AND cost_nanousd > 0
  AND n > 0 GROUP BY task_digest, model
"""


class _MeanCost(Row):
    task_digest: str
    model: str
    mean_nanousd: int


async def quote(connection: Connection, plan: RunPlan, settings: LedgerSettings) -> Quote:
    """Attempts whose results would be reused cost nothing."""
    digests, models = [task.digest for task in plan.tasks], [pin.model.name for pin in plan.models]
    means = await connection.rows(_MeanCost, _HISTORY, plan.project, digests, models)
    history = {(row.task_digest, row.model): row.mean_nanousd for row in means}
    reused = Counter[tuple[str, str]]()
    if plan.reuse or plan.reuse_run:
        keys = content_keys(plan)
        reusable = await reusable_for(connection, plan, list(keys))
        reused = Counter(label for key, label in keys.items() if key in reusable)
    estimate = estimate_run(plan, history, reused)
    accounts = await project_accounts(connection, plan.project, settings) if estimate.worst_nanousd else []
    judges = await judge_account(connection, plan.project) if estimate.worst_judging_nanousd else None
    workers = await live_capabilities(connection, settings.worker_silence_seconds)
    return quote_of(plan, estimate, accounts, sandbox_refusal(plan, workers, settings.on_demand), judges)


def quote_of(
    plan: RunPlan,
    estimate: Estimate,
    project_accounts: Sequence[AccountView],
    no_sandbox: str,
    judges: AccountView | None = None,
) -> Quote:
    """The quote, with the reason if the run would be refused. ``project_accounts`` is empty for a run that costs
    nothing, ``judges`` is None if grading costs nothing."""
    limit = plan.limits.cost_usd
    run = AccountView(account="run", kind=AccountKind.RUN, limit_usd=limit, spent_usd="0", left_usd=limit)
    accounts = (run, *project_accounts)
    refusal = no_sandbox or _over_limit(accounts, estimate, plan.partial) or _over_judges_limit(judges, estimate)
    return Quote(
        attempts=estimate.attempts,
        reused=estimate.reused,
        estimated_usd=usd(estimate.estimated_nanousd),
        worst_usd=usd(estimate.worst_nanousd),
        from_history=estimate.from_history,
        judging_usd=usd(estimate.judging_nanousd),
        worst_judging_usd=usd(estimate.worst_judging_nanousd),
        accounts=(*accounts, judges) if judges else accounts,
        fits=not refusal and all(estimate.worst_nanousd <= _left(account) for account in accounts),
        refusal=refusal,
    )


def _over_limit(accounts: Sequence[AccountView], estimate: Estimate, partial: bool) -> str:
    """Why the limits do not allow the run, with the numbers; empty if they do."""
    estimated, worst, cheapest = estimate.estimated_nanousd, estimate.worst_nanousd, estimate.cheapest_nanousd
    for account in accounts:
        left = _left(account)
        numbers = (
            f"the run is estimated at ${usd(estimated)} (at worst ${usd(worst)}), and the {account.kind}'s limit has "
            f"${account.left_usd} of ${account.limit_usd} left (${account.spent_usd} spent, ${account.held_usd} held)"
        )
        if cheapest and cheapest > left:
            return f"not even one attempt fits: each can cost ${usd(cheapest)}; {numbers}. Raise the limit."
        if estimated > left and not partial:
            return f"{numbers}. Raise the limit, use fewer samples or models, or run as much as fits (--partial)."
    return ""


def _over_judges_limit(judges: AccountView | None, estimate: Estimate) -> str:
    """Why not even one attempt could be graded. Beyond that, attempts wait for a review, and their answers are kept."""
    if judges is None or estimate.cheapest_judging_nanousd <= _left(judges):
        return ""
    return (
        f"not even one attempt could be graded: judging it can cost ${usd(estimate.cheapest_judging_nanousd)}, and the "
        f"judges' limit has ${judges.left_usd} of ${judges.limit_usd} left. Raise it with `assay limits set --judge`."
    )


def _left(account: AccountView) -> int:
    return 2**63 if account.left_usd is None else nanousd(account.left_usd)
