"""Reading and writing folders safely, even if another process changes them at the same time.

All access goes through directory descriptors with O_NOFOLLOW: a link that replaces a folder or file between two steps
is never followed. A file is read only after its open descriptor was found to be a regular file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from assay.files import DEFAULT_LIMITS, FileLimits, Files, FilesRefused, check_files, check_path, matches

_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Special = Literal["refuse", "skip"]
"""How to treat links, devices, pipes and sockets."""


def read_folder(
    root: Path | int,
    patterns: Sequence[str] | None = None,
    *,
    special: Special = "refuse",
    limits: FileLimits = DEFAULT_LIMITS,
) -> dict[str, bytes]:
    """The folder's regular files, limited to those that match ``patterns`` if given. ``root`` can be a directory
    descriptor, which stays open. Raises FilesRefused for files over the limits and for special files unless they are
    skipped, OSError if the root is unreadable."""
    reader = _FolderReader(patterns, special, limits)
    descriptor = os.dup(root) if isinstance(root, int) else os.open(root, _ROOT)
    reader.read(descriptor, "")
    check_files(reader.files, limits)
    return reader.files


def write_folder(root: Path, files: Files) -> None:
    """Write files below ``root``, which is created if missing; existing files are replaced. Raises FilesRefused if a
    link or a folder is in the way, OSError if the host fails to write."""
    check_files(files)
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root, _ROOT)
    try:
        for path, content in files.items():
            _write_file(descriptor, check_path(path), content)
    finally:
        os.close(descriptor)


class _FolderReader:
    """Reads a folder recursively and counts entries, so that a folder with a million names stops at the limit."""

    def __init__(self, patterns: Sequence[str] | None, special: Special, limits: FileLimits) -> None:
        self.files: dict[str, bytes] = {}
        self._patterns, self._special, self._limits = patterns, special, limits
        self._entries = 0
        self._bytes = 0

    def read(self, descriptor: int, prefix: str) -> None:
        """Read everything below the descriptor and close it."""
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            with os.scandir(descriptor) as entries:
                names = sorted(self._counted(entry.name) for entry in entries)
            for name in names:
                self._entry(descriptor, name, prefix + name)
        finally:
            os.close(descriptor)

    def _counted(self, name: str) -> str:
        self._entries += 1
        if self._entries > self._limits.names:
            raise FilesRefused(f"the folder has more than {self._limits.names} entries")
        return name

    def _entry(self, folder: int, name: str, path: str) -> None:
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                self._subfolder(folder, name, path)
            elif self._patterns is None or matches(path, self._patterns):
                self._file(folder, name, path, mode)
        except FileNotFoundError:
            return
        except OSError as error:
            self._special_file(path, error.strerror or "cannot be opened")

    def _subfolder(self, folder: int, name: str, path: str) -> None:
        if path.count("/") + 1 >= self._limits.depth:
            raise FilesRefused(f"folder {path[:80]!r} is deeper than {self._limits.depth}")
        self.read(os.open(name, _FOLDER, dir_fd=folder), path + "/")

    def _file(self, folder: int, name: str, path: str, mode: int) -> None:
        if not stat.S_ISREG(mode):
            self._special_file(path, "not a regular file")
            return
        check_path(path, self._limits)
        descriptor = os.open(name, _FILE, dir_fd=folder)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._read_content(path, descriptor)
            else:
                self._special_file(path, "not a regular file")
        finally:
            os.close(descriptor)

    def _read_content(self, path: str, descriptor: int) -> None:
        if len(self.files) >= self._limits.count:
            raise FilesRefused(f"more than {self._limits.count} files")
        remaining = min(self._limits.file_bytes, self._limits.total_bytes - self._bytes)
        content = _read(descriptor, remaining + 1)
        if len(content) > remaining:
            size = max(os.fstat(descriptor).st_size, len(content))
            raise FilesRefused(f"file {path[:80]!r} has {size} bytes, and {remaining} are left")
        self._bytes += len(content)
        self.files[path] = content

    def _special_file(self, path: str, why: str) -> None:
        if self._special == "refuse":
            raise FilesRefused(f"{path[:80]!r}: {why}")


def _read(descriptor: int, limit: int) -> bytes:
    """Read at most ``limit`` bytes, regardless of the file's reported size."""
    pieces: list[bytes] = []
    while limit > 0 and (piece := os.read(descriptor, min(limit, 1 << 20))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _write_file(root: int, parts: tuple[str, ...], content: bytes) -> None:
    folder = os.dup(root)
    try:
        for part in parts[:-1]:
            folder = _open_subfolder(folder, part)
        _replace(folder, parts[-1], content)
    except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
        raise FilesRefused(f"{'/'.join(parts)[:80]!r}: a folder or another file type is in the way") from error
    finally:
        os.close(folder)


def _open_subfolder(folder: int, name: str) -> int:
    """Open a sub-folder, created if missing, and close the given descriptor."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=folder)
    below = os.open(name, _FOLDER, dir_fd=folder)
    os.close(folder)
    return below


def _replace(folder: int, name: str, content: bytes) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    descriptor = os.open(name, _NEW_FILE, 0o644, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
