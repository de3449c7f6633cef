"""Loads a task from its folder, validates it and computes its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from assay.catalog.errors import InvalidCatalog
from assay.catalog.tasks.folder import FOLDERS, TEXT_FILES, files_in, read_files
from assay.catalog.tasks.manifest import TaskManifest
from assay.catalog.tasks.texts import with_instructions, with_samples
from assay.catalog.tasks.validation import validate_task
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import read_document
from assay.contracts.codec import digest
from assay.contracts.tasks import TaskView
from assay.files import Files, matches
from assay.validation.did_you_mean import unknown_name

DIGEST_FORMAT = 1
"""Increase when the same folder gets a different meaning, for example when a default changes."""

_KNOWN = frozenset({*FOLDERS, *TEXT_FILES})


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A valid task. ``manifest`` includes instructions and samples, whichever file they come from; ``files`` has
    everything in ``workspace/``, ``images/``, ``tests/``, ``driver/``, ``reference/``, ``noop/``, ``cheats/`` and
    ``environment/``."""

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
        """Names of folders in ``cheats/`` and of ``cheat_answers``."""
        folders = {path.split("/")[1] for path in self.files if path.startswith("cheats/")}
        return tuple(sorted(folders | set(self.manifest.cheat_answers)))

    def view(self) -> TaskView:
        manifest = self.manifest
        return TaskView(
            task_id=manifest.id,
            digest=self.digest,
            title=manifest.title,
            category=manifest.category,
            domain=manifest.domain or "",
            difficulty=manifest.difficulty,
            language=manifest.language or "",
            tags=manifest.tags,
            solver=manifest.solver,
            instructions=manifest.instructions,
            samples=len(manifest.samples),
            checks=tuple(check.name or str(check.__struct_config__.tag) for check in manifest.checks),
            limits=manifest.limits,
            impossible=manifest.impossible,
        )


def load_task(folder: Path, display_path: str = "") -> Task:
    """The task in ``folder``, called ``display_path`` in messages. Raises InvalidCatalog with every mistake."""
    display_path = display_path or folder.name
    document = read_document(folder / "task.yaml", f"{display_path}/task.yaml")
    manifest = decode_document(document, TaskManifest) if document.value is not None else None
    folder_document = Document(file=display_path)
    files = _read_folder(folder, folder_document)
    if manifest is not None:
        manifest = with_instructions(manifest, folder, document)
        manifest, sources = with_samples(manifest, folder, document)
        files |= _default_noop(manifest, files)
        validate_task(manifest, files, document, folder_document, sources, folder.name)
        manifest = _with_environment(manifest, files)
    mistakes = document.mistakes + folder_document.mistakes
    if mistakes or manifest is None:
        raise InvalidCatalog(mistakes)
    return Task(manifest=manifest, files=files, digest=task_digest(manifest, files))


def declared_category(folder: Path) -> str:
    """The category in an invalid task's ``task.yaml``; empty when it cannot be read."""
    value = read_document(folder / "task.yaml", folder.name).value
    category = value.get("category", "") if isinstance(value, dict) else ""
    return category if isinstance(category, str) else ""


def task_digest(manifest: TaskManifest, files: Files) -> str:
    """Hex SHA-256 over every non-default value and every file's path and content."""
    listing = {path: sha256(content).hexdigest() for path, content in files.items()}
    return digest([DIGEST_FORMAT, _canonical(manifest), listing])


def _canonical(value: Any) -> Any:
    """Structs without their defaults, so that adding a field does not change the digests of existing tasks."""
    if isinstance(value, msgspec.Struct):
        fields = {field.encode_name: (getattr(value, field.name), field) for field in _fields(type(value))}
        given = {name: _canonical(item) for name, (item, field) in fields.items() if item != _default(field)}
        tag = value.__struct_config__.tag
        return {**given, "kind": tag} if tag else given
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    return value


_fields = cache(msgspec.structs.fields)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if callable(field.default_factory) else field.default


def _read_folder(folder: Path, folder_document: Document) -> dict[str, bytes]:
    if folder.is_symlink():
        folder_document.add_mistake((), "is a link; use the folder itself")
        return {}
    try:
        for entry in sorted(folder.iterdir()):
            _check_part(entry, folder_document)
        return read_files(folder, folder_document)
    except OSError as error:
        folder_document.add_mistake((), f"cannot be read: {error.strerror or error}")
        return {}


def _check_part(entry: Path, folder_document: Document) -> None:
    if entry.name in FOLDERS and not entry.is_symlink() and not entry.is_dir():
        folder_document.add_mistake((), f"{entry.name} is a file, but must be a folder")
    elif entry.name not in _KNOWN and not entry.name.startswith((".", "__pycache__")):
        message, near = unknown_name("part of a task", entry.name, _KNOWN)
        folder_document.add_mistake((), message, near)


def _default_noop(manifest: TaskManifest, files: Files) -> dict[str, bytes]:
    """Without a folder ``noop/``, the no-op is the workspace's outputs, unchanged."""
    if files_in(files, "noop"):
        return {}
    unchanged = files_in(files, "workspace").items()
    return {f"noop/{path}": content for path, content in unchanged if matches(path, manifest.outputs)}


def _with_environment(manifest: TaskManifest, files: Files) -> TaskManifest:
    """Adds the files that the sandbox's image is built from."""
    sandbox = msgspec.structs.replace(manifest.sandbox, build=files_in(files, "environment"))
    return msgspec.structs.replace(manifest, sandbox=sandbox)
