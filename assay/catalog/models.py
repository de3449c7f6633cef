"""The model registry: providers, their addresses and the variables that hold their keys.

They are listed in ``models.yaml``, or registered in the ledger. The baselines ``oracle`` and ``nop``, and
``scripted/<name>``, are built in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import field
from msgspec.structs import replace

from assay.catalog.errors import UnknownModel, UnknownProvider
from assay.catalog.prices.rates import amount_mistakes
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import FieldPath
from assay.catalog.yaml.parse import read_document
from assay.contracts.codec import Data
from assay.contracts.models import SCRIPTED, Capabilities, ModelName, Origin
from assay.contracts.providers import (
    CLOUD_KINDS,
    NEEDS_ADDRESS,
    PULLING,
    ModelEntry,
    Provider,
    ProviderId,
    ProviderKind,
)


class ModelsFile(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    providers: dict[ProviderId, Provider] = field(default_factory=dict[str, Provider])


BASELINES = {
    "oracle": Provider(kind=ProviderKind.BUILTIN, title="Submits the reference solution"),
    "nop": Provider(kind=ProviderKind.BUILTIN, title="Submits nothing"),
}
"""Baselines, named without a provider: the best and the worst submission to a task."""


KEY_PREFIX = "MODEL_KEY_"
"""Of the variables that registered providers can read their keys from."""


class Registry:
    """All providers and their models: built in, from the file, and from the ledger (``registered``). If the file and
    the ledger have the same provider, the file's is used."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        scripts: Iterable[str],
        registered: Mapping[str, Provider] | None = None,
    ) -> None:
        self._file, self._scripts = providers, tuple(scripts)
        stored = Provider(
            kind=ProviderKind.BUILTIN,
            title="Stored responses",
            models=tuple(ModelEntry(name=name) for name in self._scripts),
        )
        self._registered = {name: each for name, each in (registered or {}).items() if not is_reserved(name, providers)}
        self.providers = {**BASELINES, **providers, **self._registered, SCRIPTED: stored}

    def with_registered(self, registered: Mapping[str, Provider]) -> Registry:
        return Registry(self._file, self._scripts, registered) if registered else self

    def origin(self, provider_id: str) -> Origin:
        if provider_id in self._registered:
            return Origin.DATABASE
        return Origin.FILE if provider_id in self._file else Origin.BUILTIN

    def names(self) -> list[ModelName]:
        """All listed models: baselines, then those of the file in its order, registered ones, scripts."""
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
        for at, message in provider_mistakes(name, provider):
            document.add_mistake(("providers", name, *at), message)
    document.raise_mistakes()
    return Registry(providers, scripts)


def is_reserved(provider_id: str, providers: Mapping[str, Provider]) -> bool:
    """Whether the id belongs to a built-in provider or to one of the file's ``providers``."""
    return provider_id in BASELINES or provider_id == SCRIPTED or provider_id in providers


def provider_mistakes(provider_id: str, provider: Provider) -> Iterator[tuple[FieldPath, str]]:
    """The place of each mistake within the provider, and a message."""
    if provider_id in BASELINES or provider_id == SCRIPTED:
        yield (), f"provider {provider_id!r} is built in; choose another name"
    if provider.kind is ProviderKind.BUILTIN:
        yield ("kind",), "kind 'builtin' is reserved for built-in providers"
    if provider.kind in NEEDS_ADDRESS and not (provider.base_url or provider.base_url_env):
        yield ("base_url",), f"is missing; kind '{provider.kind}' needs base_url or base_url_env"
    if provider.base_url and (mistake := address_mistake(provider.base_url)):
        yield ("base_url",), mistake
    if not provider.models and not provider.any_model:
        yield ("models",), "is missing; list models, or set any_model: true"
    yield from _cloud_mistakes(provider)
    seen: set[str] = set()
    for index, model in enumerate(provider.models):
        at = ("models", index)
        if model.name in seen:
            yield (*at, "name"), f"{model.name!r} is listed twice"
        if provider.kind is ProviderKind.EMBEDDED and model.capabilities.vision:
            yield (*at, "capabilities", "vision"), "models of kind 'embedded' accept no images; remove it"
        seen.add(model.name)
        for amount, message in amount_mistakes(model.price) if model.price else ():
            yield (*at, "price", amount), message


def address_mistake(address: str) -> str:
    """Why requests cannot be sent to that address, as a predicate; empty if they can."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  (raises ValueError)
    except ValueError as error:
        return f"is not an address: {error}"
    if not parts.hostname:
        return "names no host"
    return "must not contain a user name or a key; set api_key_env" if "@" in parts.netloc else ""


def pull_refusal(provider_id: str, provider: Provider) -> str:
    """Why the provider's models cannot be downloaded by ``assay models pull``; empty if they can."""
    if provider.kind in PULLING:
        return ""
    able = " or ".join(sorted(f"'{kind}'" for kind in PULLING))
    return (
        f"provider {provider_id!r} is of kind '{provider.kind}', which cannot download models on request; only kind "
        f"{able} can. Install the model where the provider runs"
    )


def registered_mistakes(provider: Provider) -> Iterator[tuple[FieldPath, str]]:
    """What only providers of ``models.yaml`` may do. Whoever can use the API can register a provider with an address of
    their own, to which no secret of the runners and no login in their name must be sent."""
    if provider.base_url_env is not None:
        yield ("base_url_env",), "only a provider of models.yaml can read its address from a variable; set base_url"
    variable = provider.api_key_env
    if variable is not None and not variable.startswith(KEY_PREFIX):
        yield ("api_key_env",), f"must begin with {KEY_PREFIX}, so that no other secret of the runners can be sent"
    if not provider.local and provider.base_url and _is_private(provider.base_url):
        yield ("base_url",), "is not a public address; set local: true (--local) if it is in your own network"
    if provider.options.cloud or provider.options.entra:
        yield ("options",), "only a provider of models.yaml can log in as the runners do (cloud, entra); add it there"


def _is_private(address: str) -> bool:
    """As far as the text tells; a runner checks the addresses of names when it connects."""
    host = ""
    try:
        host = urlsplit(address).hostname or ""
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost"


def _cloud_mistakes(provider: Provider) -> Iterator[tuple[FieldPath, str]]:
    options = provider.options
    if options.cloud is None:
        for name in ("region", "project"):
            if getattr(options, name) is not None:
                yield ("options", name), "applies only to clouds; set options.cloud, or remove it"
        return
    kinds = CLOUD_KINDS[options.cloud]
    if provider.kind not in kinds:
        listed = " or ".join(sorted(f"'{kind}'" for kind in kinds))
        yield ("options", "cloud"), f"'{options.cloud}' needs kind {listed}"
    for name, given in (("api_key_env", provider.api_key_env is not None), ("stored_key", provider.stored_key)):
        if given:
            yield (name,), f"'{options.cloud}' has credentials in its own environment; remove it"
