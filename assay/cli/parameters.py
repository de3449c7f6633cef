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
        metavar="NAME=VALUE|JSON|@FILE",
        help="Parameter of the model, like temperature=0; extra.NAME=VALUE is sent as it is; repeatable.",
    ),
]
EXTRA = "extra."
_NAMES = tuple(name for name in Parameters.__struct_fields__ if name != "extra")


def read_parameters(texts: Iterable[str], **named: Any) -> Parameters:
    """Each text is ``NAME=VALUE``, a JSON object of parameters, or the name of a file with one; later ones win.
    ``named`` come from options of their own and win over all. Raises BadUsage."""
    found: dict[str, Any] = {}
    for text in texts:
        for name, value in (_read_document(text) if text[:1] in ("{", "@") else _read_pair(text)).items():
            found[name] = {**found.get(name, {}), **value} if name == "extra" and isinstance(value, dict) else value
    found |= {name: value for name, value in named.items() if value is not None}
    return _checked(found)


def _read_pair(text: str) -> dict[str, Any]:
    name, equals, written = text.partition("=")
    if not equals or not name:
        raise BadUsage(f"--param: {text!r} is not a parameter; write it like temperature=0")
    if name.startswith(EXTRA):
        return {"extra": {name.removeprefix(EXTRA): _value(written)}}
    if name == "extra":
        raise BadUsage('--param: write extra.NAME=VALUE, or a JSON object such as \'{"extra": {"NAME": 1}}\'')
    _check_name(name)
    return {name: _stop(written) if name == "stop" else _value(written)}


def _read_document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except OSError as error:
        raise BadUsage(f"--param: cannot read {text[1:]!r}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadUsage(f"--param: not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadUsage('--param: must be a JSON object such as {"temperature": 0}')
    for name in found:
        if name != "extra":
            _check_name(name)
    return found


def _checked(found: dict[str, Any]) -> Parameters:
    from assay.validation.field_errors import value_error

    try:
        return msgspec.convert(found, Parameters)
    except msgspec.ValidationError as error:
        wrong = value_error(Parameters, str(error), found)
        raise BadUsage(f"parameter {wrong.where}: {wrong.message}") from error


def _check_name(name: str) -> None:
    """Raises BadUsage for a name that is not a parameter's."""
    if name in _NAMES:
        return
    from assay.validation.did_you_mean import unknown_name, with_suggestion

    message = with_suggestion(*unknown_name("parameter", name, _NAMES))
    raise BadUsage(f"--param: {message}; a parameter that only the provider knows is written {EXTRA}{name}")


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _stop(text: str) -> Any:
    value = _value(text)
    return value if isinstance(value, list) else [text]
