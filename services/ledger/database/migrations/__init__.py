"""The schema's revisions (``versions/``), and ``schema.sql``: all of them as one script for new databases."""

from __future__ import annotations

from pathlib import Path

LOCK = 0x415353_4D49
"""The advisory lock that a migrating ledger holds."""
MIGRATIONS = Path(__file__).parent
SCRIPT = MIGRATIONS / "schema.sql"
"""``tests/ledger/test_schema.py`` checks that it is up to date."""


def newest() -> str:
    """The newest revision: the start of the last migration's file name."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))
