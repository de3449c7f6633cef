"""What a run would cost, and whether the limits leave so much."""

from __future__ import annotations

from collections import Counter, defaultdict

from assay.contracts.money import nanousd, usd
from assay.contracts.rpc import Quote
from assay.contracts.runs import RunPlan
from assay.contracts.spending import AccountKind, AccountView
from services.ledger.memory.accounts import day_account
from services.ledger.memory.givers import givers
from services.ledger.memory.reuse import earlier_results
from services.ledger.memory.rows import new_account
from services.ledger.memory.store import MemoryStore
from services.ledger.postgres.quoting import _left, _refusal
from services.ledger.rules.shelter import shelter_refusal
from services.ledger.rules.views import account_view
from services.ledger.rules.worth import cells_of, content_key, estimated_nanousd, worst_nanousd
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
        limit = settings.day_limit_usd
        return [
            AccountView(account=f"day:{project}", kind=AccountKind.DAY, limit_usd=limit, spent_usd="0", left_usd=limit),
            AccountView(account=f"project:{project}", kind=AccountKind.PROJECT, spent_usd="0"),
        ]
    limits = {day_account(store, row): row["day_nanousd"], f"project:{project}": row["project_nanousd"]}
    return [
        account_view({**(store.accounts.get(name) or new_account(name, limit)), "limit_nanousd": limit})
        for name, limit in limits.items()
    ]


def quote(store: MemoryStore, plan: RunPlan, settings: LedgerSettings) -> Quote:
    """Attempts that would be taken over cost nothing."""
    history, reused = _history(store, plan), _reused(store, plan)
    attempts, estimated, worst, cheapest = 0, 0, 0, list[int]()
    for task, pin, count in cells_of(plan):
        attempts += count
        left = count - reused[task.digest, pin.model.name]
        estimated += left * estimated_nanousd(task, pin, history)
        worst += left * worst_nanousd(task, pin)
        cheapest += [worst_nanousd(task, pin)] if left else []
    limit = plan.limits.cost_usd
    run = AccountView(account="run", kind=AccountKind.RUN, limit_usd=limit, spent_usd="0", left_usd=limit)
    accounts = [run, *project_accounts(store, plan.project, settings)] if worst else [run]
    refusal = shelter_refusal(plan, givers(store, settings))
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


def _reused(store: MemoryStore, plan: RunPlan) -> Counter[tuple[str, str]]:
    """Attempts that would be taken over, by task and model."""
    if not plan.reuse:
        return Counter()
    keys = {
        content_key(task, pin, sample_id, repeat): (task.digest, pin.model.name)
        for task in plan.tasks
        for pin in plan.models
        for sample_id in task.sample_ids
        for repeat in range(1, plan.repeats + 1)
    }
    return Counter(keys[key] for key in earlier_results(store, keys))
