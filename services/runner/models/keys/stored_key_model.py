"""Models that are called with a stored key: it is in this process only while a try or a question needs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from services.runner.errors import AuthenticationFailed
from services.runner.models.keys.stored_keys import OpenedKey
from services.runner.models.protocol import Completion, ModelRequest, OnText, OnWait, ignore_text, loaded
from services.runner.models.provider_client import ProviderClient


@dataclass
class _Shared:
    client: ProviderClient
    users: int = 0


class StoredKeyClients:
    """A provider's clients by key, shared by all that use the same one, and closed with the last of them. ``connect``
    opens a client with a key."""

    def __init__(self, connect: Callable[[str], Awaitable[ProviderClient]]) -> None:
        self._connect = connect
        self._shared: dict[str, _Shared] = {}
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def using(self, key: OpenedKey) -> AsyncGenerator[ProviderClient]:
        client = await self.acquire(key)
        try:
            yield client
        finally:
            await self.release(key)

    async def acquire(self, key: OpenedKey) -> ProviderClient:
        async with self._lock:
            shared = self._shared.get(key.secret)
            if shared is None:
                shared = self._shared[key.secret] = _Shared(await self._connect(key.secret))
            shared.users += 1
            return shared.client

    async def release(self, key: OpenedKey) -> None:
        async with self._lock:
            shared = self._shared[key.secret]
            shared.users -= 1
            if shared.users:
                return
            del self._shared[key.secret]
        await shared.client.close()


class StoredKeyModel:
    """A model for one try. If its key is refused, the key may have been replaced since the try began: it is asked for
    again, and a new one is tried once."""

    def __init__(self, name: str, clients: StoredKeyClients, open_key: Callable[[], Awaitable[OpenedKey]]) -> None:
        self._name, self._clients, self._open_key = name, clients, open_key
        self._used: dict[str, tuple[OpenedKey, ProviderClient]] = {}
        self._key: OpenedKey | None = None
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Raises AuthenticationFailed if there is no key, or CallMisconfigured if it cannot be used."""
        key = await self._open_key()
        if key.secret not in self._used:
            self._used[key.secret] = (key, await self._clients.acquire(key))
        self._key = key

    def loaded(self, on_wait: OnWait) -> AbstractAsyncContextManager[None]:
        """Surrounds a request: see LoadableModel."""
        return loaded(self._current()[1].model(self._name), on_wait)

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        key, client = self._current()
        try:
            return await client.model(self._name).complete(request, on_text, on_reasoning)
        except AuthenticationFailed:
            if not await self._was_replaced(key):
                raise
        _, client = self._current()
        return await client.model(self._name).complete(request, on_text, on_reasoning)

    async def close(self) -> None:
        used, self._used, self._key = self._used, {}, None
        for key, _ in used.values():
            await self._clients.release(key)

    def _current(self) -> tuple[OpenedKey, ProviderClient]:
        assert self._key is not None, "complete() before open() or after close()"
        return self._used[self._key.secret]

    async def _was_replaced(self, refused: OpenedKey) -> bool:
        async with self._lock:
            if self._current()[0] is refused:
                await self.open()
            return self._current()[0].secret != refused.secret
