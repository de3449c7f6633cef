"""Gets keys from the ledger, which stores them encrypted and seals each to the runner that asks for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc
from assay.contracts.problems import ProblemError
from assay.contracts.providers import PROVIDER_KEY_PURPOSE
from assay.contracts.rpc import OpenProviderKey, SealedKey
from services.runner.errors import AuthenticationFailed

TIMEOUT_SECONDS = 5.0
NO_STORED_KEY, KEYS_UNAVAILABLE = "no_stored_key", "keys_unavailable"
"""Codes of the ledger's problems that asking again does not solve: it has no key, or cannot decrypt it."""
_INITIAL_DELAY_SECONDS, _MAX_DELAY_SECONDS = 0.1, 2.0


@dataclass(frozen=True, kw_only=True)
class KeyAccess:
    """Why the ledger gives this runner a key: the lease of an attempt, or a permit that came with a question."""

    attempt_id: str = ""
    token: int = 0
    permit: str = ""

    def __bool__(self) -> bool:
        return bool(self.attempt_id or self.permit)


NO_ACCESS = KeyAccess()


@dataclass(frozen=True, kw_only=True)
class OpenedKey:
    secret: str = field(repr=False)
    revision: int


class StoredKeys:
    """The private key that opens them exists only in this process."""

    def __init__(self, rpc: Rpc) -> None:
        from assay.sealing.sealed_box import Recipient  # loads OpenSSL, which most runners never need

        self._rpc, self._recipient = rpc, Recipient()

    async def open(self, provider_id: str, base_url: str | None, access: KeyAccess) -> OpenedKey | None:
        """The key to send to ``base_url``; None if none is stored. Waits while the ledger does not
        answer. Raises AuthenticationFailed if the ledger cannot decrypt it."""
        request = OpenProviderKey(
            provider_id=provider_id,
            recipient=self._recipient.public_key,
            base_url=base_url,
            attempt_id=access.attempt_id,
            token=access.token,
            permit=access.permit,
        )
        found = await self._request(request)
        if found is None:
            return None
        return OpenedKey(secret=self._recipient.open(found.sealed, PROVIDER_KEY_PURPOSE), revision=found.revision)

    async def _request(self, request: OpenProviderKey) -> SealedKey | None:
        delay = _INITIAL_DELAY_SECONDS
        while True:
            try:
                return await self._rpc.request(request, TIMEOUT_SECONDS)
            except ProblemError as error:
                if error.problem.code == NO_STORED_KEY:
                    return None
                if error.problem.status < 500 or error.problem.code == KEYS_UNAVAILABLE:
                    raise AuthenticationFailed(
                        f"the key of provider {request.provider_id!r} cannot be read: {error.problem.detail}"
                    ) from error
            except BusError:
                pass
            await asyncio.sleep(delay)
            delay = min(2 * delay, _MAX_DELAY_SECONDS)
