"""What crashed workers left behind: their containers have ended by themselves, and are removed here."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.folder import PREFIX
from assay.sandbox.docker.owner import folder_of, is_orphan
from assay.sandbox.errors import SandboxError


def sweep(daemon: Daemon) -> int:
    """How many were removed."""
    removed = 0
    for container in daemon.ours():
        labels = container.get("Labels") or {}
        if is_orphan(labels, running=container.get("State") == "running"):
            with suppress(SandboxError):
                daemon.remove(str(container["Id"]))
                removed += 1
            _forget(folder_of(labels))
    return removed


def _forget(folder: Path | None) -> None:
    """Labels are only claims: what is not a sandbox's folder here stays."""
    if folder and folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
