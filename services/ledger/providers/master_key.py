"""The master key: it encrypts the keys that the ledger stores, and is itself kept outside the database."""

from __future__ import annotations

import base64
import binascii
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.files.secrets import SecretUnreadable, read_file
from services.ledger.errors import MasterKeyInvalid
from services.ledger.settings import LedgerSettings

KEY_BYTES = 32
KEYRING_USER = "master-key"
"""The name of the entry in the operating system's keyring."""
HOW_TO_CREATE = "create one with `openssl rand -base64 32`"


@dataclass(frozen=True, kw_only=True)
class MasterKey:
    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Identifies the key without revealing it."""
        return sha256(b"assay master key id\0" + self.secret).hexdigest()[:16]

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose only."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"assay {purpose}".encode()).derive(
            self.secret
        )


def read_master_keys(settings: LedgerSettings) -> tuple[MasterKey, ...]:
    """The key that encrypts, then earlier ones that can still decrypt; empty if none is set. Raises
    MasterKeyInvalid."""
    if settings.master_key.strip():
        return _parse(settings.master_key, "ASSAY_MASTER_KEY")
    if settings.master_key_file is not None:
        return _parse(_from_file(settings.master_key_file), f"the file {settings.master_key_file}")
    if settings.master_key_keyring:
        place = f"the keyring entry {settings.master_key_keyring!r} of user {KEYRING_USER!r}"
        return _parse(_from_keyring(settings.master_key_keyring, place), place)
    return ()


def _parse(text: str, place: str) -> tuple[MasterKey, ...]:
    return tuple(MasterKey(secret=_decode(word, place)) for word in _words(text, place))


def _words(text: str, place: str) -> Sequence[str]:
    words = text.replace(",", " ").split()
    if not words:
        raise MasterKeyInvalid(f"{place} holds no master key; {HOW_TO_CREATE}")
    return words


def _decode(word: str, place: str) -> bytes:
    try:
        secret = base64.b64decode(word, validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise MasterKeyInvalid(f"{place} must hold {KEY_BYTES} bytes in base64; {HOW_TO_CREATE}")
    return secret


def _from_file(file: Path) -> str:
    try:
        return read_file(file)
    except SecretUnreadable as error:
        raise MasterKeyInvalid(f"the master key is missing: {error}") from error


def _from_keyring(service: str, place: str) -> str:
    try:
        keyring: Any = importlib.import_module("keyring")
    except ModuleNotFoundError as error:
        raise MasterKeyInvalid(
            f"the master key is in {place}, which needs the library keyring: pip install 'assay[keyring]'"
        ) from error
    try:
        found = keyring.get_password(service, KEYRING_USER)
    except keyring.errors.KeyringError as error:
        raise MasterKeyInvalid(f"{place} cannot be read: {error}") from error
    if not found:
        raise MasterKeyInvalid(f"{place} does not exist; store one with `keyring set {service} {KEYRING_USER}`")
    return str(found)
