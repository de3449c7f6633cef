"""What crashed workers left behind: their sandboxes have ended by themselves, their services go on; both are removed
here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.folder import PREFIX
from assay.sandbox.docker.owner import HOLDER, folder_of, is_orphan
from assay.sandbox.errors import SandboxError


def sweep(daemon: Daemon) -> int:
    """How many were removed."""
    removed = 0
    for container in orphans(daemon.ours()):
        with suppress(SandboxError):
            daemon.remove(str(container["Id"]))
            removed += 1
        _forget(folder_of(container.get("Labels") or {}))
    return removed


def orphans(containers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that nobody will remove: their worker is gone, or the sandbox that they are a service of has ended."""
    running = {str(one["Id"]) for one in containers if one.get("State") == "running"}
    return [
        one
        for one in containers
        if _is_left(one.get("Labels") or {}, running)
        or is_orphan(one.get("Labels") or {}, running=one["Id"] in running)
    ]


def _is_left(labels: Mapping[str, str], running: Collection[str]) -> bool:
    return HOLDER in labels and labels[HOLDER] not in running


def _forget(folder: Path | None) -> None:
    """Labels are only claims: what is not a sandbox's folder here stays."""
    if folder and folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
