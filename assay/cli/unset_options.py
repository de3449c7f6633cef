"""``--unset`` of ``assay models edit``: fields get their defaults again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
import typer

from assay.cli.errors import BadUsage
from assay.contracts.models import Parameters
from assay.contracts.providers import ModelEntry, Provider

S = TypeVar("S", bound=msgspec.Struct)

Unset = Annotated[
    list[str],
    typer.Option(
        "--unset",
        metavar="OPTION",
        help="Forget what was set by this option, for example price or param.seed; repeatable.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class UnsetOptions:
    """Names of fields that get their defaults again."""

    of_provider: tuple[str, ...]
    of_options: tuple[str, ...]
    of_model: tuple[str, ...]
    of_capabilities: tuple[str, ...]
    parameters: tuple[str, ...]

    def provider(self, provider: Provider) -> Provider:
        options = _defaults(provider.options, self.of_options)
        return msgspec.structs.replace(_defaults(provider, self.of_provider), options=options)

    def model(self, entry: ModelEntry) -> ModelEntry:
        return msgspec.structs.replace(
            _defaults(entry, self.of_model),
            capabilities=_defaults(entry.capabilities, self.of_capabilities),
            parameters=_defaults(entry.parameters, self.parameters),
        )


def read_unset(names: Sequence[str]) -> UnsetOptions:
    """Raises BadUsage for a name that is no option."""
    parameters = tuple(name.removeprefix(_PARAM) for name in names if name.startswith(_PARAM))
    found: dict[str, list[str]] = {part: [] for part in _UNSET}
    for name in names:
        if name.startswith(_PARAM):
            continue
        part = next((part for part, fields in _UNSET.items() if name in fields), None)
        if part is None:
            known = ", ".join(sorted(option for fields in _UNSET.values() for option in fields))
            raise BadUsage(f"--unset: {name!r} cannot be unset; use {_PARAM}NAME or one of {known}")
        found[part].append(_UNSET[part][name])
    for name in parameters:
        if name not in Parameters.__struct_fields__:
            raise BadUsage(f"--unset: there is no parameter {name!r}")
    return UnsetOptions(parameters=parameters, **{part: tuple(fields) for part, fields in found.items()})


def _defaults(value: S, names: Sequence[str]) -> S:
    fresh = {each.name: each for each in msgspec.structs.fields(value)}
    changed = {
        name: fresh[name].default_factory() if callable(fresh[name].default_factory) else fresh[name].default
        for name in names
    }
    return msgspec.structs.replace(value, **changed)


_PARAM = "param."
_UNSET: dict[str, dict[str, str]] = {
    "of_provider": {
        "key-env": "api_key_env",
        "url": "base_url",
        "requests-per-minute": "requests_per_minute",
        "tokens-per-minute": "tokens_per_minute",
        "concurrency": "concurrency",
    },
    "of_options": {"api": "api", "api-version": "api_version"},
    "of_model": {"title": "title", "price": "price"},
    "of_capabilities": {
        "vision": "vision",
        "tools": "tools",
        "structured-output": "structured_output",
        "reasoning": "reasoning",
        "context": "context_tokens",
    },
}
"""By the part that has them: options, and their fields."""
