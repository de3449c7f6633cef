"""Model providers: how they are reached, what they allow, and their models.

They come from the catalogue's ``models.yaml``, or from the ledger, which stores those added with ``assay models add``.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.models import Capabilities, Origin, Parameters
from assay.contracts.money import TokenPrice

PROVIDER_KEY_PURPOSE = "provider key"
"""What keys are sealed for, to the ledger and to runners."""
ProviderId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
ListedModelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:@/-]+$", max_length=150)]
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=300)]
EnvName = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)]


class ProviderKind(StrEnum):
    OPENAI = "openai"
    """An OpenAI-compatible HTTP endpoint."""
    AZURE = "azure"
    """Azure OpenAI, whose models are deployments."""
    ANTHROPIC = "anthropic"
    """Anthropic's Messages API."""
    GOOGLE = "google"
    """Google's Gemini API."""
    OLLAMA = "ollama"
    """Ollama's own API, which takes all options of a model."""
    LMSTUDIO = "lmstudio"
    """LM Studio: its OpenAI-compatible API, and its own to load and unload models."""
    TRANSFORMERS = "transformers"
    """``transformers serve``, started by the model host; tokens are free."""
    EMBEDDED = "embedded"
    """The model host on this machine; tokens are free."""
    BUILTIN = "builtin"
    """No model is called."""


class Api(StrEnum):
    """Which of OpenAI's two APIs a provider's models are called by."""

    CHAT_COMPLETIONS = "chat_completions"
    RESPONSES = "responses"


class Cloud(StrEnum):
    """A cloud that serves the models of another company. Credentials come from the cloud's own environment."""

    BEDROCK = "bedrock"
    """Claude on AWS: AWS_* variables, a profile or a role."""
    VERTEX = "vertex"
    """Claude and Gemini on Google Cloud: Application Default Credentials."""


CLOUD_KINDS = {
    Cloud.BEDROCK: frozenset((ProviderKind.ANTHROPIC,)),
    Cloud.VERTEX: frozenset((ProviderKind.ANTHROPIC, ProviderKind.GOOGLE)),
}


class ProviderOptions(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only some kinds of provider have."""

    api: Api = Api.CHAT_COMPLETIONS
    """For kinds ``openai`` and ``azure``."""
    api_version: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    """For kind ``azure``."""
    entra: bool = False
    """For kind ``azure``: log in with Microsoft Entra instead of a key."""
    cloud: Cloud | None = None
    """For kinds ``anthropic`` and ``google``; None: the company's own API."""
    region: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,50}$")] | None = None
    """Of the cloud. None: from its environment, and at Vertex else ``global``."""
    project: Annotated[str, Meta(pattern=r"^[a-z0-9.:-]{1,100}$")] | None = None
    """At Vertex. None: from its environment."""
    unload_after_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    """For kind ``lmstudio``: how long a model that no attempt uses stays loaded."""


class ModelEntry(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of a provider. ``parameters`` are defaults; a run's parameters override them. ``price`` is for models
    that neither ``prices.yaml`` nor the price database knows."""

    name: ListedModelName
    title: str = ""
    parameters: Parameters = Parameters()
    capabilities: Capabilities = Capabilities()
    price: TokenPrice | None = None


class Provider(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``base_url_env`` names a variable that overrides ``base_url``. Its key is read from the variable ``api_key_env``
    of the runners or, if that is not set there, is the one that the ledger stores; ``stored_key`` is for providers
    without such a variable. ``local`` is for servers in one's own network, which providers in the ledger cannot reach
    otherwise; tokens are free, except those of models with a ``price``. ``prices`` is the provider's name in the price
    database, where it differs. ``concurrency``, ``requests_per_minute`` and ``tokens_per_minute`` are limits for all
    runners together. ``max_outage_seconds`` is how long requests wait while the provider is down; None: as long as the
    run may last."""

    kind: ProviderKind
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    base_url: BaseUrl | None = None
    base_url_env: EnvName | None = None
    api_key_env: EnvName | None = None
    stored_key: bool = False
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] = 4
    requests_per_minute: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    tokens_per_minute: Annotated[int, Meta(ge=1, le=100_000_000_000)] | None = None
    max_outage_seconds: Annotated[float, Meta(ge=0, le=2_592_000)] | None = None
    any_model: bool = False
    local: bool = False
    prices: str | None = None
    options: ProviderOptions = ProviderOptions()
    models: tuple[ModelEntry, ...] = ()

    @property
    def takes_key(self) -> bool:
        return self.stored_key or self.api_key_env is not None

    @property
    def max_attempts(self) -> int:
        """How many attempts may run at once; 0 means no limit. A model on this machine often answers faster than the
        next attempt is dispatched, so twice its concurrency keeps it busy."""
        if self.kind is ProviderKind.BUILTIN:
            return 0
        return self.concurrency * (2 if self.kind is ProviderKind.EMBEDDED else 1)

    @property
    def one_model_at_a_time(self) -> bool:
        """Whether it loads models into the memory of one machine, and has room for one."""
        return self.kind in (ProviderKind.LMSTUDIO, ProviderKind.TRANSFORMERS)

    def entry(self, name: str) -> ModelEntry | None:
        """The model called ``name`` (without the provider); with ``any_model``, also an unlisted one."""
        listed = next((model for model in self.models if model.name == name), None)
        return listed or (ModelEntry(name=name) if self.any_model and name else None)


HOSTED = frozenset((ProviderKind.EMBEDDED, ProviderKind.TRANSFORMERS))
"""Kinds whose models the model host serves. Their tokens are free."""

PULLING = frozenset((ProviderKind.OLLAMA,))
"""Kinds whose servers download models on request."""

NEEDS_ADDRESS = frozenset((ProviderKind.OPENAI, ProviderKind.AZURE, ProviderKind.OLLAMA, ProviderKind.LMSTUDIO))
"""Kinds whose SDKs have no address of their own."""


class RegisteredProvider(Data, frozen=True, kw_only=True):
    """A provider in the ledger. ``revision`` counts its changes, from 1."""

    provider_id: ProviderId
    provider: Provider
    revision: int
    changed_at: datetime


class StoredKey(Data, frozen=True, kw_only=True):
    """What is known of a key that the ledger stores; the key itself is never shown. ``revision`` counts its changes,
    from 1. ``last_used_at`` is accurate to a minute; None: not used yet."""

    revision: int
    changed_at: datetime
    last_used_at: datetime | None = None


class ProviderView(Data, frozen=True, kw_only=True):
    """``revision`` and ``changed_at`` belong to providers of the database. ``hidden`` is set if a provider of the file
    has the same id, and is used instead. ``key`` is None if the ledger stores no key for the provider."""

    provider_id: ProviderId
    origin: Origin
    provider: Provider
    revision: int = 0
    changed_at: datetime | None = None
    hidden: bool = False
    key: StoredKey | None = None
