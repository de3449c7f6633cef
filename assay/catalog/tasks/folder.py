"""Reads a task's folder. Links and special files are refused; caches of tools are ignored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from assay.catalog.yaml.document import Document
from assay.catalog.yaml.read import Unreadable, read_bytes
from assay.files import FileLimits, Files, FilesRefused, check_files

HIDDEN_FOLDERS = ("tests", "driver")
"""Seen by the judge alone."""
SUBMISSION_FOLDERS = ("workspace", *HIDDEN_FOLDERS, "reference", "noop", "cheats", "environment")
"""Only for solvers that submit files."""
FOLDERS = (*SUBMISSION_FOLDERS, "images")
TEXT_FILES = ("task.yaml", "instructions.md", "samples.jsonl")
IGNORED = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".DS_Store"})

CAPS = FileLimits(count=2_000, total_bytes=20_000_000, file_bytes=5_000_000)
MAX_ENVIRONMENT_BYTES = 100_000
"""Size limit of ``environment/``: its content is part of every description of the task's sandbox."""
MAX_PROMPT_BYTES = 400_000
"""Size limit of instructions and workspace together, without images: all of it goes to the model as text."""


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything in the folder, recursively and by name, without ignored files; links are yielded, never followed.
    Folders below the maximum depth are yielded without their content."""
    waiting = [(entry, 1) for entry in _by_name(folder)]
    while waiting:
        entry, depth = waiting.pop()
        yield entry
        if depth <= CAPS.depth and entry.is_dir(follow_symlinks=False):
            waiting += [(below, depth + 1) for below in _by_name(Path(entry.path))]


def _by_name(folder: Path) -> list[os.DirEntry[str]]:
    """The entries of one folder, last name first."""
    with os.scandir(folder) as scanned:
        found = [entry for entry in scanned if entry.name not in IGNORED and not entry.name.endswith(".pyc")]
    return sorted(found, key=lambda entry: entry.name, reverse=True)


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
    remaining = CAPS.total_bytes
    for entry in entries(folder):
        path = Path(entry.path).relative_to(folder).as_posix()
        if entry.is_symlink():
            document.add_mistake((), f"{path}: is a link; use the file itself")
        elif entry.is_file(follow_symlinks=False):
            if path not in TEXT_FILES and path.partition("/")[0] in FOLDERS:
                files[path] = _read(Path(entry.path), path, document)
                remaining -= len(files[path])
        elif not entry.is_dir(follow_symlinks=False):
            document.add_mistake((), f"{path}: is neither a file nor a folder")
        elif path.count("/") >= CAPS.depth:
            document.add_mistake((), f"{path}: is deeper than {CAPS.depth} folders")
        if remaining < 0 or len(files) > CAPS.count:
            break
    _check(files, document, folder)
    return files


def files_in(files: Files, folder: str) -> dict[str, bytes]:
    """The files in ``folder``, by path relative to it."""
    prefix = folder.rstrip("/") + "/"
    return {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}


def _read(path: Path, name: str, document: Document) -> bytes:
    try:
        return read_bytes(path, CAPS.file_bytes)
    except Unreadable as error:
        document.add_mistake((), f"{name}: {error}")
        return b""


def _check(files: Files, document: Document, folder: Path) -> None:
    total = sum(map(len, files.values()))
    if total > CAPS.total_bytes or len(files) > CAPS.count:
        sizes = [entry.stat(follow_symlinks=False).st_size for entry in entries(folder) if entry.is_file()]
        found, allowed = f"{len(sizes)} files of {sum(sizes)} bytes", f"{CAPS.count} files or {CAPS.total_bytes} bytes"
        document.add_mistake((), f"has {found}, more than {allowed}")
        return
    try:
        check_files(files, CAPS)
    except FilesRefused as refused:
        document.add_mistake((), str(refused))
