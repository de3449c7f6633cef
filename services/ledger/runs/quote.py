"""What a run would cost, and whether the limits leave so much."""

from __future__ import annotations

from collections import Counter

from assay.contracts.money import nanousd
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountView
from services.ledger.database.database import Connection
from services.ledger.memory.rules.quoting import accounts_before, estimate, quoted
from services.ledger.memory.rules.reuse import keys_of
from services.ledger.memory.rules.shelter import shelter_refusal
from services.ledger.memory.rules.views import account_view
from services.ledger.runs.reuse import earlier_results
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import givers

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
    return accounts_before(project, settings.day_limit_usd)


async def quote(connection: Connection, plan: RunPlan, settings: LedgerSettings) -> Quote:
    """Attempts that would be taken over cost nothing."""
    digests, models = [task.digest for task in plan.tasks], [pin.model.name for pin in plan.models]
    rows = await connection.fetch(_HISTORY, plan.project, digests, models)
    history = {(row["task_digest"], row["model"]): int(row["mean"]) for row in rows}
    reused = Counter[tuple[str, str]]()
    if plan.reuse:
        keys = keys_of(plan)
        reused = Counter(keys[key] for key in await earlier_results(connection, list(keys)))
    estimated = estimate(plan, history, reused)
    accounts = await project_accounts(connection, plan.project, settings) if estimated.worst_nanousd else []
    return quoted(plan, estimated, accounts, shelter_refusal(plan, await givers(connection, settings)))
