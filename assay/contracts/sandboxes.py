"""Which kinds of sandbox can hold what: one answer for where a run is taken and where its sandboxes are opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Literal

from assay.contracts.sandboxspec import SandboxSpec

AUTO = "auto"
SandboxWish = Literal["", "auto", "bubblewrap", "docker", "process"]
"""What a run asks for; empty means auto."""


class SandboxKind(StrEnum):
    """Best first. ``process`` isolates nothing."""

    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"
    PROCESS = "process"


def able(spec: SandboxSpec) -> tuple[SandboxKind, ...]:
    """The kinds that can give what the task asks for."""
    return (SandboxKind.DOCKER,) if spec.needs_docker else tuple(SandboxKind)


def usable(given: Collection[str], able: Sequence[str], wish: str = "") -> tuple[str, ...]:
    """Of the kinds a worker gives, those a run may have. ``process`` is for runs that name it, and for workers whose
    operator gives nothing else."""
    if wish not in ("", AUTO):
        return tuple(kind for kind in able if kind == wish and kind in given)
    alone = set(given) == {SandboxKind.PROCESS}
    return tuple(kind for kind in able if kind in given and (kind != SandboxKind.PROCESS or alone))
