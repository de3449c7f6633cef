"""Removes what crashed workers left behind: sandboxes have stopped by themselves, but their services still run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.host_folder import PREFIX
from assay.sandbox.docker.labels import SANDBOX_LABEL, folder_of, is_orphan
from assay.sandbox.errors import SandboxError


def sweep(daemon: Daemon) -> int:
    """Returns the number of removed containers."""
    removed = 0
    for container in orphans(daemon.assay_containers()):
        with suppress(SandboxError):
            daemon.remove(str(container["Id"]))
            removed += 1
        _remove_folder(folder_of(container.get("Labels") or {}))
    return removed


def orphans(containers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Containers whose worker is gone, and services whose sandbox has stopped."""
    running = {str(each["Id"]) for each in containers if each.get("State") == "running"}
    return [
        each
        for each in containers
        if _lost_its_sandbox(each.get("Labels") or {}, running)
        or is_orphan(each.get("Labels") or {}, running=each["Id"] in running)
    ]


def _lost_its_sandbox(labels: Mapping[str, str], running: Collection[str]) -> bool:
    return SANDBOX_LABEL in labels and labels[SANDBOX_LABEL] not in running


def _remove_folder(folder: Path | None) -> None:
    """Labels may be forged, so only folders of sandboxes are removed."""
    if folder and folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
