"""Copies of folders that a daemon cannot mount because this process has a file system of its own: a worker in a
container whose daemon runs on the host. Only its temporary folder (``TMPDIR``) is at the same path for both."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that Docker and Podman create in their containers."""


def path_for_daemon(folder: Path) -> Path:
    """The folder itself, or in a container its copy, unless it is in the temporary folder already."""
    if folder.is_relative_to(Path(tempfile.gettempdir()).resolve()):
        return folder
    return copied(folder) if any(mark.exists() for mark in _MARKS) else folder


@cache
def copied(folder: Path) -> Path:
    """A copy in the temporary folder, which all workers with equal content share and which is never removed."""
    target = Path(tempfile.gettempdir(), f"assay-mount-{_digest(folder)}")
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix="assay-mount-new-"))
        shutil.copytree(folder, draft, dirs_exist_ok=True, symlinks=True)
        make_readable(draft)
        try:
            draft.rename(target)
        except OSError:  # another worker was faster
            shutil.rmtree(draft, ignore_errors=True)
    return target


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]


def make_readable(folder: Path) -> None:
    """For every user, whatever this process's umask is."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
