"""What a run would cost, and whether the limits leave so much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assay.contracts.money import nanousd, usd
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountKind, AccountView
from services.ledger.postgres.database import Connection
from services.ledger.postgres.givers import givers
from services.ledger.postgres.reuse import earlier_results
from services.ledger.rules.shelter import shelter_refusal
from services.ledger.rules.views import account_view
from services.ledger.rules.worth import cells_of, content_key, estimated_nanousd, worst_nanousd
from services.ledger.settings import LedgerSettings

_HISTORY = """
SELECT task_digest, model, sum(cost_nanousd) / greatest(sum(n), 1) AS mean FROM cells
WHERE project = $1 AND task_digest = ANY($2::text[]) AND model = ANY($3::text[]) AND cost_nanousd > 0
  AND n > 0 GROUP BY task_digest, model
"""

_OPEN_PROJECT = "INSERT INTO projects (project, day_nanousd) VALUES ($1, $2) ON CONFLICT DO NOTHING"

_BALANCES = """
SELECT a.account, a.limit_nanousd, coalesce(b.held_nanousd, 0) AS held_nanousd,
  coalesce(b.posted_nanousd, 0) AS posted_nanousd
FROM (
  SELECT 'day:' || project || ':' || (now() AT TIME ZONE time_zone)::date AS account,
    day_nanousd AS limit_nanousd, 1 AS n FROM projects WHERE project = $1
  UNION ALL SELECT 'project:' || project, project_nanousd, 2 FROM projects WHERE project = $1
) a LEFT JOIN accounts b USING (account) ORDER BY n
"""


async def open_project(connection: Connection, project: str, settings: LedgerSettings) -> None:
    """The project's own limits; those of the settings until somebody sets others."""
    day = None if settings.day_limit_usd is None else nanousd(settings.day_limit_usd)
    await connection.execute(_OPEN_PROJECT, project, day)


async def project_accounts(connection: Connection, project: str, settings: LedgerSettings) -> list[AccountView]:
    """Today's account and that of all time, also before anything was spent."""
    rows = await connection.fetch(_BALANCES, project)
    if rows:
        return [account_view(row) for row in rows]
    limit = settings.day_limit_usd
    return [
        AccountView(account=f"day:{project}", kind=AccountKind.DAY, limit_usd=limit, spent_usd="0", left_usd=limit),
        AccountView(account=f"project:{project}", kind=AccountKind.PROJECT, spent_usd="0"),
    ]


async def quote(connection: Connection, plan: RunPlan, settings: LedgerSettings) -> Quote:
    """Attempts that would be taken over cost nothing."""
    digests, models = [task.digest for task in plan.tasks], [pin.model.name for pin in plan.models]
    rows = await connection.fetch(_HISTORY, plan.project, digests, models)
    history = {(row["task_digest"], row["model"]): int(row["mean"]) for row in rows}
    reused = await _reused(connection, plan) if plan.reuse else Counter[tuple[str, str]]()
    attempts, estimated, worst, cheapest = 0, 0, 0, list[int]()
    for task, pin, count in cells_of(plan):
        attempts += count
        left = count - reused[task.digest, pin.model.name]
        estimated += left * estimated_nanousd(task, pin, history)
        worst += left * worst_nanousd(task, pin)
        cheapest += [worst_nanousd(task, pin)] if left else []
    limit = plan.limits.cost_usd
    run = AccountView(account="run", kind=AccountKind.RUN, limit_usd=limit, spent_usd="0", left_usd=limit)
    accounts = [run, *await project_accounts(connection, plan.project, settings)] if worst else [run]
    refusal = shelter_refusal(plan, await givers(connection, settings))
    refusal = refusal or _refusal(accounts, min(estimated, worst), worst, min(cheapest, default=0), plan.partial)
    return Quote(
        attempts=attempts,
        reused=reused.total(),
        estimated_usd=usd(min(estimated, worst)),
        worst_usd=usd(worst),
        from_history=bool(history),
        accounts=tuple(accounts),
        fits=not refusal and all(worst <= _left(account) for account in accounts),
        refusal=refusal,
    )


async def _reused(connection: Connection, plan: RunPlan) -> Counter[tuple[str, str]]:
    """Attempts that would be taken over, by task and model."""
    keys = {
        content_key(task, pin, sample_id, repeat): (task.digest, pin.model.name)
        for task in plan.tasks
        for pin in plan.models
        for sample_id in task.sample_ids
        for repeat in range(1, plan.repeats + 1)
    }
    found = await earlier_results(connection, list(keys))
    return Counter(keys[key] for key in found)


def _refusal(accounts: Sequence[AccountView], estimated: int, worst: int, cheapest: int, partial: bool) -> str:
    """Why the run cannot be taken, with the numbers; empty when it can."""
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
