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


class SandboxRequirement(StrEnum):
    """What an attempt requires of its worker. Each requirement has its own queues. ``any``: every kind of sandbox
    suits; ``container``: one with an image; the others: the kind of that name."""

    NONE = "none"
    ANY = "any"
    CONTAINER = "container"
    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"
    PROCESS = "process"


_CONTAINER_KINDS = (SandboxKind.DOCKER, SandboxKind.KUBERNETES)


def requirement_of(suitable: Sequence[str], requested: str = "") -> SandboxRequirement:
    """The requirement of a task with these suitable kinds, in a run that requests a kind."""
    if not suitable:
        return SandboxRequirement.NONE
    if requested not in ("", AUTO):
        return SandboxRequirement(requested)
    if SandboxKind.BUBBLEWRAP in suitable:
        return SandboxRequirement.ANY
    return SandboxRequirement(suitable[0]) if len(suitable) == 1 else SandboxRequirement.CONTAINER


def suitable_kinds(requirement: SandboxRequirement) -> tuple[str, ...]:
    """The kinds of sandbox that meet the requirement; none if it needs no sandbox."""
    if requirement is SandboxRequirement.NONE:
        return ()
    if requirement is SandboxRequirement.ANY:
        return tuple(SandboxKind)
    return _CONTAINER_KINDS if requirement is SandboxRequirement.CONTAINER else (requirement.value,)


def requirements_met(offered: Collection[str] | None) -> tuple[SandboxRequirement, ...]:
    """The requirements that a worker meets that offers these kinds. None: it does not know them yet."""
    kinds = offered or ()
    return (SandboxRequirement.NONE, *(each for each in SandboxRequirement if _meets(each, kinds)))


def _meets(requirement: SandboxRequirement, offered: Collection[str]) -> bool:
    by_name = requirement.value if requirement.value in tuple(SandboxKind) else ""
    return bool(usable_kinds(offered, suitable_kinds(requirement), by_name))
