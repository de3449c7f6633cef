"""Encrypts a secret so that only one recipient can read it: HPKE (RFC 9180) with X25519, HKDF-SHA256, AES-256-GCM."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class CannotOpen(Exception):
    """The secret was sealed to another recipient or for another purpose, or was altered."""


class Recipient:
    """A key pair. Without ``private_key`` (32 bytes) it is new, and exists only in this process."""

    def __init__(self, private_key: bytes | None = None) -> None:
        self._private = X25519PrivateKey.from_private_bytes(private_key) if private_key else X25519PrivateKey.generate()
        self.public_key = self._private.public_key().public_bytes_raw()

    def open(self, sealed: bytes, purpose: str) -> str:
        """Raises CannotOpen."""
        try:
            return _SUITE.decrypt(sealed, self._private, purpose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the sealed secret cannot be opened") from error


def seal(secret: str, public_key: bytes, purpose: str) -> bytes:
    """``purpose`` must be the same when the secret is opened."""
    return _SUITE.encrypt(secret.encode(), X25519PublicKey.from_public_bytes(public_key), purpose.encode())
