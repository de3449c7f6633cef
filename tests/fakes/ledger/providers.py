"""Model providers in the fake ledger, and their keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assay.contracts.problems import Problem, ProblemError
from assay.contracts.providers import PROVIDER_KEY_PURPOSE, RegisteredProvider, StoredKey
from assay.contracts.rpc import (
    KeyState,
    ListProviders,
    OpenProviderKey,
    Providers,
    PutProvider,
    PutProviderKey,
    RemoveProvider,
    RemoveProviderKey,
    SealedKey,
)
from assay.sealing.sealed_box import Recipient, seal

CHANGED_AT = datetime(2026, 11, 2, tzinfo=UTC)


class FakeProviders:
    """``keys`` are the stored keys by provider; ``puts`` the requests that stored them, ``openings`` those for one.
    ``unavailable``: so many of the latter find no database."""

    def __init__(self) -> None:
        self.stored: dict[str, RegisteredProvider] = {}
        self.keys: dict[str, str] = {}
        self.puts: list[PutProviderKey] = []
        self.openings: list[OpenProviderKey] = []
        self.unavailable = 0
        self.recipient: Recipient | None = Recipient()

    def handlers(self) -> dict[Any, Any]:
        return {
            ListProviders: self.on_list,
            PutProvider: self.on_put,
            RemoveProvider: self.on_remove,
            PutProviderKey: self.on_put_key,
            RemoveProviderKey: self.on_remove_key,
            OpenProviderKey: self.on_open_key,
        }

    async def on_list(self, request: ListProviders) -> Providers:
        return Providers(
            items=tuple(self.stored[name] for name in sorted(self.stored)),
            keys=tuple(
                KeyState(
                    provider_id=name,
                    registered=name in self.stored,
                    key=StoredKey(revision=1, changed_at=CHANGED_AT),
                    permit=f"permit for {name}",
                )
                for name in sorted(self.keys)
            ),
            recipient=self.recipient and self.recipient.public_key,
        )

    async def on_put_key(self, request: PutProviderKey) -> StoredKey:
        assert self.recipient is not None
        self.puts.append(request)
        self.keys[request.provider_id] = self.recipient.open(request.sealed, PROVIDER_KEY_PURPOSE)
        return StoredKey(revision=1, changed_at=CHANGED_AT)

    async def on_remove_key(self, request: RemoveProviderKey) -> StoredKey:
        if request.provider_id not in self.keys:
            raise _no_stored_key()
        del self.keys[request.provider_id]
        return StoredKey(revision=1, changed_at=CHANGED_AT)

    async def on_open_key(self, request: OpenProviderKey) -> SealedKey:
        self.openings.append(request)
        if self.unavailable:
            self.unavailable -= 1
            raise ProblemError(Problem(code="ledger_unavailable", title="No Postgres", status=503))
        if request.provider_id not in self.keys:
            raise _no_stored_key()
        secret = self.keys[request.provider_id]
        return SealedKey(sealed=seal(secret, request.recipient, PROVIDER_KEY_PURPOSE), revision=1)

    async def on_put(self, request: PutProvider) -> RegisteredProvider:
        found = self.stored.get(request.provider_id)
        if (found.revision if found else 0) != request.revision:
            raise ProblemError(Problem(code="provider_changed", title="It was changed", status=409))
        self.stored[request.provider_id] = made = RegisteredProvider(
            provider_id=request.provider_id,
            provider=request.provider,
            revision=request.revision + 1,
            changed_at=datetime.now(UTC),
        )
        return made

    async def on_remove(self, request: RemoveProvider) -> RegisteredProvider:
        if request.provider_id not in self.stored:
            raise ProblemError(Problem(code="unknown_provider", title="Unknown provider", status=404))
        return self.stored.pop(request.provider_id)


def _no_stored_key() -> ProblemError:
    return ProblemError(Problem(code="no_stored_key", title="No stored key", status=404))
