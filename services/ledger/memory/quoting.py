"""What a run would cost, and whether the limits leave so much."""

from __future__ import annotations

from collections import Counter, defaultdict

from assay.contracts.money import nanousd
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountView
from services.ledger.memory.accounts import day_account
from services.ledger.memory.givers import givers
from services.ledger.memory.reuse import earlier_results
from services.ledger.memory.rows import new_account
from services.ledger.memory.rules.quoting import accounts_before, estimate, quoted
from services.ledger.memory.rules.reuse import keys_of
from services.ledger.memory.rules.shelter import shelter_refusal
from services.ledger.memory.rules.views import account_view
from services.ledger.memory.store import MemoryStore
from services.ledger.settings import LedgerSettings


def open_project(store: MemoryStore, project: str, settings: LedgerSettings) -> None:
    """The project's own limits; those of the settings until somebody sets others."""
    if project not in store.projects:
        day = None if settings.day_limit_usd is None else nanousd(settings.day_limit_usd)
        set_limits(store, project, "UTC", day, None)


def set_limits(store: MemoryStore, project: str, time_zone: str, day: int | None, whole: int | None) -> None:
    row = {"project": project, "time_zone": time_zone, "day_nanousd": day, "project_nanousd": whole}
    if project in store.projects:
        store.projects.change(project, **row)
    else:
        store.projects.insert(project, row)


def project_accounts(store: MemoryStore, project: str, settings: LedgerSettings) -> list[AccountView]:
    """Today's account and that of all time, also before anything was spent."""
    row = store.projects.get(project)
    if row is None:
        return accounts_before(project, settings.day_limit_usd)
    limits = {day_account(store, row): row["day_nanousd"], f"project:{project}": row["project_nanousd"]}
    return [
        account_view({**(store.accounts.get(name) or new_account(name, limit)), "limit_nanousd": limit})
        for name, limit in limits.items()
    ]


def quote(store: MemoryStore, plan: RunPlan, settings: LedgerSettings) -> Quote:
    """Attempts that would be taken over cost nothing."""
    reused = Counter[tuple[str, str]]()
    if plan.reuse:
        keys = keys_of(plan)
        reused = Counter(keys[key] for key in earlier_results(store, keys))
    estimated = estimate(plan, _history(store, plan), reused)
    accounts = project_accounts(store, plan.project, settings) if estimated.worst_nanousd else []
    return quoted(plan, estimated, accounts, shelter_refusal(plan, givers(store, settings)))


def _history(store: MemoryStore, plan: RunPlan) -> dict[tuple[str, str], int]:
    asked = {(task.digest, pin.model.name) for task in plan.tasks for pin in plan.models}
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for cell in store.cells:
        counted = cell["cost_nanousd"] > 0 and cell["n"] > 0
        key = (cell["task_digest"], cell["model"])
        if cell["project"] == plan.project and key in asked and counted:
            total = sums[key]
            total[0] += cell["cost_nanousd"]
            total[1] += cell["n"]
    return {key: cost // n for key, (cost, n) in sums.items()}
