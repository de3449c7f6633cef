"""Reads responses for a replay from a file: YAML or JSON as in ``scripted/<name>.yaml``, or JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.catalog.tasks.folder import CAPS
from assay.catalog.tasks.texts import integer_id, json_lines
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.json_line import NotJson, parse_json
from assay.catalog.yaml.parse import read_document
from assay.catalog.yaml.read import Unreadable, decode_text, read_bytes
from assay.contracts.codec import Data
from assay.contracts.replay import DEFAULT, Responses, Text


class _Line(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One JSON line. Without ``sample_id`` it answers every sample of the task that has no response of its own."""

    task_id: str
    response: Text
    sample_id: str = DEFAULT


def read_response_file(path: Path) -> Responses:
    """Raises InvalidCatalog with every mistake."""
    document = Document(file=str(path))
    if path.suffix in (".jsonl", ".ndjson"):
        responses = _by_task(_lines(path, document))
    else:
        document = _json_document(path, document) if path.suffix == ".json" else read_document(path, str(path))
        if isinstance(document.value, dict):
            document.value.pop("title", None)
        responses = decode_document(document, Responses) if document.value is not None else None
    document.raise_mistakes()
    assert responses is not None
    return responses


def _json_document(path: Path, document: Document) -> Document:
    try:
        document.value = parse_json(decode_text(read_bytes(path, CAPS.total_bytes)))
    except (Unreadable, NotJson) as error:
        document.add_mistake((), str(error), line=error.line if isinstance(error, Unreadable) else 0)
    return document


def _lines(path: Path, document: Document) -> Iterator[tuple[Document, _Line]]:
    for source in json_lines(path, document):
        source.texts = integer_id(source.value)
        if (line := decode_document(source, _Line)) is not None:
            yield source, line


def _by_task(lines: Iterator[tuple[Document, _Line]]) -> Responses:
    found: dict[str, str | dict[str, str]] = {}
    for source, line in lines:
        samples = found.setdefault(line.task_id, {})
        assert isinstance(samples, dict)
        if line.sample_id in samples:
            message = f"task {line.task_id!r}, sample {line.sample_id!r} already has a response"
            source.add_mistake((), message)
        samples[line.sample_id] = line.response
    return Responses(responses=found)
