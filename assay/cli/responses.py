"""Reads responses for a replay from a file: YAML as in ``catalog/scripted``, or JSON lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from assay.cli.errors import BadUsage
from assay.contracts.replay import REPLAY, Responses

_NOT_IN_MODEL_NAME = re.compile(r"[^A-Za-z0-9_.:@-]+")


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """One JSON line. Without ``sample_id`` it answers every sample of the task that has no response of its own."""

    task_id: str
    response: str
    sample_id: str = "default"


def replay_name(file: Path | None) -> str:
    """``replay/<file name>``, so the results are not credited to a real model."""
    return f"{REPLAY}/{_NOT_IN_MODEL_NAME.sub('_', file.stem)[:100] if file else 'text'}"


def read_responses(file: Path | None, text: str) -> Responses | None:
    """The file's responses, or ``text`` as the response to every sample; None when neither is given."""
    if file is None:
        return Responses(default=text) if text else None
    if text:
        raise BadUsage("use --response-file or --response-text, not both")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadUsage(f"--response-file: {file} cannot be read: {error.strerror}") from error
    return _lines(file, data) if file.suffix in (".jsonl", ".ndjson") else _document(file, data)


def _lines(file: Path, data: bytes) -> Responses:
    found: dict[str, dict[str, str]] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            read = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadUsage(f"{file}, line {number}: {error}") from error
        if found.setdefault(read.task_id, {}).setdefault(read.sample_id, read.response) is not read.response:
            raise BadUsage(f"{file}, line {number}: duplicate of task {read.task_id!r}, sample {read.sample_id!r}")
    return Responses(responses=dict(found))


def _document(file: Path, data: bytes) -> Responses:
    try:
        document: Any = msgspec.yaml.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadUsage(f"{file} is not valid YAML: {error}") from error
    if isinstance(document, dict):
        document.pop("title", None)
    try:
        return msgspec.convert(document, Responses)
    except msgspec.ValidationError as error:
        raise BadUsage(f"{file}: {error}; expected `responses`, a mapping of task ids to responses") from error
