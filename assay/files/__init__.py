"""Files as data: relative paths and contents, without links, modes, owners or devices.

``Files`` maps relative POSIX paths to contents; ``check_path`` and ``check_files`` validate them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from assay.contracts.codec import Data

Files = Mapping[str, bytes]
"""Relative POSIX path to contents; for example ``{"src/main.py": b"..."}``."""


class FilesRefused(ValueError):
    """Invalid files; the text names the path and the reason. The fault of their author, not of Assay."""


class FileLimits(Data, frozen=True, kw_only=True):
    """Limits for a set of files. More is refused, never truncated."""

    count: int = 2_000
    total_bytes: int = 64 * 1024 * 1024
    file_bytes: int = 64 * 1024 * 1024
    depth: int = 32
    path_bytes: int = 512
    names: int = 100_000
    """The number of directory entries read in a folder."""


DEFAULT_LIMITS = FileLimits()
MAX_NAME_BYTES = 255
"""The length of a file's or folder's name on Linux."""


def check_path(path: str, limits: FileLimits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """Validate a path; returns its parts. Raises FilesRefused unless it is relative, normalized, printable and within
    its root."""
    parts = tuple(path.split("/"))
    if not path or len(parts) > limits.depth:
        raise FilesRefused(f"path {path[:80]!r} is empty or deeper than {limits.depth}")
    if "\\" in path or any(unicodedata.category(character) in ("Cc", "Cs", "Cf") for character in path):
        raise FilesRefused(f"path {path[:80]!r} contains a backslash or an invisible character")
    longest = max(len(part.encode()) for part in parts)
    if len(path.encode()) > limits.path_bytes or longest > MAX_NAME_BYTES:
        raise FilesRefused(
            f"path {path[:80]!r} has {len(path.encode())} bytes (the limit is {limits.path_bytes}), and a name of "
            f"{longest} bytes (the limit is {MAX_NAME_BYTES})"
        )
    if any(part in ("", ".", "..") for part in parts):
        raise FilesRefused(f"path {path[:80]!r} is absolute or has an empty, '.' or '..' part")
    return parts


def check_files(files: Files, limits: FileLimits = DEFAULT_LIMITS) -> None:
    """Raises FilesRefused unless all paths are valid, none collide on any file system, and the limits are kept."""
    if len(files) > limits.count:
        raise FilesRefused(f"{len(files)} files exceed the limit of {limits.count}")
    for path, content in files.items():
        check_path(path, limits)
        if len(content) > limits.file_bytes:
            raise FilesRefused(f"file {path[:80]!r} has {len(content)} bytes, the limit is {limits.file_bytes}")
    total = sum(map(len, files.values()))
    if total > limits.total_bytes:
        raise FilesRefused(f"the files have {total} bytes in total, the limit is {limits.total_bytes}")
    _check_collisions(files)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a declared output matches the path: the path itself, ``folder/``, or a pattern (``*`` also matches
    ``/``)."""
    return any(
        fnmatchcase(path, pattern) or (pattern.endswith("/") and path.startswith(pattern)) for pattern in patterns
    )


def _check_collisions(paths: Iterable[str]) -> None:
    """Refuse paths that differ only in case or Unicode form, and files where another path needs a folder."""
    spellings: dict[str, str] = {}
    files: set[str] = set()
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            prefix = "/".join(parts[:depth])
            if spellings.setdefault(_folded(prefix), prefix) != prefix:
                raise FilesRefused(f"path {prefix[:80]!r} collides with {spellings[_folded(prefix)][:80]!r}")
        files.add(path)
    for path in files:
        for depth in range(1, path.count("/") + 1):
            if "/".join(path.split("/")[:depth]) in files:
                raise FilesRefused(f"path {path[:80]!r} has a file as its folder")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())
