"""Adds a price to ``prices.yaml`` as text, so comments and layout stay, and never replaces an existing price."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeAlias

import yaml

from assay.catalog.errors import CannotEdit, InvalidCatalog
from assay.catalog.prices.rates import TokenPrice, TokenRates
from assay.catalog.prices.table import PriceVersion, load_versions

Versions: TypeAlias = dict[date, dict[str, TokenPrice]]

_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_./-]*$")


def add_price(path: Path, file: str, providers: Iterable[str], model: str, price: TokenPrice, since: date) -> None:
    """Sets the price of ``model`` (or ``provider/*``) from a day on. Raises CannotEdit if an existing price would
    change, InvalidCatalog if the file or the price is invalid. The file is replaced atomically."""
    path, known = path.resolve(), list(providers)
    old = load_versions(path, file, known) if path.exists() else ()
    if any(version.since == since and model in version.models for version in old):
        raise CannotEdit(
            f"{file} already has a price for {model} from {since} on; runs refer to it, so it cannot be changed; "
            "choose another day with --from"
        )
    with _temporary_file(path, insert_price("", model, price, since)) as alone:
        load_versions(alone, f"{model} from {since}", known)
    text = path.read_bytes().decode("utf-8") if path.exists() else ""
    with _temporary_file(path, insert_price(text, model, price, since)) as fresh:
        if _read(fresh, file, known) != _expected_versions(old, model, price, since):
            snippet = _version("  ", model, price, since, "\n")
            raise CannotEdit(
                f"{file} has a layout that cannot be extended automatically; add this below versions:\n{snippet}"
            )
        if path.exists():
            shutil.copymode(path, fresh)
        fresh.replace(path)


def insert_price(text: str, model: str, price: TokenPrice, since: date) -> str:
    """The YAML text with the price inserted and everything else unchanged."""
    line = "\r\n" if "\r\n" in text else "\n"
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    versions = _member(root, "versions")
    if versions is None:
        return _with_final_newline(text, line) + f"versions:{line}" + _version("  ", model, price, since, line)
    if not versions.value:
        item = line + _version("  ", model, price, since, line).rstrip("\r\n")
        return text[: versions.start_mark.index].rstrip(" ") + item + text[versions.end_mark.index :]
    same = [item for item in versions.value if getattr(_member(item, "from"), "value", "") == since.isoformat()]
    models = _member(same[0], "models") if same else None
    if models is not None and models.value:
        return _insert_entry(text, models, f"{_yaml_key(model)}: {_flow_mapping(price)}", line)
    if versions.flow_style:
        item = f"{{from: {since.isoformat()}, models: {{{_yaml_key(model)}: {_flow_mapping(price)}}}}}"
        return _insert_entry(text, versions, item, line)
    indent = " " * versions.start_mark.column
    return _insert_after(text, versions, _version(indent, model, price, since, line), line)


def _insert_entry(text: str, collection: Any, entry: str, line: str) -> str:
    """Appends an entry in the collection's own style."""
    if collection.flow_style:
        end = _last(collection).end_mark.index
        return text[:end] + f", {entry}" + text[end:]
    return _insert_after(text, collection, " " * collection.start_mark.column + entry + line, line)


def _insert_after(text: str, collection: Any, lines: str, line: str) -> str:
    """Inserts lines after the line on which the collection ends."""
    end = text.find("\n", _last(collection).end_mark.index)
    at = len(text) if end < 0 else end + 1
    return _with_final_newline(text[:at], line) + lines + text[at:]


def _last(collection: Any) -> Any:
    """The innermost last part of the collection; a block's own end mark is only where the next content begins."""
    while True:
        last = collection.value[-1]
        collection = last[1] if isinstance(last, tuple) else last
        if not isinstance(collection, yaml.CollectionNode) or collection.flow_style or not collection.value:
            return collection


def _version(indent: str, model: str, price: TokenPrice, since: date, line: str) -> str:
    entry = f"{_yaml_key(model)}: {_flow_mapping(price)}"
    return line.join((f"{indent}- from: {since.isoformat()}", f"{indent}  models:", f"{indent}    {entry}", ""))


def _flow_mapping(price: TokenRates) -> str:
    """``{input_usd_per_mtok: 0.15, ...}``."""
    fields = {name: getattr(price, name) for name in price.__struct_fields__}
    parts = [f"{name}: {_yaml_value(value)}" for name, value in fields.items() if value not in (None, ())]
    return f"{{{', '.join(parts)}}}"


def _yaml_value(value: Decimal | int | Sequence[TokenRates]) -> str:
    """Writes amounts that a float cannot represent exactly as strings."""
    if isinstance(value, Sequence):
        return f"[{', '.join(_flow_mapping(tier) for tier in value)}]"
    if isinstance(value, int):
        return str(value)
    text = f"{value:f}"
    return text if Decimal(repr(float(text))) == value else f'"{text}"'


def _yaml_key(model: str) -> str:
    return model if _PLAIN.match(model) else f'"{model}"'


def _member(mapping: Any, name: str) -> Any:
    """The node of a field; None where there is none."""
    pairs: list[tuple[Any, Any]] = mapping.value if isinstance(mapping, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def _with_final_newline(text: str, line: str) -> str:
    return text if not text or text.endswith("\n") else text + line


@contextmanager
def _temporary_file(path: Path, text: str) -> Generator[Path]:
    """A temporary file with the text in the same folder; deleted afterwards unless it was moved."""
    with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        yield Path(file.name)
    finally:
        Path(file.name).unlink(missing_ok=True)


def _read(path: Path, file: str, providers: list[str]) -> Versions | None:
    try:
        return {version.since: dict(version.models) for version in load_versions(path, file, providers)}
    except InvalidCatalog:
        return None


def _expected_versions(old: Sequence[PriceVersion], model: str, price: TokenPrice, since: date) -> Versions:
    """What the file must contain after the edit."""
    expected = {version.since: dict(version.models) for version in old}
    expected.setdefault(since, {})[model] = price
    return expected
