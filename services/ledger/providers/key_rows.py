"""Rows of ``provider_keys``."""

from __future__ import annotations

from datetime import datetime

from assay.contracts.providers import StoredKey
from services.ledger.database.rows import Row
from services.ledger.providers.key_encryption import EncryptedKey


class KeyRow(Row):
    """``registered``: the provider is in the ledger, not in the catalogue's file; then the key may only be sent to
    ``base_url``."""

    provider_id: str
    registered: bool
    base_url: str | None
    revision: int
    master_key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes
    changed_at: datetime
    last_used_at: datetime | None

    @property
    def encrypted(self) -> EncryptedKey:
        return EncryptedKey(
            master_key_id=self.master_key_id,
            wrapped_key=self.wrapped_key,
            nonce=self.nonce,
            ciphertext=self.ciphertext,
        )

    def stored(self) -> StoredKey:
        return StoredKey(revision=self.revision, changed_at=self.changed_at, last_used_at=self.last_used_at)
