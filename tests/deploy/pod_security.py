"""Kubernetes' restricted Pod Security standard, for pod specs as the chart renders them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.deploy.chart import Resource, containers

_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def violations(pod: Resource) -> list[str]:
    """What the standard forbids in a pod spec; empty if it is admitted. Stricter in one point: the root file system of
    every container has to be read-only."""
    return sorted({*_of_pod(pod), *(found for each in containers(pod) for found in _of_container(each, pod))})


def _of_pod(pod: Resource) -> Iterator[str]:
    yield from (f"{name} is set" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name))
    for volume in pod.get("volumes", ()):
        yield from (f"volume of type {kind}" for kind in set(volume) - {"name"} - _VOLUMES)


def _of_container(container: Resource, pod: Resource) -> Iterator[str]:
    own: dict[str, Any] = container.get("securityContext", {})
    both = {**pod.get("securityContext", {}), **own}
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if not both.get("runAsNonRoot") or both.get("runAsUser") == 0:
        yield "may run as root"
    if both.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "no seccomp profile"
    capabilities = own.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield "capabilities"
    if not own.get("readOnlyRootFilesystem"):
        yield "writable root file system"
    yield from ("host port" for port in container.get("ports", ()) if port.get("hostPort"))
