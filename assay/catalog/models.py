"""The model registry, ``models.yaml``: providers, their addresses and the variables that hold their keys.

The baselines ``oracle`` and ``nop``, and ``scripted/<name>``, are built in and not part of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, field
from msgspec.structs import replace

from assay.catalog.errors import UnknownModel, UnknownProvider
from assay.catalog.formats import BaseUrl, EnvName, ListedModelName, ProviderId, Title
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import read_document
from assay.contracts.codec import Data
from assay.contracts.models import Capabilities, ModelName, Parameters


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
    EMBEDDED = "embedded"
    """The model host on this machine; tokens are free."""
    BUILTIN = "builtin"
    """No model is called."""


class Api(StrEnum):
    """Which of OpenAI's two APIs a provider's models are called by."""

    CHAT_COMPLETIONS = "chat_completions"
    RESPONSES = "responses"


class ProviderOptions(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only some kinds of provider have."""

    api: Api = Api.CHAT_COMPLETIONS
    """For kinds ``openai`` and ``azure``."""
    api_version: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    """For kind ``azure``."""
    entra: bool = False
    """For kind ``azure``: log in with Microsoft Entra instead of a key."""


class ModelEntry(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of a provider. ``parameters`` are defaults; a run's parameters override them."""

    name: ListedModelName
    title: str = ""
    parameters: Parameters = Parameters()
    capabilities: Capabilities = Capabilities()


class Provider(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``base_url_env`` names a variable that overrides ``base_url``; keys are only read from variables. With ``local``,
    tokens are free. ``prices`` is the provider's name in the price database, where it differs. ``concurrency``,
    ``requests_per_minute`` and ``tokens_per_minute`` are limits for all runners together. ``max_outage_seconds`` is how
    long requests wait while the provider is down; None: as long as the run may last."""

    kind: ProviderKind
    title: Title
    base_url: BaseUrl | None = None
    base_url_env: EnvName | None = None
    api_key_env: EnvName | None = None
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
    def max_attempts(self) -> int:
        """How many attempts may run at once; 0 means no limit. A model on this machine often answers faster than the
        next attempt is dispatched, so twice its concurrency keeps it busy."""
        if self.kind is ProviderKind.BUILTIN:
            return 0
        return self.concurrency * (2 if self.kind is ProviderKind.EMBEDDED else 1)

    def entry(self, name: str) -> ModelEntry | None:
        """The model called ``name`` (without the provider); with ``any_model``, also an unlisted one."""
        listed = next((model for model in self.models if model.name == name), None)
        return listed or (ModelEntry(name=name) if self.any_model and name else None)


NEEDS_ADDRESS = frozenset((ProviderKind.OPENAI, ProviderKind.AZURE, ProviderKind.OLLAMA))
"""Kinds whose SDKs have no address of their own."""


class ModelsFile(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    providers: dict[ProviderId, Provider] = field(default_factory=dict[str, Provider])


BASELINES = {
    "oracle": Provider(kind=ProviderKind.BUILTIN, title="Submits the reference solution"),
    "nop": Provider(kind=ProviderKind.BUILTIN, title="Submits nothing"),
}
"""Baselines, named without a provider: the best and the worst submission to a task."""

SCRIPTED = "scripted"


class Registry:
    """All providers and their models, from the file and built in."""

    def __init__(self, providers: Mapping[str, Provider], scripts: Iterable[str]) -> None:
        stored = Provider(
            kind=ProviderKind.BUILTIN,
            title="Stored responses",
            models=tuple(ModelEntry(name=name) for name in scripts),
        )
        self.providers = {**BASELINES, **providers, SCRIPTED: stored}

    def names(self) -> list[ModelName]:
        """All listed models: baselines, then those of the file in its order, then scripts."""
        named = [
            f"{provider_id}/{model.name}"
            for provider_id, provider in self.providers.items()
            for model in provider.models
        ]
        return [*BASELINES, *named]

    def provider(self, name: ModelName) -> Provider:
        """The provider of a model; raises UnknownProvider."""
        provider_id = name.partition("/")[0]
        if provider_id not in self.providers:
            raise UnknownProvider(provider_id, self.providers)
        return self.providers[provider_id]

    def entry(self, name: ModelName) -> ModelEntry:
        """The model of that full name; raises UnknownModel or UnknownProvider with a suggestion."""
        provider_id, slash, model = name.partition("/")
        if name in BASELINES:
            return ModelEntry(name=name)
        if not slash or provider_id in BASELINES:
            raise UnknownModel(name, self.names())
        entry = self.provider(name).entry(model)
        if entry is None:
            raise UnknownModel(name, self.names())
        return entry

    def capabilities(self, name: ModelName) -> Capabilities:
        """What the registry knows of a model; raises UnknownModel or UnknownProvider."""
        known = self.entry(name).capabilities
        embedded = self.provider(name).kind is ProviderKind.EMBEDDED
        return replace(known, vision=False) if embedded else known


def load_registry(path: Path, file: str, scripts: Iterable[str]) -> Registry:
    """The registry at ``path``, or only the built-in models when there is no such file. Raises InvalidCatalog with
    every mistake. ``scripts`` are the names of the stored responses."""
    if not path.is_file():
        return Registry({}, scripts)
    document = read_document(path, file)
    models = decode_document(document, ModelsFile) if document.value is not None else None
    providers = models.providers if models else {}
    for name, provider in providers.items():
        _check(document, name, provider)
    document.raise_mistakes()
    return Registry(providers, scripts)


def _check(document: Document, name: str, provider: Provider) -> None:
    at = ("providers", name)
    if name in BASELINES or name == SCRIPTED:
        document.add_mistake(at, f"provider {name!r} is built in; choose another name")
    if provider.kind is ProviderKind.BUILTIN:
        document.add_mistake((*at, "kind"), "kind 'builtin' is reserved for built-in providers")
    if provider.kind in NEEDS_ADDRESS and not (provider.base_url or provider.base_url_env):
        document.add_mistake((*at, "base_url"), f"is missing; kind '{provider.kind}' needs base_url or base_url_env")
    if not provider.models and not provider.any_model:
        document.add_mistake((*at, "models"), "is missing; list models, or set any_model: true")
    seen: set[str] = set()
    for index, model in enumerate(provider.models):
        if model.name in seen:
            document.add_mistake((*at, "models", index, "name"), f"{model.name!r} is listed twice")
        if provider.kind is ProviderKind.EMBEDDED and model.capabilities.vision:
            where = (*at, "models", index, "capabilities", "vision")
            document.add_mistake(where, "models of kind 'embedded' accept no images; remove it")
        seen.add(model.name)
