"""Files out of folders and into them, safely although someone may be changing the folder meanwhile.

Everything goes through directory descriptors with O_NOFOLLOW: a link put in place of a folder or file between two
steps is met as a link, never followed. What is read is what was opened and found to be a regular file.
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
"""What to do about links, devices, pipes and sockets."""


def read_folder(
    root: Path | int,
    patterns: Sequence[str] | None = None,
    *,
    special: Special = "refuse",
    limits: FileLimits = DEFAULT_LIMITS,
) -> dict[str, bytes]:
    """The folder's regular files, those that the patterns cover if given. ``root`` may be a directory descriptor, which
    stays open. Raises FilesRefused for what the caps or ``special`` do not allow, OSError for an unreadable root."""
    reading = _FolderReader(patterns, special, limits)
    descriptor = os.dup(root) if isinstance(root, int) else os.open(root, _ROOT)
    reading.folder(descriptor, "")
    check_files(reading.files, limits)
    return reading.files


def write_folder(root: Path, files: Files) -> None:
    """Under ``root``, which is made if absent; files of the same path are replaced. Raises FilesRefused where a link or
    a folder stands in the way, OSError when the host will not."""
    check_files(files)
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root, _ROOT)
    try:
        for path, content in files.items():
            _write_file(descriptor, check_path(path), content)
    finally:
        os.close(descriptor)


class _FolderReader:
    """One walk: what was read, and how much was seen, so that a folder of a million names ends at the cap."""

    def __init__(self, patterns: Sequence[str] | None, special: Special, limits: FileLimits) -> None:
        self.files: dict[str, bytes] = {}
        self._patterns, self._special, self._caps = patterns, special, limits
        self._seen = 0
        self._bytes = 0

    def folder(self, descriptor: int, prefix: str) -> None:
        """Reads all below the descriptor and closes it."""
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            with os.scandir(descriptor) as entries:
                names = sorted(self._counted(entry.name) for entry in entries)
            for name in names:
                self._entry(descriptor, name, prefix + name)
        finally:
            os.close(descriptor)

    def _counted(self, name: str) -> str:
        self._seen += 1
        if self._seen > self._caps.names:
            raise FilesRefused(f"more than {self._caps.names} names in the folder")
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
            self._unusual(path, error.strerror or "cannot be opened")

    def _subfolder(self, folder: int, name: str, path: str) -> None:
        if path.count("/") + 1 >= self._caps.depth:
            raise FilesRefused(f"folder {path[:80]!r} is deeper than {self._caps.depth}")
        self.folder(os.open(name, _FOLDER, dir_fd=folder), path + "/")

    def _file(self, folder: int, name: str, path: str, mode: int) -> None:
        if not stat.S_ISREG(mode):
            self._unusual(path, "not a regular file")
            return
        check_path(path, self._caps)
        descriptor = os.open(name, _FILE, dir_fd=folder)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._keep(path, descriptor)
            else:
                self._unusual(path, "not a regular file")
        finally:
            os.close(descriptor)

    def _keep(self, path: str, descriptor: int) -> None:
        if len(self.files) >= self._caps.count:
            raise FilesRefused(f"more than {self._caps.count} files")
        room = min(self._caps.file_bytes, self._caps.total_bytes - self._bytes)
        content = _read(descriptor, room + 1)
        if len(content) > room:
            raise FilesRefused(f"file {path[:80]!r} makes it more than the {room} bytes that may still be taken")
        self._bytes += len(content)
        self.files[path] = content

    def _unusual(self, path: str, why: str) -> None:
        if self._special == "refuse":
            raise FilesRefused(f"{path[:80]!r}: {why}")


def _read(descriptor: int, limit: int) -> bytes:
    """At most ``limit`` bytes, whatever the file's size says."""
    pieces: list[bytes] = []
    while limit > 0 and (piece := os.read(descriptor, min(limit, 1 << 20))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _write_file(root: int, parts: tuple[str, ...], content: bytes) -> None:
    folder = os.dup(root)
    try:
        for part in parts[:-1]:
            folder = _step(folder, part)
        _replace(folder, parts[-1], content)
    except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
        raise FilesRefused(f"{'/'.join(parts)[:80]!r}: something else stands in the way") from error
    finally:
        os.close(folder)


def _step(folder: int, name: str) -> int:
    """Into a sub-folder, made if absent; the descriptor given is closed."""
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
