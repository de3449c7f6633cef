"""What a pod's status says: started, still starting, or why it cannot start or has ended, and whose fault that is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lightkube.models.core_v1 import ContainerState, ContainerStatus
from lightkube.resources.core_v1 import Pod

from assay.sandbox.errors import SandboxError, SandboxNotStarted, SpecUnsupported

_HOPELESS_IMAGE = ("ErrImageNeverPull", "InvalidImageName")
_PULLING = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
_IMAGE_MISSING = re.compile(r"not found|unauthorized|denied|manifest unknown|does not exist", re.IGNORECASE)
_CANNOT_START = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError")
_CANNOT_START_ENDED = (*_CANNOT_START, "ContainerCannotRun")
_OOM_KILLED = "OOMKilled"


def all_started(pod: Pod, containers: Sequence[str]) -> bool:
    """A service may have ended already; whoever waits for it finds out why."""
    states = _states(pod)
    return all((state := states.get(name)) and (state.running or state.terminated) for name in containers)


def start_problem(pod: Pod, essential: Sequence[str]) -> SandboxError | None:
    """Why it will not start; None while it may. ``essential`` containers must not end."""
    name = pod.metadata.name if pod.metadata else ""
    for container, state in _states(pod).items():
        if state.waiting and (problem := _waiting_problem(container, state)):
            return problem
        if state.terminated and state.terminated.reason in _CANNOT_START_ENDED:
            return SpecUnsupported(f"the container {container} cannot start: {state.terminated.message}")
        if state.terminated and container in essential:
            return SandboxNotStarted(f"the container {container} of the pod {name} ended: {_ending(state)}")
    if pod.status and pod.status.phase in ("Failed", "Succeeded"):
        return SandboxNotStarted(f"the pod {name} ended before it was ready: {describe(pod)}")
    return None


def describe(pod: Pod) -> str:
    """Its state in the cluster's own words: the scheduler's message, or what happened to it or its containers."""
    status = pod.status
    if not status:
        return "it has no status"
    parts = [f"{status.reason or status.phase}: {status.message}"] if status.message else []
    if not parts and status.reason:
        parts.append(status.reason)
    parts += [
        f"{condition.reason}: {condition.message}"
        for condition in status.conditions or []
        if condition.message and condition.status == "False" and condition.type in ("PodScheduled", "DisruptionTarget")
    ]
    for container, state in _states(pod).items():
        if state.waiting and state.waiting.reason not in (None, "ContainerCreating", "PodInitializing"):
            parts.append(f"{container}: {state.waiting.reason} {state.waiting.message or ''}".strip())
        if state.terminated and (state.terminated.exitCode or state.terminated.reason not in (None, "Completed")):
            parts.append(f"{container} ended: {_ending(state)}")
    return "; ".join(parts) or f"phase {status.phase}"


def out_of_memory(pod: Pod, container: str) -> bool:
    """Whether the kernel killed the container for its memory limit."""
    state = _states(pod).get(container)
    return bool(state and state.terminated and state.terminated.reason == _OOM_KILLED)


def has_ended(pod: Pod, container: str) -> bool:
    state = _states(pod).get(container)
    return bool(state and state.terminated)


def _waiting_problem(container: str, state: ContainerState) -> SandboxError | None:
    reason = (state.waiting.reason or "") if state.waiting else ""
    message = (state.waiting.message or reason) if state.waiting else ""
    missing = reason in _PULLING and _IMAGE_MISSING.search(message)
    if reason in _HOPELESS_IMAGE or missing:
        return SpecUnsupported(f"the image of the container {container} cannot be pulled: {message}")
    if reason in _CANNOT_START:
        return SpecUnsupported(f"the container {container} cannot start: {message}")
    return None


def _ending(state: ContainerState) -> str:
    ended = state.terminated
    if not ended:
        return ""
    return f"{ended.reason or 'Error'} with code {ended.exitCode}{': ' + ended.message if ended.message else ''}"


def _states(pod: Pod) -> dict[str, ContainerState]:
    found: Sequence[ContainerStatus] = (pod.status.containerStatuses if pod.status else None) or []
    return {each.name: each.state for each in found if each.state}
