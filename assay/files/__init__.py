"""Files as data: paths and bytes, without links, modes, owners or devices, so that none can be carried.

``Files`` maps relative POSIX paths to contents. ``check_path`` and ``check_files`` say what may be in one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from assay.contracts.codec import Data

Files = Mapping[str, bytes]
"""Relative POSIX path to contents; for example ``{"src/main.py": b"..."}``."""


class FilesRefused(ValueError):
    """These files cannot be taken: the text names the path and the reason. The fault of who made them, not of Assay."""


class FileLimits(Data, frozen=True, kw_only=True):
    """How much may be taken at most; more is refused, never cut."""

    count: int = 2_000
    total_bytes: int = 64 * 1024 * 1024
    file_bytes: int = 64 * 1024 * 1024
    depth: int = 32
    path_bytes: int = 512
    names: int = 100_000
    """Seen in a folder while looking for what to take."""


DEFAULT_LIMITS = FileLimits()


def check_path(path: str, limits: FileLimits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """The path's parts; FilesRefused unless it is relative, normal, printable and stays below its root."""
    parts = tuple(path.split("/"))
    if not path or len(parts) > limits.depth:
        raise FilesRefused(f"path {path[:80]!r} is empty or deeper than {limits.depth}")
    if "\\" in path or any(unicodedata.category(character) in ("Cc", "Cs", "Cf") for character in path):
        raise FilesRefused(f"path {path[:80]!r} holds a backslash or an invisible character")
    if len(path.encode()) > limits.path_bytes or any(len(part.encode()) > 255 for part in parts):
        raise FilesRefused(f"path {path[:80]!r} is too long")
    if any(part in ("", ".", "..") for part in parts):
        raise FilesRefused(f"path {path[:80]!r} is absolute, or has an empty, '.' or '..' part")
    return parts


def check_files(files: Files, limits: FileLimits = DEFAULT_LIMITS) -> None:
    """FilesRefused unless every path is sound, none collides with another on any file system, and caps hold."""
    if len(files) > limits.count:
        raise FilesRefused(f"{len(files)} files, more than {limits.count}")
    for path, content in files.items():
        check_path(path, limits)
        if len(content) > limits.file_bytes:
            raise FilesRefused(f"file {path[:80]!r} has {len(content)} bytes, more than {limits.file_bytes}")
    if sum(map(len, files.values())) > limits.total_bytes:
        raise FilesRefused(f"the files have more than {limits.total_bytes} bytes together")
    _check_collisions(files)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a declared output covers the path: itself, ``folder/``, or a pattern (``*`` also crosses folders)."""
    return any(
        fnmatchcase(path, pattern) or (pattern.endswith("/") and path.startswith(pattern)) for pattern in patterns
    )


def _check_collisions(paths: Iterable[str]) -> None:
    """Two spellings of one place (case, Unicode form), or a file where another path needs a folder."""
    spelled: dict[str, str] = {}
    files: set[str] = set()
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            place = "/".join(parts[:depth])
            if spelled.setdefault(_folded(place), place) != place:
                raise FilesRefused(f"path {place[:80]!r} collides with {spelled[_folded(place)][:80]!r}")
        files.add(path)
    for path in files:
        for depth in range(1, path.count("/") + 1):
            if "/".join(path.split("/")[:depth]) in files:
                raise FilesRefused(f"path {path[:80]!r} goes through a file")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())
