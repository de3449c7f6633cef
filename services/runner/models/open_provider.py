"""One provider as the runner uses it: its clients and its rate limiter, which all tries share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc
from assay.catalog.models import address_mistake
from assay.contracts.models import Parameters
from assay.contracts.problems import ProblemError
from assay.contracts.providers import HOSTED, NEEDS_ADDRESS, Provider, ProviderKind
from assay.contracts.rpc import GetModelUse, ModelEndpoint, OfferedModel
from services.runner.errors import CallMisconfigured
from services.runner.models.hosted.local import LocalModel
from services.runner.models.hosted.transformers import TransformersModel
from services.runner.models.http.address_policy import AddressPolicy, Network
from services.runner.models.keys.environment import environment_key, missing_key
from services.runner.models.keys.stored_key_model import StoredKeyClients, StoredKeyModel
from services.runner.models.keys.stored_keys import KeyAccess, OpenedKey, StoredKeys
from services.runner.models.protocol import Model
from services.runner.models.provider_client import (
    NO_KEY,
    Connection,
    OnPullProgress,
    ProviderClient,
    PullingClient,
    open_client,
)
from services.runner.models.sent_parameters import ParameterMistake
from services.runner.rate_limiter import ModelLimiter, RateLimiter


async def _nothing_to_close() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class ModelHandle:
    """A model, with its rate limiter. Call ``close`` once after use."""

    model: Model
    rate_limiter: ModelLimiter
    close: Callable[[], Awaitable[None]] = _nothing_to_close


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """What providers need from the runner. ``local_networks``: where those of the ledger may be if they are local."""

    rpc: Rpc
    environment: Mapping[str, str]
    read_timeout_seconds: float
    host_wait_seconds: float
    local_networks: Sequence[Network] = ()


class OpenProvider:
    """``registered``: the provider is in the ledger, so users of the API have chosen its address."""

    def __init__(
        self,
        provider_id: str,
        provider: Provider,
        rate_limiter: RateLimiter,
        dependencies: Dependencies,
        *,
        registered: bool,
    ) -> None:
        self.provider, self.rate_limiter = provider, rate_limiter
        self._id, self._dependencies = provider_id, dependencies
        chosen_by_user = registered and provider.kind not in HOSTED
        self._policy = _policy(provider, dependencies.local_networks) if chosen_by_user else None
        self._models: dict[str, Model] = {}
        self._clients: dict[str, ProviderClient] = {}
        self._stored_keys: StoredKeys | None = None
        self._stored_key_clients = StoredKeyClients(self._connect)
        self._users, self._retired = 0, False

    async def open(self, model: str, access: KeyAccess) -> ModelHandle:
        """``access`` opens a stored key. Raises CallMisconfigured if the model cannot be called."""
        limiter = self.rate_limiter.model(model)
        if model not in self._models and access and self._key() is None:
            keyed = StoredKeyModel(model, self._stored_key_clients, partial(self._open_key, access))
            await keyed.open()
            handle = ModelHandle(model=keyed, rate_limiter=limiter, close=partial(self._close_handle, keyed))
        else:
            if model not in self._models:
                self._models[model] = await self._open_model(model)
            handle = ModelHandle(model=self._models[model], rate_limiter=limiter, close=self._close_handle)
        self._users += 1
        return handle

    async def parameter_mistakes(
        self, model: str, parameters: Parameters, *, has_stored_key: bool
    ) -> list[ParameterMistake]:
        """Raises CallMisconfigured like ``open``; ``has_stored_key`` replaces the access."""
        if self.provider.kind in HOSTED:
            return []
        key = self._key()
        if key is None and not has_stored_key:
            raise self._missing_key()
        if key is not None:
            return (await self._client(self._address(), key)).parameter_mistakes(model, parameters)
        client = await self._connect(NO_KEY)
        try:
            return client.parameter_mistakes(model, parameters)
        finally:
            await client.close()

    async def offered(self, access: KeyAccess) -> list[OfferedModel]:
        """The models that the provider lists. Raises CallFailed."""
        if self.provider.kind in HOSTED:
            return [OfferedModel(name=model.name, detail=model.title) for model in self.provider.models]
        async with self._client_for(access) as client:
            return await client.offered()

    async def pull(self, model: str, on_progress: OnPullProgress, access: KeyAccess) -> None:
        """Returns when the model is installed. Raises CallFailed."""
        async with self._client_for(access) as client:
            assert isinstance(client, PullingClient)
            await client.pull(model, on_progress)

    async def retire(self) -> None:
        """Another entry has replaced the provider's: close the connections once nobody uses them."""
        self._retired = True
        if not self._users:
            await self.close()

    async def close(self) -> None:
        """Closes all connections that no stored key's user holds."""
        clients, self._clients, self._models = self._clients, {}, {}
        for client in clients.values():
            await client.close()

    async def _close_handle(self, keyed: StoredKeyModel | None = None) -> None:
        if keyed is not None:
            await keyed.close()
        await self._leave()

    async def _leave(self) -> None:
        self._users -= 1
        if self._retired and not self._users:
            await self.close()

    async def _open_model(self, model: str) -> Model:
        if self.provider.kind in HOSTED:
            of_kind = LocalModel if self.provider.kind is ProviderKind.EMBEDDED else TransformersModel
            return of_kind(model, self._dependencies.rpc, self._open_hosted, self._dependencies.host_wait_seconds)
        key = self._key()
        if key is None:
            raise self._missing_key()
        return (await self._client(self._address(), key)).model(model)

    async def _open_hosted(self, endpoint: ModelEndpoint) -> Model:
        return (await self._client(endpoint.base_url, NO_KEY)).model(endpoint.model)

    @asynccontextmanager
    async def _client_for(self, access: KeyAccess) -> AsyncGenerator[ProviderClient]:
        """For one question."""
        self._users += 1
        try:
            key = self._key()
            if key is not None:
                yield await self._client(self._address(), key)
                return
            if not access:
                raise self._missing_key()
            async with self._stored_key_clients.using(await self._open_key(access)) as client:
                yield client
        finally:
            await self._leave()

    async def _client(self, address: str | None, key: str) -> ProviderClient:
        client = self._clients.get(address or "")
        if client is None:
            client = self._clients[address or ""] = await self._connect(key, address)
        return client

    async def _connect(self, key: str, address: str | None = None) -> ProviderClient:
        connection = Connection(
            base_url=address or self._address(),
            api_key=key,
            connections=self.provider.concurrency,
            reuse=self.provider.kind is not ProviderKind.EMBEDDED,  # llama.cpp closes after a streamed reply
            read_timeout_seconds=self._dependencies.read_timeout_seconds,
            options=self.provider.options,
            policy=self._policy,
            attempts_of=self._attempts_of,
        )
        return await open_client(self.provider.kind, connection)

    async def _attempts_of(self, model: str) -> int | None:
        try:
            return (await self._dependencies.rpc.request(GetModelUse(model=f"{self._id}/{model}"))).attempts
        except (BusError, ProblemError):
            return None

    async def _open_key(self, access: KeyAccess) -> OpenedKey:
        if self._stored_keys is None:
            self._stored_keys = StoredKeys(self._dependencies.rpc)
        opened = await self._stored_keys.open(self._id, self.provider.base_url, access)
        if opened is None:
            raise self._missing_key()
        return opened

    def _key(self) -> str | None:
        """None: only the ledger may have one. Raises AuthenticationFailed if the environment's cannot be read."""
        if not self.provider.takes_key:
            return NO_KEY
        return environment_key(self._id, self.provider, self._dependencies.environment) or None

    def _missing_key(self) -> CallMisconfigured:
        return missing_key(self._id, self.provider, self._dependencies.environment)

    def _address(self) -> str | None:
        """None: the one that the provider's SDK knows."""
        provider = self.provider
        address = self._dependencies.environment.get(provider.base_url_env or "", "").strip() or provider.base_url
        if not address and provider.kind in NEEDS_ADDRESS:
            raise CallMisconfigured(
                f"provider {self._id!r} has no address: set {provider.base_url_env} in the runner's environment"
            )
        if address and (mistake := address_mistake(address)):
            raise CallMisconfigured(f"the address of provider {self._id!r} {mistake}")
        return address or None


def _policy(provider: Provider, local_networks: Sequence[Network]) -> AddressPolicy:
    if provider.local:
        remedy = "the administrator of the runners allows such addresses with ASSAY_LOCAL_NETWORKS"
        return AddressPolicy(networks=tuple(local_networks), remedy=remedy)
    return AddressPolicy(
        remedy="only a provider that is marked local (`assay models edit MODEL --local`) may be in a network that the "
        "runners' ASSAY_LOCAL_NETWORKS allows"
    )
