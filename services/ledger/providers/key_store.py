"""Storing the keys of providers, and giving them to runners."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from assay.contracts.attempts import State
from assay.contracts.judging import JudgeModel
from assay.contracts.providers import PROVIDER_KEY_PURPOSE, StoredKey
from assay.contracts.rpc import KeyState, OpenProviderKey, PutProviderKey, RemoveProviderKey, SealedKey
from assay.contracts.runs import DEFAULT_PROJECT, ModelPin, RunPlan
from assay.sealing.sealed_box import CannotOpen, Recipient, seal
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, columns
from services.ledger.errors import KeyUnreadable, keys_not_stored, no_stored_key, provider_changed, sealed_to_another
from services.ledger.providers.key_encryption import EncryptedKey, KeyEncryption
from services.ledger.providers.key_permits import KeyPermits
from services.ledger.providers.key_rows import KeyRow
from services.ledger.providers.master_key import MasterKey
from services.ledger.providers.provider_rows import find_provider
from services.ledger.runs.plans import Plans

_log = structlog.get_logger(__name__)

_ALL = f"SELECT {columns(KeyRow)} FROM provider_keys ORDER BY provider_id"
_ONE = f"SELECT {columns(KeyRow)} FROM provider_keys WHERE provider_id = $1"
_PUT = f"""
INSERT INTO provider_keys (provider_id, registered, base_url, master_key_id, wrapped_key, nonce, ciphertext)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (provider_id) DO UPDATE SET registered = $2, base_url = $3, master_key_id = $4, wrapped_key = $5,
  nonce = $6, ciphertext = $7, revision = provider_keys.revision + 1, changed_at = now(), last_used_at = NULL
RETURNING {columns(KeyRow)}
"""
_REMOVE = f"DELETE FROM provider_keys WHERE provider_id = $1 RETURNING {columns(KeyRow)}"
_REWRAP = """
UPDATE provider_keys SET master_key_id = $3, wrapped_key = $4 WHERE provider_id = $1 AND master_key_id = $2
"""

# Most openings find the time recent enough; two at once must not wait for each other.
_USED = """
UPDATE provider_keys SET last_used_at = now() WHERE provider_id IN (
  SELECT provider_id FROM provider_keys
  WHERE provider_id = $1 AND coalesce(last_used_at < now() - interval '1 minute', true) FOR UPDATE SKIP LOCKED)
