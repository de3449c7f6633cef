"""What the fault tests share with the ledger's own: a real Postgres, and a desk to play every part at."""

from __future__ import annotations

from tests.ledger.conftest import database_url, desk, postgres

__all__ = ["database_url", "desk", "postgres"]
