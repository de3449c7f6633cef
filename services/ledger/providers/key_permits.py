"""Permits: with one, a runner without a lease can open a stored key, to answer a question about its provider.

The ledger gives them to the gateway, which passes them on to a runner with the question.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

from services.ledger.providers.key_encryption import KeyEncryption

VALID_SECONDS = 300


class KeyPermits:
    """Permits are not stored: all ledgers with the same master key accept them. They outlive a replacement of the
    key."""

    def __init__(self, encryption: KeyEncryption, clock: Callable[[], float] = time.time) -> None:
        self._encryption, self._clock = encryption, clock

    def issue(self, provider_id: str) -> str:
        until = int(self._clock()) + VALID_SECONDS
        return f"{until}.{self._code(provider_id, until)}"

    def accepts(self, permit: str, provider_id: str) -> bool:
        until, _, code = permit.partition(".")
        if not until.isdecimal() or len(until) > len(str(VALID_SECONDS)) + 12 or int(until) < self._clock():
            return False
        return hmac.compare_digest(code, self._code(provider_id, int(until)))

    def _code(self, provider_id: str, until: int) -> str:
        return self._encryption.sign(f"{provider_id}\0{until}")
