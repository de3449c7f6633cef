"""Reads a task's folder. Links and special files are refused; caches of tools are ignored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from assay.catalog.yaml.document import Document
from assay.files import FileLimits, Files, FilesRefused, check_files

FOLDERS = ("workspace", "tests", "reference", "noop", "cheats", "environment")
TEXT_FILES = ("task.yaml", "instructions.md", "samples.jsonl")
IGNORED = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".DS_Store"})

CAPS = FileLimits(count=2_000, total_bytes=20_000_000, file_bytes=5_000_000)
MAX_ENVIRONMENT_BYTES = 100_000
"""Size limit of ``environment/``: its content is part of every description of the task's sandbox."""
MAX_PROMPT_BYTES = 400_000
"""Size limit of instructions and workspace together: all of it goes to the model."""


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything in the folder, recursively and by name, without ignored files; links are yielded, never followed."""
    with os.scandir(folder) as scanned:
        found = sorted(scanned, key=lambda entry: entry.name)
    for entry in found:
        if entry.name in IGNORED or entry.name.endswith(".pyc"):
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from entries(Path(entry.path))


def fingerprint(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when the file or anything in the folder changes: path, modification time (ns) and size of each. Empty
    when the path does not exist."""
    try:
        stats = [(entry.path, entry.stat(follow_symlinks=False)) for entry in (entries(path) if path.is_dir() else ())]
        stats.append((str(path), path.stat()))
    except OSError:
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def read_files(folder: Path, document: Document) -> dict[str, bytes]:
    """The files of the task's known folders by path; anything that is not allowed is a mistake."""
    files: dict[str, bytes] = {}
    for entry in entries(folder):
        path = Path(entry.path).relative_to(folder).as_posix()
        if entry.is_symlink():
            document.add_mistake((), f"{path}: is a link; use the file itself")
        elif entry.is_file(follow_symlinks=False):
            if path not in TEXT_FILES and path.partition("/")[0] in FOLDERS:
                files[path] = _read(Path(entry.path), path, document)
        elif not entry.is_dir(follow_symlinks=False):
            document.add_mistake((), f"{path}: is neither a file nor a folder")
    _check(files, document)
    return files


def files_in(files: Files, folder: str) -> dict[str, bytes]:
    """The files in ``folder``, by path relative to it."""
    prefix = folder.rstrip("/") + "/"
    return {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}


def _read(path: Path, name: str, document: Document) -> bytes:
    size = path.stat().st_size
    if size <= CAPS.file_bytes:
        return path.read_bytes()
    document.add_mistake((), f"{name}: has {size} bytes, more than {CAPS.file_bytes}")
    return b""


def _check(files: Files, document: Document) -> None:
    try:
        check_files(files, CAPS)
    except FilesRefused as refused:
        document.add_mistake((), str(refused))