"""

_LEASED = """
SELECT state, run_id, task_index, model_index FROM attempts
WHERE attempt_id = $1 AND token = $2 AND state IN ('running', 'grading') AND lease_until > clock_timestamp()
"""


class _Leased(Row):
    state: State
    run_id: str
    task_index: int
    model_index: int


class KeyStore:
    """``master_keys`` may be empty: then no keys are stored, and every request is refused with the remedy."""

    def __init__(self, database: Database, plans: Plans, master_keys: Sequence[MasterKey]) -> None:
        self._database, self._plans = database, plans
        self._encryption = KeyEncryption(master_keys) if master_keys else None
        self._permits = KeyPermits(self._encryption) if self._encryption else None

    @property
    def recipient(self) -> bytes | None:
        return self._encryption.recipient.public_key if self._encryption else None

    async def states(self, connection: Connection) -> tuple[KeyState, ...]:
        """What is known of each key, and a permit to open it."""
        permits = self._permits
        if permits is None:
            return ()
        return tuple(
            KeyState(
                provider_id=row.provider_id,
                registered=row.registered,
                key=row.stored(),
                permit=permits.issue(row.provider_id),
            )
            for row in await connection.rows(KeyRow, _ALL)
        )

    async def put(self, request: PutProviderKey) -> StoredKey:
        """Raises Refused if the provider is at another revision, or the key was sealed to another ledger."""
        encryption = self._require_encryption()
        secret = _open(encryption.recipient, request.sealed)
        encrypted = encryption.encrypt(secret, DEFAULT_PROJECT, request.provider_id)

        async def work(connection: Connection) -> StoredKey:
            provider = await find_provider(connection, request.provider_id)
            if request.revision != (provider.revision if provider else 0):
                raise provider_changed(request.provider_id, provider.revision if provider else None)
            meant_for = (provider is not None, provider.body.base_url if provider else None)
            row = await connection.one(KeyRow, _PUT, request.provider_id, *meant_for, *_columns(encrypted))
            return row.stored()

        return await self._database.transact(work)

    async def remove(self, request: RemoveProviderKey) -> StoredKey:
        """Raises Refused if there is none."""

        async def work(connection: Connection) -> StoredKey:
            row = await connection.row(KeyRow, _REMOVE, request.provider_id)
            if row is None:
                raise no_stored_key(request.provider_id)
            return row.stored()

        return await self._database.transact(work)

    async def open(self, request: OpenProviderKey) -> SealedKey:
        """Raises Refused unless a live lease or a permit entitles to the key at that address."""
        encryption = self._encryption
        if encryption is None:
            raise no_stored_key(request.provider_id)

        async def work(connection: Connection) -> SealedKey:
            row = await connection.row(KeyRow, _ONE, request.provider_id)
            if row is None or not await self._is_entitled(connection, request, row):
                raise no_stored_key(request.provider_id)
            try:
                secret = encryption.decrypt(row.encrypted, DEFAULT_PROJECT, row.provider_id)
            except KeyUnreadable as error:
                raise keys_not_stored(str(error)) from error
            await connection.execute(_USED, row.provider_id)
            return SealedKey(sealed=seal(secret, request.recipient, PROVIDER_KEY_PURPOSE), revision=row.revision)

        return await self._database.transact(work)

    async def rewrap(self) -> None:
        """Wrap every data key with the current master key, so that earlier ones are no longer needed."""
        encryption = self._encryption
        if encryption is None:
            return

        async def work(connection: Connection) -> None:
            for row in await connection.rows(KeyRow, _ALL):
                if row.master_key_id == encryption.master_key_id:
                    continue
                try:
                    wrapped = encryption.rewrap(row.encrypted, row.provider_id)
                except KeyUnreadable as error:
                    _log.warning("key.unreadable", provider=row.provider_id, reason=str(error))
                    continue
                arguments = (row.provider_id, row.master_key_id, wrapped.master_key_id, wrapped.wrapped_key)
                await connection.execute(_REWRAP, *arguments)

        await self._database.transact(work)

    async def _is_entitled(self, connection: Connection, request: OpenProviderKey, row: KeyRow) -> bool:
        if row.registered and row.base_url != request.base_url:
            return False
        if request.permit and self._permits:
            return self._permits.accepts(request.permit, row.provider_id)
        leased = await connection.row(_Leased, _LEASED, request.attempt_id, request.token)
        if leased is None:
            return False
        pins = _called_models(leased, await self._plans.get(connection, leased.run_id))
        return any((pin.model.provider, pin.registered) == (row.provider_id, row.registered) for pin in pins)

    def _require_encryption(self) -> KeyEncryption:
        if self._encryption is None:
            raise keys_not_stored("this ledger has no master key: set ASSAY_MASTER_KEY or ASSAY_MASTER_KEY_FILE")
        return self._encryption


def _called_models(leased: _Leased, plan: RunPlan) -> Sequence[ModelPin | JudgeModel]:
    """The model that answers for a running attempt, or those that judge an executed one."""
    if leased.state is State.RUNNING:
        return [plan.models[leased.model_index]]
    judging = plan.tasks[leased.task_index].judging
    return [judge for judge in plan.judges if judging and judge.model.name in judging.models]


def _open(recipient: Recipient, sealed: bytes) -> str:
    try:
        return recipient.open(sealed, PROVIDER_KEY_PURPOSE)
    except CannotOpen as error:
        raise sealed_to_another() from error


def _columns(key: EncryptedKey) -> tuple[str, bytes, bytes, bytes]:
    return key.master_key_id, key.wrapped_key, key.nonce, key.ciphertext
