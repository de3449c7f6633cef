"""Reads a task's instructions and samples, which can be files of their own."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from assay.catalog.tasks.folder import MAX_PROMPT_BYTES
from assay.catalog.tasks.manifest import ONLY_SAMPLE, SampleManifest, TaskManifest
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document, FieldPath
from assay.catalog.yaml.json_line import NotJson, parse_json
from assay.catalog.yaml.read import Unreadable, decode_text, read_bytes
from assay.contracts.checks import Choice, Exact

MAX_LINES = 100_000
MAX_SAMPLES_BYTES = 64_000_000
"""Of ``samples.jsonl``. A bundle's limit is 64 MiB."""


def with_instructions(manifest: TaskManifest, folder: Path, document: Document) -> TaskManifest:
    """The manifest with the text of ``instructions.md``, if there is such a file."""
    path = folder / "instructions.md"
    if not _exists(path):
        if not manifest.instructions.strip():
            document.add_mistake(("instructions",), "is missing; add it here or in instructions.md")
        return manifest
    if manifest.instructions:
        document.add_mistake(("instructions",), "is set here and in instructions.md; keep one of them")
    try:
        text = decode_text(read_bytes(path, MAX_PROMPT_BYTES))
    except Unreadable as error:
        _in_file(document, path.name).add_mistake((), str(error), line=error.line)
        return manifest
    return msgspec.structs.replace(manifest, instructions=text.replace("\r\n", "\n"))


def with_samples(manifest: TaskManifest, folder: Path, document: Document) -> tuple[TaskManifest, list[Document]]:
    """The manifest with its samples, and for each sample the document that collects its mistakes."""
    path = folder / "samples.jsonl"
    if not _exists(path):
        samples = _as_written(manifest, document) or (SampleManifest(sample_id=ONLY_SAMPLE),)
        return msgspec.structs.replace(manifest, samples=samples), [document] * len(samples)
    if manifest.samples:
        document.add_mistake(("samples",), "are listed here and in samples.jsonl; keep one of them")
    read = list(_samples(path, _in_file(document, path.name)))
    samples = tuple(sample for _, sample in read)
    return msgspec.structs.replace(manifest, samples=samples), [source for source, _ in read]


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _in_file(document: Document, name: str) -> Document:
    """Another file of the task; its mistakes are added to those of ``document``."""
    return Document(file=f"{document.file.rpartition('/')[0]}/{name}", mistakes=document.mistakes)


def _as_written(manifest: TaskManifest, document: Document) -> tuple[SampleManifest, ...]:
    """The samples of ``task.yaml``. Checks that compare text get numbers without quotes as they are written."""
    if not any(isinstance(check, Exact | Choice) for check in manifest.checks):
        return manifest.samples
    return tuple(
        msgspec.structs.replace(sample, expected=document.texts.get(("samples", index, "expected"), sample.expected))
        for index, sample in enumerate(manifest.samples)
    )


def _samples(path: Path, file: Document) -> Iterator[tuple[Document, SampleManifest]]:
    """Every valid line, with a document of its own."""
    for source in json_lines(path, file):
        source.texts = integer_id(source.value)
        if (sample := decode_document(source, SampleManifest)) is not None:
            yield source, sample


def json_lines(path: Path, file: Document) -> Iterator[Document]:
    """Every line that is valid JSON, as a document that adds its mistakes to those of ``file``."""
    try:
        lines = read_bytes(path, MAX_SAMPLES_BYTES).removeprefix(BOM_UTF8).split(b"\n")
    except Unreadable as error:
        file.add_mistake((), str(error), line=error.line)
        return
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        file.add_mistake((), "is empty")
    if len(filled) > MAX_LINES:
        file.add_mistake((), f"has {len(filled)} lines, more than {MAX_LINES}")
        return
    for number, line in filled:
        source = Document(file=file.file, lines={(): number}, mistakes=file.mistakes)
        try:
            source.value = parse_json(decode_text(line, number))
        except (Unreadable, NotJson) as error:
            source.add_mistake((), str(error))
            continue
        if source.value is None:
            source.add_mistake((), "expected fields with values, got null")
            continue
        yield source


def integer_id(value: Any) -> dict[FieldPath, str]:
    """The text of a sample's id that is an integer."""
    found = value.get("sample_id") if isinstance(value, dict) else None
    return {("sample_id",): str(found)} if isinstance(found, int) and not isinstance(found, bool) else {}
