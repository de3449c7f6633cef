"""Clients of providers: one module per family of APIs, imported when the first model of the family is opened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, runtime_checkable

from assay.contracts.models import Parameters
from assay.contracts.providers import Cloud, ProviderKind, ProviderOptions
from assay.contracts.rpc import OfferedModel
from services.runner.errors import CallMisconfigured
from services.runner.models.http.address_policy import AddressPolicy
from services.runner.models.protocol import READ_TIMEOUT_SECONDS, Model
from services.runner.models.sent_parameters import ParameterMistake

NO_KEY = "none"
"""For endpoints without keys, because SDKs require one."""
NO_OPTIONS = ProviderOptions()
OnPullProgress = Callable[[str, int, int], None]
"""Called with the current step, and the bytes of all files known so far: those that are there, and all."""


async def _unknown(model: str) -> None:
    """The ledger is not asked."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to reach a provider. ``base_url`` None: the SDK's own. ``reuse`` False: each request has a connection of its
    own, for servers that close them without saying so. ``policy`` None: any address may be connected to."""

    base_url: str | None
    api_key: str
    connections: int = 4
    reuse: bool = True
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS
    options: ProviderOptions = NO_OPTIONS
    policy: AddressPolicy | None = None
    attempts_of: Callable[[str], Awaitable[int | None]] = _unknown
    """How many attempts of one of the provider's models are queued or running, over all runners; None: unknown."""


class ProviderClient(Protocol):
    """Holds a provider's connections, which all its models share."""

    def model(self, name: str) -> Model: ...

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        """Parameters that its API does not accept. Those that only reasoning models refuse are no mistakes: requests
        are sent without them."""
        ...

    async def offered(self) -> list[OfferedModel]:
        """The models that the provider lists, by name. Raises CallFailed."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class PullingClient(Protocol):
    """Of a provider that downloads models on request."""

    async def pull(self, name: str, on_progress: OnPullProgress) -> None:
        """Returns when the model is installed. Raises CallFailed."""
        ...


_MODULES = {
    ProviderKind.OPENAI: "services.runner.models.openai.client",
    ProviderKind.EMBEDDED: "services.runner.models.openai.client",
    ProviderKind.TRANSFORMERS: "services.runner.models.openai.client",
    ProviderKind.AZURE: "services.runner.models.openai.azure_client",
    ProviderKind.ANTHROPIC: "services.runner.models.anthropic.client",
    ProviderKind.GOOGLE: "services.runner.models.google.client",
    ProviderKind.OLLAMA: "services.runner.models.ollama.client",
    ProviderKind.LMSTUDIO: "services.runner.models.lmstudio.client",
}
_CLAUDE_MODULES = {
    Cloud.BEDROCK: "services.runner.models.anthropic.bedrock_client",
    Cloud.VERTEX: "services.runner.models.anthropic.vertex_client",
}
_EXTRAS = {kind: kind.value for kind in (ProviderKind.ANTHROPIC, ProviderKind.GOOGLE, ProviderKind.OLLAMA)}


async def open_client(kind: ProviderKind, connection: Connection) -> ProviderClient:
    """Raises CallMisconfigured if the family's library is not installed.

    SDKs are imported in a thread: that takes 0.5 s, on a busy machine seconds, in which leases would expire."""
    name, extra, cloud = _MODULES[kind], _EXTRAS.get(kind, "runner"), connection.options.cloud
    if kind is ProviderKind.ANTHROPIC and cloud:
        name, extra = _CLAUDE_MODULES[cloud], cloud.value
    try:
        module = await asyncio.to_thread(import_module, name)
    except ModuleNotFoundError as error:
        described = f"{kind.value!r} at {cloud.value!r}" if cloud else repr(kind.value)
        raise CallMisconfigured(
            f"providers of kind {described} need a library that this runner lacks: {error}; install it with "
            f"pip install 'assay[{extra}]'"
        ) from error
    return module.open_client(connection)
