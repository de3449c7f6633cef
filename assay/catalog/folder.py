"""A task's folder as data. Links and other than plain files are refused; leftovers of tools are passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from assay.catalog.document import Document
from assay.files import FileLimits, Files, FilesRefused, check_files

PARTS = ("workspace", "tests", "reference", "noop", "cheats", "environment")
TEXTS = ("task.yaml", "instructions.md", "samples.jsonl")
LEFTOVERS = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".DS_Store"})

CAPS = FileLimits(count=2_000, total_bytes=20_000_000, file_bytes=5_000_000)
MAX_ENVIRONMENT_BYTES = 100_000
"""Of what an image is built from: it goes wherever the task's sandbox is described."""
MAX_PROMPT_BYTES = 400_000
"""Instructions and workspace together: all of it goes to the model."""


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in the folder and below it, without leftovers, in order of name; links are given, never followed."""
    with os.scandir(folder) as scanned:
        found = sorted(scanned, key=lambda entry: entry.name)
    for entry in found:
        if entry.name in LEFTOVERS or entry.name.endswith(".pyc"):
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from entries(Path(entry.path))


def stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when the file, or anything in the folder, does: path, modification time (ns) and size of each. Empty when
    there is nothing."""
    try:
        stats = [(entry.path, entry.stat(follow_symlinks=False)) for entry in (entries(path) if path.is_dir() else ())]
        stats.append((str(path), path.stat()))
    except OSError:
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def read_files(folder: Path, document: Document) -> dict[str, bytes]:
    """Every file below the known parts by its path in the task; what may not be there is a mistake."""
    files: dict[str, bytes] = {}
    for entry in entries(folder):
        path = Path(entry.path).relative_to(folder).as_posix()
        if entry.is_symlink():
            document.wrong((), f"{path}: is a link; put the file itself there")
        elif entry.is_file(follow_symlinks=False):
            if path not in TEXTS and path.partition("/")[0] in PARTS:
                files[path] = _read(Path(entry.path), path, document)
        elif not entry.is_dir(follow_symlinks=False):
            document.wrong((), f"{path}: is neither a file nor a folder")
    _check(files, document)
    return files


def below(files: Files, folder: str) -> dict[str, bytes]:
    """The files in ``folder``, by their paths inside it."""
    prefix = folder.rstrip("/") + "/"
    return {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}


def _read(path: Path, name: str, document: Document) -> bytes:
    size = path.stat().st_size
    if size <= CAPS.file_bytes:
        return path.read_bytes()
    document.wrong((), f"{name}: has {size} bytes, more than {CAPS.file_bytes}")
    return b""


def _check(files: Files, document: Document) -> None:
    try:
        check_files(files, CAPS)
    except FilesRefused as refused:
        document.wrong((), str(refused))
