"""One task: its folder read, checked and pinned by a digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from assay.catalog.crosscheck import cross_check
from assay.catalog.document import Document, read_document
from assay.catalog.errors import InvalidCatalog
from assay.catalog.folder import CAPS, PARTS, TEXTS, below, read_files
from assay.catalog.manifest import ONLY_SAMPLE, SampleManifest, TaskManifest
from assay.catalog.near import unknown
from assay.catalog.reading import read
from assay.contracts.codec import digest
from assay.contracts.tasks import TaskView
from assay.files import Files, matches

DIGEST_FORMAT = 1
"""Raised when the same folder comes to mean something else, for example when a default changes."""

_KNOWN = frozenset({*PARTS, *TEXTS})


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A valid task. ``manifest`` has instructions and samples in it, wherever they were written; ``files`` has
    everything below ``workspace/``, ``tests/``, ``reference/``, ``noop/``, ``cheats/`` and ``environment/``."""

    manifest: TaskManifest
    files: Files
    digest: str

    @property
    def task_id(self) -> str:
        return self.manifest.id

    @property
    def sample_ids(self) -> tuple[str, ...]:
        return tuple(sample.sample_id for sample in self.manifest.samples)

    @property
    def cheats(self) -> tuple[str, ...]:
        """Names of the cheats: folders under ``cheats/``, or of ``cheat_answers``."""
        folders = {path.split("/")[1] for path in self.files if path.startswith("cheats/")}
        return tuple(sorted(folders | set(self.manifest.cheat_answers)))

    def view(self) -> TaskView:
        manifest = self.manifest
        return TaskView(
            task_id=manifest.id,
            digest=self.digest,
            title=manifest.title,
            category=manifest.category,
            difficulty=manifest.difficulty,
            language=manifest.language or "",
            tags=manifest.tags,
            solver=manifest.solver,
            instructions=manifest.instructions,
            samples=len(manifest.samples),
            checks=tuple(check.name or str(check.__struct_config__.tag) for check in manifest.checks),
            limits=manifest.limits,
        )


def load_task(folder: Path, shown: str = "") -> Task:
    """The task in ``folder``, called ``shown`` in messages; InvalidCatalog with every mistake there is."""
    shown = shown or folder.name
    document = read_document(folder / "task.yaml", f"{shown}/task.yaml")
    manifest = read(document, TaskManifest) if document.value is not None else None
    whole = Document(file=shown)
    files = _read_folder(folder, whole)
    if manifest is not None:
        manifest = _with_instructions(manifest, folder, document)
        manifest, places = _with_samples(manifest, folder, document, shown)
        files |= _noop(manifest, files)
        cross_check(manifest, files, document, whole, places, folder.name)
        manifest = _with_environment(manifest, files)
    mistakes = document.mistakes + whole.mistakes
    if mistakes or manifest is None:
        raise InvalidCatalog(mistakes)
    return Task(manifest=manifest, files=files, digest=task_digest(manifest, files))


def written_category(folder: Path) -> str:
    """The category that a task with mistakes says it is of; empty when that cannot be told."""
    value = read_document(folder / "task.yaml", folder.name).value
    category = value.get("category", "") if isinstance(value, dict) else ""
    return category if isinstance(category, str) else ""


def task_digest(manifest: TaskManifest, files: Files) -> str:
    """Hex sha256 of what the task is: every value that is not the default, and every file's path and content."""
    listing = {path: sha256(content).hexdigest() for path, content in files.items()}
    return digest([DIGEST_FORMAT, _canonical(manifest), listing])


def _canonical(value: Any) -> Any:
    """Structs without their defaults, so that a new field in a later version leaves the digests of old tasks alone."""
    if isinstance(value, msgspec.Struct):
        fields = {field.encode_name: (getattr(value, field.name), field) for field in msgspec.structs.fields(value)}
        given = {name: _canonical(item) for name, (item, field) in fields.items() if item != _default(field)}
        tag = value.__struct_config__.tag
        return {**given, "kind": tag} if tag else given
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    return value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if callable(field.default_factory) else field.default


def _read_folder(folder: Path, whole: Document) -> dict[str, bytes]:
    if folder.is_symlink():
        whole.wrong((), "is a link; put the folder itself there")
        return {}
    for entry in sorted(folder.iterdir()):
        if entry.name not in _KNOWN and not entry.name.startswith((".", "__pycache__")):
            message, near = unknown("part of a task", entry.name, _KNOWN)
            whole.wrong((), message, near)
    return read_files(folder, whole)


def _noop(manifest: TaskManifest, files: Files) -> dict[str, bytes]:
    """Where there is no ``noop/``, the workspace's outputs as they are."""
    if below(files, "noop"):
        return {}
    unchanged = below(files, "workspace").items()
    return {f"noop/{path}": content for path, content in unchanged if matches(path, manifest.outputs)}


def _with_environment(manifest: TaskManifest, files: Files) -> TaskManifest:
    """Its sandbox knows what its image is built from."""
    sandbox = msgspec.structs.replace(manifest.sandbox, build=below(files, "environment"))
    return msgspec.structs.replace(manifest, sandbox=sandbox)


def _with_instructions(manifest: TaskManifest, folder: Path, document: Document) -> TaskManifest:
    path = folder / "instructions.md"
    if not path.is_file():
        if not manifest.instructions.strip():
            document.wrong(("instructions",), "is missing; write it here or in instructions.md")
        return manifest
    if manifest.instructions:
        document.wrong(("instructions",), "is written here and in instructions.md; keep one of them")
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        document.wrong(("instructions",), f"instructions.md is not UTF-8: {error.reason} at byte {error.start}")
        return manifest
    return msgspec.structs.replace(manifest, instructions=text)


def _with_samples(
    manifest: TaskManifest, folder: Path, document: Document, shown: str
) -> tuple[TaskManifest, list[Document]]:
    """The manifest with its samples, and for each sample the document that its mistakes go to."""
    path = folder / "samples.jsonl"
    if not path.is_file():
        samples = manifest.samples or (SampleManifest(sample_id=ONLY_SAMPLE),)
        return msgspec.structs.replace(manifest, samples=samples), [document] * len(samples)
    if manifest.samples:
        document.wrong(("samples",), "are written here and in samples.jsonl; keep one of them")
    lines = [_sample_line(number, line, document, shown) for number, line in _lines(path, document)]
    good = [(place, sample) for place, sample in lines if sample is not None]
    samples = tuple(sample for _, sample in good)
    return msgspec.structs.replace(manifest, samples=samples), [place for place, _ in good]


def _lines(path: Path, document: Document) -> list[tuple[int, bytes]]:
    if path.stat().st_size > CAPS.total_bytes:
        document.wrong(("samples",), f"samples.jsonl has more than {CAPS.total_bytes} bytes")
        return []
    lines = path.read_bytes().split(b"\n")
    found = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        document.wrong(("samples",), "samples.jsonl is empty")
    return found


def _sample_line(number: int, line: bytes, document: Document, shown: str) -> tuple[Document, SampleManifest | None]:
    """A line as a document of its own, whose mistakes are collected with those of ``document``."""
    place = Document(file=f"{shown}/samples.jsonl", lines={(): number}, mistakes=document.mistakes)
    try:
        place.value = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        place.wrong((), f"not valid JSON: {error}")
        return place, None
    return place, read(place, SampleManifest)
