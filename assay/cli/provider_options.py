"""Options of ``assay models add`` and ``edit``, and the provider that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import typer

from assay.cli.errors import BadUsage
from assay.contracts.models import Capabilities, Parameters
from assay.contracts.money import TokenPrice
from assay.contracts.providers import Api, ModelEntry, Provider, ProviderKind

Url = Annotated[str, typer.Option("--url", metavar="URL", help="Address of the API, for example http://host:8000/v1.")]
Kind = Annotated[
    ProviderKind | None, typer.Option("--kind", help="What the API speaks. Default: openai, which most servers do.")
]
KeyEnv = Annotated[
    str,
    typer.Option(
        "--key-env",
        metavar="VARIABLE",
        help="Variable of the runners with the key: MODEL_KEY_ and a name.",
    ),
]
Key = Annotated[
    bool,
    typer.Option("--key", help="Store the provider's key, encrypted: asked for, or read from standard input."),
]
Local = Annotated[
    bool | None,
    typer.Option(
        "--local/--hosted",
        help="The server is in your own network; tokens are free unless there is a --price. Default: --hosted.",
    ),
]
Vision = Annotated[bool | None, typer.Option("--vision/--no-vision", help="Whether the model accepts images.")]
Tools = Annotated[bool | None, typer.Option("--tools/--no-tools", help="Whether it calls tools.")]
StructuredOutput = Annotated[
    bool | None, typer.Option("--structured-output/--no-structured-output", help="Whether it follows a JSON schema.")
]
Reasoning = Annotated[bool | None, typer.Option("--reasoning/--no-reasoning", help="Whether it reasons first.")]
ContextTokens = Annotated[int | None, typer.Option("--context", metavar="TOKENS", min=1, help="Its context window.")]
ApiOption = Annotated[Api | None, typer.Option("--api", help="Which of OpenAI's APIs. Default: chat_completions.")]
ApiVersion = Annotated[str, typer.Option("--api-version", metavar="DATE", help="For Azure.")]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="The model's name in lists.")]
PriceOption = Annotated[str, typer.Option("--price", metavar="IN/OUT", help="US dollars per million tokens.")]
Concurrent = Annotated[
    int | None, typer.Option("--concurrency", metavar="N", min=1, max=10_000, help="Concurrent requests. Default: 4.")
]
RequestRate = Annotated[
    int | None, typer.Option("--requests-per-minute", metavar="N", min=1, help="Default: no limit.")
]
TokenRate = Annotated[int | None, typer.Option("--tokens-per-minute", metavar="N", min=1, help="Default: no limit.")]


@dataclass(frozen=True, kw_only=True)
class ProviderChanges:
    """What was given on the command line; None or empty where nothing was."""

    url: str = ""
    kind: ProviderKind | None = None
    key_env: str = ""
    stored_key: bool | None = None
    local: bool | None = None
    api: Api | None = None
    api_version: str = ""
    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def applied_to(self, provider: Provider) -> Provider:
        """Raises BadUsage for values outside the contract."""
        given = {
            "base_url": self.url,
            "kind": self.kind,
            "api_key_env": self.key_env,
            "stored_key": self.stored_key,
            "local": self.local,
            "concurrency": self.concurrency,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
        }
        options = msgspec.structs.replace(provider.options, **_set({"api": self.api, "api_version": self.api_version}))
        return _checked(msgspec.structs.replace(provider, options=options, **_set(given)))


@dataclass(frozen=True, kw_only=True)
class ModelChanges:
    """Like ProviderChanges, for one model."""

    title: str
    parameters: Parameters
    price: TokenPrice | None
    capabilities: Capabilities

    def applied_to(self, entry: ModelEntry) -> ModelEntry:
        from assay.catalog.selection.resolve import merge_parameters  # the catalogue takes 40 ms to import

        parameters = merge_parameters(self.parameters, entry.parameters)
        known = msgspec.structs.replace(entry.capabilities, **_set(msgspec.structs.asdict(self.capabilities)))
        given = _set({"title": self.title, "price": self.price, "capabilities": known})
        return msgspec.structs.replace(entry, parameters=parameters, **given)


def split_name(name: str) -> tuple[str, str]:
    """``provider/model``; raises BadUsage."""
    provider_id, slash, model = name.partition("/")
    if not slash or not provider_id or not model:
        raise BadUsage(f"{name!r} is not a model's name; write it like my-server/qwen3-8b: provider, slash, model")
    return provider_id, model


def with_model(provider: Provider, entry: ModelEntry) -> Provider:
    """The provider with that model, in the place of one with the same name."""
    others = [each for each in provider.models if each.name != entry.name]
    index = next((i for i, each in enumerate(provider.models) if each.name == entry.name), len(others))
    return _checked(msgspec.structs.replace(provider, models=(*others[:index], entry, *others[index:])))


def _set(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, "")}


def _checked(provider: Provider) -> Provider:
    from assay.validation.field_errors import value_error

    plain = msgspec.to_builtins(provider)
    try:
        return msgspec.convert(plain, Provider)
    except msgspec.ValidationError as error:
        wrong = value_error(Provider, str(error), plain)
        raise BadUsage(f"{_OPTIONS.get(wrong.where, wrong.where)}: {wrong.message}") from error


_OPTIONS = {"base_url": "--url", "api_key_env": "--key-env"}
