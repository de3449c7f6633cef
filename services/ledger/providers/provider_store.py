"""Adding, changing and removing providers."""

from __future__ import annotations

from assay.contracts.providers import RegisteredProvider
from assay.contracts.rpc import Providers, PutProvider, RemoveProvider
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import columns, to_json
from services.ledger.errors import provider_changed, unknown_provider
from services.ledger.providers.provider_rows import ProviderRow

_ALL = f"SELECT {columns(ProviderRow)} FROM providers ORDER BY provider_id"
_ONE = f"SELECT {columns(ProviderRow)} FROM providers WHERE provider_id = $1"
_ADD = f"""
INSERT INTO providers (provider_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING {columns(ProviderRow)}
"""
_CHANGE = f"""
UPDATE providers SET body = $2, revision = revision + 1, changed_at = now() WHERE provider_id = $1 AND revision = $3
RETURNING {columns(ProviderRow)}
"""
_REMOVE = f"DELETE FROM providers WHERE provider_id = $1 RETURNING {columns(ProviderRow)}"


class ProviderStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Providers:
        async with self._database.snapshot() as connection:
            rows = await connection.rows(ProviderRow, _ALL)
        return Providers(items=tuple(row.registered() for row in rows))

    async def put(self, request: PutProvider) -> RegisteredProvider:
        """Idempotent. Raises Refused if another revision than the request's is stored."""

        async def work(connection: Connection) -> RegisteredProvider:
            arguments: list[object] = [request.provider_id, to_json(request.provider)]
            if request.revision:
                row = await connection.row(ProviderRow, _CHANGE, *arguments, request.revision)
            else:
                row = await connection.row(ProviderRow, _ADD, *arguments)
            if row is not None:
                return row.registered()
            found = await connection.row(ProviderRow, _ONE, request.provider_id)
            if found is not None and (found.body, found.revision) == (request.provider, request.revision + 1):
                return found.registered()
            raise provider_changed(request.provider_id, found.revision if found else None)

        return await self._database.transact(work)

    async def remove(self, request: RemoveProvider) -> RegisteredProvider:
        """Raises Refused if there is none."""

        async def work(connection: Connection) -> RegisteredProvider:
            row = await connection.row(ProviderRow, _REMOVE, request.provider_id)
            if row is None:
                raise unknown_provider(request.provider_id)
            return row.registered()

        return await self._database.transact(work)
