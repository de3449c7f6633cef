"""Model providers in the fake ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assay.contracts.problems import Problem, ProblemError
from assay.contracts.providers import RegisteredProvider
from assay.contracts.rpc import ListProviders, Providers, PutProvider, RemoveProvider


class FakeProviders:
    def __init__(self) -> None:
        self.stored: dict[str, RegisteredProvider] = {}

    def handlers(self) -> dict[Any, Any]:
        return {ListProviders: self.on_list, PutProvider: self.on_put, RemoveProvider: self.on_remove}

    async def on_list(self, request: ListProviders) -> Providers:
        return Providers(items=tuple(self.stored[name] for name in sorted(self.stored)))

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
