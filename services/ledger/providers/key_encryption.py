"""Envelope encryption of stored keys: each has a data key of its own (AES-256-GCM), which the master key wraps (AES key
wrap, RFC 3394)."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from assay.sealing.sealed_box import Recipient
from services.ledger.errors import KeyUnreadable
from services.ledger.providers.master_key import MasterKey

NONCE_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class EncryptedKey:
    """What the database stores. ``master_key_id`` names the master key that wrapped the data key."""

    master_key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


class KeyEncryption:
    """``keys`` are master keys: the first encrypts, all decrypt."""

    def __init__(self, keys: Sequence[MasterKey]) -> None:
        self._current = keys[0]
        self._wrapping = {key.key_id: key.derive("key wrapping") for key in keys}
        self._permits = self._current.derive("permits")
        self.recipient = Recipient(self._current.derive("recipient of provider keys"))

    @property
    def master_key_id(self) -> str:
        return self._current.key_id

    def encrypt(self, secret: str, project: str, key_id: str) -> EncryptedKey:
        """It can only be decrypted for the same project and id."""
        data_key, nonce = AESGCM.generate_key(bit_length=256), os.urandom(NONCE_BYTES)
        return EncryptedKey(
            master_key_id=self.master_key_id,
            wrapped_key=aes_key_wrap(self._wrapping[self.master_key_id], data_key),
            nonce=nonce,
            ciphertext=AESGCM(data_key).encrypt(nonce, secret.encode(), _associated_data(project, key_id)),
        )

    def decrypt(self, stored: EncryptedKey, project: str, key_id: str) -> str:
        """Raises KeyUnreadable."""
        try:
            data_key = self._unwrap(stored, key_id)
            plain = AESGCM(data_key).decrypt(stored.nonce, stored.ciphertext, _associated_data(project, key_id))
        except (InvalidTag, ValueError) as error:
            raise KeyUnreadable(f"the stored key of {key_id!r} is damaged, or belongs to another provider") from error
        return plain.decode()

    def rewrap(self, stored: EncryptedKey, key_id: str) -> EncryptedKey:
        """The same ciphertext, its data key wrapped by the current master key. Raises KeyUnreadable."""
        wrapped = aes_key_wrap(self._wrapping[self.master_key_id], self._unwrap(stored, key_id))
        return EncryptedKey(
            master_key_id=self.master_key_id,
            wrapped_key=wrapped,
            nonce=stored.nonce,
            ciphertext=stored.ciphertext,
        )

    def sign(self, text: str) -> str:
        """A code that only a ledger with the same master key can make."""
        return hmac.digest(self._permits, text.encode(), "sha256").hex()

    def _unwrap(self, stored: EncryptedKey, key_id: str) -> bytes:
        wrapping = self._wrapping.get(stored.master_key_id)
        if wrapping is None:
            raise KeyUnreadable(
                f"the stored key of {key_id!r} was encrypted with the master key {stored.master_key_id}, which this "
                "ledger does not have: add it after the current one in ASSAY_MASTER_KEY, or store the key again"
            )
        try:
            return aes_key_unwrap(wrapping, stored.wrapped_key)
        except InvalidUnwrap as error:
            raise KeyUnreadable(f"the stored key of {key_id!r} is damaged; store it again") from error


def _associated_data(project: str, key_id: str) -> bytes:
    return json.dumps([project, key_id]).encode()
