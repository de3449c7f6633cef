"""Parameters of models, as the command line writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from assay.cli.errors import BadUsage
from assay.contracts.models import Parameters

Param = Annotated[
    list[str],
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="Parameter of the model, for example temperature=0 or reasoning_effort=low; extra.NAME=VALUE is passed "
        "to the provider unchanged; repeatable.",
    ),
]
Params = Annotated[
    str, typer.Option("--params", metavar="JSON|@FILE", help="Parameters as one JSON object, or from a file.")
]
EXTRA = "extra."
_NAMES = tuple(name for name in Parameters.__struct_fields__ if name != "extra")


def read_parameters(pairs: Iterable[str], document: str, **named: Any) -> Parameters:
    """``named`` come from options of their own and win over ``pairs``, which win over ``document``. Raises BadUsage."""
    found = _read_document(document) if document else {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise BadUsage(f"--param: {pair!r} is not a parameter; write it like temperature=0")
        if name.startswith(EXTRA):
            found["extra"] = {**found.get("extra", {}), name.removeprefix(EXTRA): _value(text)}
        elif name in _NAMES:
            found[name] = _stop(text) if name == "stop" else _value(text)
        else:
            raise BadUsage(f"--param: {_unknown(name)}")
    found |= {name: value for name, value in named.items() if value is not None}
    return _checked(found)


def _read_document(text: str) -> dict[str, Any]:
    try:
        text = Path(text.removeprefix("@")).read_text() if text.startswith("@") else text
        found = json.loads(text)
    except OSError as error:
        raise BadUsage(f"--params: cannot read {text.removeprefix('@')!r}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadUsage(f"--params: not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadUsage('--params: must be a JSON object such as {"temperature": 0}')
    for name in found:
        if name not in (*_NAMES, "extra"):
            raise BadUsage(f"--params: {_unknown(name)}")
    return found


def _checked(found: dict[str, Any]) -> Parameters:
    from assay.validation.field_errors import value_error

    try:
        return msgspec.convert(found, Parameters)
    except msgspec.ValidationError as error:
        wrong = value_error(Parameters, str(error), found)
        raise BadUsage(f"parameter {wrong.where}: {wrong.message}") from error


def _unknown(name: str) -> str:
    from assay.validation.did_you_mean import unknown_name, with_suggestion

    message = with_suggestion(*unknown_name("parameter", name, _NAMES))
    return f"{message}; a parameter that only the provider knows is written {EXTRA}{name}"


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _stop(text: str) -> Any:
    value = _value(text)
    return value if isinstance(value, list) else [text]
