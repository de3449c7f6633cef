"""Which kinds of sandbox a task can use: one rule, applied when a run is accepted and when its sandboxes are opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Literal

from assay.contracts.sandboxspec import SandboxSpec

AUTO = "auto"
SandboxChoice = Literal["", "auto", "bubblewrap", "docker", "kubernetes", "process"]
"""The kind of sandbox a run requests; empty means auto."""


class SandboxKind(StrEnum):
    """Preferred kinds first. ``process`` provides no isolation."""

    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"
    PROCESS = "process"


def kinds_for(spec: SandboxSpec) -> tuple[SandboxKind, ...]:
    """The kinds that provide everything the task requires."""
    if not spec.needs_containers:
        return tuple(SandboxKind)
    return (SandboxKind.DOCKER,) if spec.needs_docker else (SandboxKind.DOCKER, SandboxKind.KUBERNETES)


def usable_kinds(available: Collection[str], suitable: Sequence[str], requested: str = "") -> tuple[str, ...]:
    """The kinds that a run may use on a worker. ``process`` is used only if the run requests it, or if the worker's
    operator offers no other kind."""
    if requested not in ("", AUTO):
        return tuple(kind for kind in suitable if kind == requested and kind in available)
    alone = set(available) == {SandboxKind.PROCESS}
    return tuple(kind for kind in suitable if kind in available and (kind != SandboxKind.PROCESS or alone))
