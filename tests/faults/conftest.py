"""What the fault tests share with the ledger's own: a real Postgres and the ledger harness."""

from __future__ import annotations

from tests.ledger.conftest import database_url, ledger, postgres

__all__ = ["database_url", "ledger", "postgres"]
