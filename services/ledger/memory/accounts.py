"""Accounts: moving money between what is free, held and posted there, and the journal of every movement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from services.ledger.memory.rows import new_account
from services.ledger.memory.rules.accounts import NoRoom, Transfer, summed
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row


def open_accounts(store: MemoryStore, limits: Mapping[str, int | None]) -> None:
    """Those that are not there yet, with their limits."""
    for account, limit in limits.items():
        if account not in store.accounts:
            store.accounts.insert(account, new_account(account, limit))


def open_paths(store: MemoryStore, projects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Each project's accounts of today and of all time, opened where they are not yet."""
    paths: dict[str, tuple[str, str]] = {}
    for name in sorted(set(projects)):
        project = store.projects.get(name)
        if project is not None:
            day, whole = day_account(store, project), f"project:{name}"
            open_accounts(store, {day: project["day_nanousd"], whole: project["project_nanousd"]})
            paths[name] = (day, whole)
    return paths


def day_account(store: MemoryStore, project: Row) -> str:
    """Of today, where the project is."""
    return f"day:{project['project']}:{store.at.astimezone(ZoneInfo(project['time_zone'])).date()}"


def transfer(store: MemoryStore, transfers: Sequence[Transfer]) -> list[Row]:
    """Make the movements and write them down; returns the accounts as they are then. Raises NoRoom."""
    rows = [_move(store, name, held, posted) for name, (held, posted) in summed(transfers).items()]
    for each in transfers:
        position = store.next_position()
        journal = {"position": position, "key": each.key, "kind": each.kind, "accounts": list(each.accounts)}
        amounts = {"held_nanousd": each.held_nanousd, "posted_nanousd": each.posted_nanousd}
        free = {"free_nanousd": -(each.held_nanousd + each.posted_nanousd), "made_at": store.at}
        whose = {"attempt_id": each.attempt_id, "token": each.token}
        store.transfers.insert(each.key, journal | amounts | free | whose)
    return rows


def limit_account(store: MemoryStore, account: str, limit: int | None) -> None:
    """Another limit from now on, where there is such an account."""
    row = store.accounts.get(account)
    if row is not None:
        bound = None if limit is None else max(limit, row["posted_nanousd"] + row["held_nanousd"])
        store.accounts.change(account, limit_nanousd=limit, bound_nanousd=bound, warned_percent=0)


def _move(store: MemoryStore, account: str, held: int, posted: int) -> Row:
    row = store.accounts[account]
    new_held, new_posted, limit = row["held_nanousd"] + held, row["posted_nanousd"] + posted, row["limit_nanousd"]
    used = new_held + new_posted
    if limit is not None and held > 0 and used > limit:
        raise NoRoom(f"no room in {account}")
    # The bound of a limit that was lowered below what was spent follows the sum down, and never up.
    bound = None if limit is None else max(limit, min(row["bound_nanousd"], used))
    if new_held < 0 or new_posted < 0 or (bound is not None and used > bound):
        raise NoRoom(f"{account} would hold {new_held} and have posted {new_posted} of {bound}")
    return store.accounts.change(account, held_nanousd=new_held, posted_nanousd=new_posted, bound_nanousd=bound)
