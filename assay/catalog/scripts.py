"""Stored responses, ``scripted/<name>.yaml``: a scripted model for trying out tasks, runs and prices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, field

from assay.catalog.formats import Title
from assay.catalog.prices.rates import TokenPrice, check_price
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import read_document
from assay.contracts.codec import Data
from assay.validation.did_you_mean import unknown_name

DEFAULT = "default"
"""The key of the response to samples without their own."""


class ScriptTurn(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One turn of an agent task: the message's text, and the tool it calls, if any."""

    text: str = ""
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


class Script(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``responses`` maps a task id to one response, or to responses by sample id, with ``default`` for other samples;
    the top-level ``default`` is for other tasks. ``turns`` maps an agent task's id to its turns, or to the id of a task
    with the same turns. Without a price, tokens are counted but free. ``latency_seconds`` applies to each response."""

    title: Title
    default: str | None = None
    responses: dict[str, str | dict[str, str]] = field(default_factory=dict[str, "str | dict[str, str]"])
    turns: dict[str, tuple[ScriptTurn, ...] | str] = field(default_factory=dict[str, "tuple[ScriptTurn, ...] | str"])
    price: TokenPrice | None = None
    latency_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0.0

    def response(self, task_id: str, sample_id: str) -> str | None:
        """The response to a sample; None when the script has none."""
        found = self.responses.get(task_id)
        if isinstance(found, dict):
            found = found.get(sample_id, found.get(DEFAULT))
        return self.default if found is None else found

    def turn(self, task_id: str, number: int) -> ScriptTurn | None:
        """Turn ``number``, counted from 0; None for a task without turns, or after the last."""
        turns = self.turns.get(task_id, ())
        if isinstance(turns, str):
            return self.turn(turns, number)
        return turns[number] if number < len(turns) else None


def load_script(path: Path, file: str, tasks: Mapping[str, frozenset[str]]) -> Script:
    """The script at ``path``; raises InvalidCatalog unless its tasks and samples are in ``tasks``, which maps ids to
    sample ids (none for an invalid task)."""
    document = read_document(path, file)
    script = decode_document(document, Script) if document.value is not None else None
    if script is not None:
        _check(script, document, tasks)
    document.raise_mistakes()
    assert script is not None
    return script


def _check(script: Script, document: Document, tasks: Mapping[str, frozenset[str]]) -> None:
    if script.default is None and not script.responses and not script.turns:
        document.add_mistake(("responses",), "is missing; a script needs responses, turns or a default")
    if script.price is not None:
        check_price(script.price, document, ("price",))
    for task_id, turns in script.turns.items():
        if task_id not in tasks:
            document.add_mistake(("turns", task_id), *unknown_name("task", task_id, tasks))
        if isinstance(turns, str) and not isinstance(script.turns.get(turns), tuple):
            document.add_mistake(("turns", task_id), f"this file has no turns for task {turns!r}")
    for task_id, response in script.responses.items():
        if task_id not in tasks:
            document.add_mistake(("responses", task_id), *unknown_name("task", task_id, tasks))
        elif isinstance(response, dict) and tasks[task_id]:
            for sample_id in sorted(response.keys() - tasks[task_id] - {DEFAULT}):
                at = ("responses", task_id, sample_id)
                document.add_mistake(at, *unknown_name("sample", sample_id, tasks[task_id]))
