"""The registry of models, ``models.yaml``: who serves them, where, and with whose key.

Built in, and not in the file: the baselines ``oracle`` and ``nop``, and ``scripted/<name>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, field

from assay.catalog.errors import UnknownModel, UnknownProvider
from assay.catalog.tasks.manifest import Title
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document, read_document
from assay.contracts.codec import Data
from assay.contracts.models import ModelName, Parameters

ProviderId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
EnvName = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$")]


class ProviderKind(StrEnum):
    """How a provider's models are reached."""

    OPENAI = "openai"
    """By OpenAI's HTTP dialect, at an address."""
    EMBEDDED = "embedded"
    """On this machine, by the model host; tokens cost nothing."""
    BUILTIN = "builtin"
    """Without any model."""


class ModelEntry(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of a provider. ``parameters`` are used where a run sets none."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:@/-]+$", max_length=150)]
    title: str = ""
    parameters: Parameters = Parameters()


class Provider(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``base_url_env`` names a variable that, where set, replaces ``base_url``; keys are only ever in variables.
    ``local`` says that tokens cost nothing; ``prices`` is the provider's name in the price database, if another.
    ``concurrency``, ``requests_per_minute`` and ``tokens_per_minute`` are what it allows all runners together."""

    kind: ProviderKind
    title: Title
    base_url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=300)] | None = None
    base_url_env: EnvName | None = None
    api_key_env: EnvName | None = None
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] = 4
    requests_per_minute: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    tokens_per_minute: Annotated[int, Meta(ge=1, le=100_000_000_000)] | None = None
    any_model: bool = False
    local: bool = False
    prices: str | None = None
    models: tuple[ModelEntry, ...] = ()

    @property
    def max_attempts(self) -> int:
        """How many attempts may be under way with it; 0 is no bound. A model on this machine often answers before the
        next attempt would be handed out, so that twice as many are at hand as are answered at once."""
        if self.kind is ProviderKind.BUILTIN:
            return 0
        return self.concurrency * (2 if self.kind is ProviderKind.EMBEDDED else 1)

    def entry(self, name: str) -> ModelEntry | None:
        """The model called ``name`` (without its provider); with ``any_model`` also one that is not listed."""
        listed = next((model for model in self.models if model.name == name), None)
        return listed or (ModelEntry(name=name) if self.any_model and name else None)


class ModelsFile(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    providers: dict[ProviderId, Provider] = field(default_factory=dict[str, Provider])


BASELINES = {
    "oracle": Provider(kind=ProviderKind.BUILTIN, title="Hands in the reference solution"),
    "nop": Provider(kind=ProviderKind.BUILTIN, title="Hands in nothing"),
}
"""Models that are no models, named without a provider: the best and the least that a task can be given."""

SCRIPTED = "scripted"


class Registry:
    """Every provider and its models, those of the file and those built in."""

    def __init__(self, providers: Mapping[str, Provider], scripts: Iterable[str]) -> None:
        stored = Provider(
            kind=ProviderKind.BUILTIN,
            title="Stored responses",
            models=tuple(ModelEntry(name=name) for name in scripts),
        )
        self.providers = {**BASELINES, **providers, SCRIPTED: stored}

    def names(self) -> list[ModelName]:
        """Every model there is a name for: baselines, then the file's in its order, then scripts."""
        named = [
            f"{provider_id}/{model.name}"
            for provider_id, provider in self.providers.items()
            for model in provider.models
        ]
        return [*BASELINES, *named]

    def provider(self, name: ModelName) -> Provider:
        """The provider of a model; UnknownProvider when there is none of that name."""
        provider_id = name.partition("/")[0]
        if provider_id not in self.providers:
            raise UnknownProvider(provider_id, self.providers)
        return self.providers[provider_id]

    def entry(self, name: ModelName) -> ModelEntry:
        """The model of that full name; UnknownModel or UnknownProvider with the near match."""
        provider_id, slash, model = name.partition("/")
        if name in BASELINES:
            return ModelEntry(name=name)
        if not slash or provider_id in BASELINES:
            raise UnknownModel(name, self.names())
        entry = self.provider(name).entry(model)
        if entry is None:
            raise UnknownModel(name, self.names())
        return entry


def load_registry(path: Path, file: str, scripts: Iterable[str]) -> Registry:
    """The registry at ``path`` (only what is built in, where there is no such file); InvalidCatalog with every mistake.
    ``scripts`` are the names of the stored responses."""
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
        document.add_mistake((*at, "kind"), "only what is built in is of kind 'builtin'")
    if provider.kind is ProviderKind.OPENAI and not (provider.base_url or provider.base_url_env):
        document.add_mistake((*at, "base_url"), "is missing; a provider of kind 'openai' answers at an address")
    if not provider.models and not provider.any_model:
        document.add_mistake((*at, "models"), "is missing; list models, or set any_model: true")
    names = [model.name for model in provider.models]
    for index, model in enumerate(names):
        if model in names[:index]:
            document.add_mistake((*at, "models", index, "name"), f"{model!r} is listed twice")
