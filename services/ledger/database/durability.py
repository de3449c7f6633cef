"""Durability: whether Postgres writes to disk before it confirms a commit."""

from __future__ import annotations

from services.ledger.database.database import Database
from services.ledger.errors import NotDurable

_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


async def require_durable(database: Database) -> None:
    """Raises NotDurable, naming the setting, for a server that can lose commits in a power cut."""
    async with database.session() as connection:
        values = {name: await connection.value(str, "SELECT current_setting($1)", name) for name in _SETTINGS}
    if off := [name for name, value in values.items() if value == "off"]:
        raise NotDurable(
            f"PostgreSQL runs with {', '.join(f'{name} = off' for name in off)}, so a power cut can lose or damage "
            f"committed data. Set {' and '.join(f'{name} = on' for name in off)} in postgresql.conf (or for "
            "this user or database) and restart it"
        )
