"""Adding, changing and removing providers."""

from __future__ import annotations

from assay.contracts.providers import RegisteredProvider
from assay.contracts.rpc import Providers, PutProvider, RemoveProvider
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import columns, to_json
from services.ledger.errors import provider_changed, provider_has_key, unknown_provider
from services.ledger.providers.key_store import KeyStore
from services.ledger.providers.provider_rows import ProviderRow, find_provider

_ALL = f"SELECT {columns(ProviderRow)} FROM providers ORDER BY provider_id"
_ADD = f"""
INSERT INTO providers (provider_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING {columns(ProviderRow)}
"""
_CHANGE = f"""
UPDATE providers SET body = $2, revision = revision + 1, changed_at = now() WHERE provider_id = $1 AND revision = $3
RETURNING {columns(ProviderRow)}
"""
_REMOVE = f"DELETE FROM providers WHERE provider_id = $1 RETURNING {columns(ProviderRow)}"
_HAS_KEY = "SELECT provider_id FROM provider_keys WHERE provider_id = $1 AND registered"
_REMOVE_KEY = "DELETE FROM provider_keys WHERE provider_id = $1 AND registered"


class ProviderStore:
    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database, self._keys = database, keys

    async def all(self) -> Providers:
        async with self._database.snapshot() as connection:
            rows = await connection.rows(ProviderRow, _ALL)
            keys = await self._keys.states(connection)
        items = tuple(row.registered() for row in rows)
        return Providers(items=items, keys=keys, recipient=self._keys.recipient)

    async def put(self, request: PutProvider) -> RegisteredProvider:
        """Idempotent. Raises Refused if another revision than the request's is stored, or if the stored key of the
        provider would be sent to another address."""

        async def work(connection: Connection) -> RegisteredProvider:
            await _check_key(connection, request)
            arguments: list[object] = [request.provider_id, to_json(request.provider)]
            if request.revision:
                row = await connection.row(ProviderRow, _CHANGE, *arguments, request.revision)
            else:
                row = await connection.row(ProviderRow, _ADD, *arguments)
            if row is not None:
                return row.registered()
            found = await find_provider(connection, request.provider_id)
            if found is not None and (found.body, found.revision) == (request.provider, request.revision + 1):
                return found.registered()
            raise provider_changed(request.provider_id, found.revision if found else None)

        return await self._database.transact(work)

    async def remove(self, request: RemoveProvider) -> RegisteredProvider:
        """Its stored key is removed as well. Raises Refused if there is none."""

        async def work(connection: Connection) -> RegisteredProvider:
            row = await connection.row(ProviderRow, _REMOVE, request.provider_id)
            if row is None:
                raise unknown_provider(request.provider_id)
            await connection.execute(_REMOVE_KEY, request.provider_id)
            return row.registered()

        return await self._database.transact(work)


async def _check_key(connection: Connection, request: PutProvider) -> None:
    """Whoever changes an address must know the key that is sent there: a stored one cannot be carried over."""
    found = await find_provider(connection, request.provider_id)
    if found is None or (found.body.kind, found.body.base_url) == (request.provider.kind, request.provider.base_url):
        return
    if await connection.values(str, _HAS_KEY, request.provider_id):
        raise provider_has_key(request.provider_id)
