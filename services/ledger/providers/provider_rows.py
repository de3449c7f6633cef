"""Rows of ``providers``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from assay.contracts.judging import JudgeModel
from assay.contracts.providers import Provider, RegisteredProvider
from assay.contracts.runs import ModelPin
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns


class ProviderRow(Row):
    provider_id: str
    body: Provider
    revision: int
    changed_at: datetime

    def registered(self) -> RegisteredProvider:
        return RegisteredProvider(
            provider_id=self.provider_id, provider=self.body, revision=self.revision, changed_at=self.changed_at
        )


_ONE = f"SELECT {columns(ProviderRow)} FROM providers WHERE provider_id = $1"
_SOME = f"SELECT {columns(ProviderRow)} FROM providers WHERE provider_id = ANY($1::text[])"


async def find_provider(connection: Connection, provider_id: str) -> ProviderRow | None:
    return await connection.row(ProviderRow, _ONE, provider_id)


async def providers_of(connection: Connection, pins: Iterable[ModelPin | JudgeModel]) -> dict[str, Provider]:
    """By id, the providers of those models whose provider is in the ledger. A removed one is missing."""
    ids = sorted({pin.model.provider for pin in pins if pin.registered})
    rows = await connection.rows(ProviderRow, _SOME, ids) if ids else []
    return {row.provider_id: row.body for row in rows}
