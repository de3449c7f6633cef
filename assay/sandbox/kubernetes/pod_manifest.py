"""The pod of a sandbox: a container for the code, one that connects it with the worker (the relay), and one for each
service. It satisfies the restricted Pod Security standard.

All containers share the loopback interface. They have processes and files of their own: the relay writes init's
programs and mounted files to volumes that the sandbox's container can only read.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from assay.contracts.sandboxspec import SandboxSpec, Service
from assay.sandbox.errors import ProviderUnavailable, SpecUnsupported
from assay.sandbox.init.init_protocol import BASE_ENVIRONMENT, init_arguments
from assay.sandbox.kubernetes.relay_protocol import program
from assay.sandbox.kubernetes.settings import KubernetesSettings
from assay.sandbox.limits import MIB, memory_limit_bytes, shm_mib
from assay.sandbox.protocol import WORKSPACE

SANDBOX, RELAY = "sandbox", "relay"
"""Containers. A service's is ``service-`` and its name."""
PROGRAMS, MOUNTS = "/run/assay", "/mounts"
RELAY_COMMAND = ("python3", "-I", "-S", "-B", "-c", "import os; exec(os.environ['ASSAY_RELAY'])")
_KEEPER_COMMAND = ("python3", "-I", "-S", "-B", "-c", "import os; exec(os.environ['ASSAY_KEEPER'])")
_RELAY_MIB, _PROGRAMS_MIB, _SERVICE_SCRATCH_MIB = 96, 2, 64
_FIRST_USER, _USERS = 1 << 20, 1 << 29
_GRACE_SECONDS = 1
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_SCRATCH = ("/tmp", "/run", "/dev/shm")


def container_of(service: Service) -> str:
    return f"service-{service.name}"


def pod_manifest(
    name: str,
    spec: SandboxSpec,
    settings: KubernetesSettings,
    mounts: Sequence[tuple[str, int]],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """``mounts`` are paths in the sandbox and the sizes of what will be there, in bytes."""
    if spec.network:
        raise SpecUnsupported("a pod's network cannot be isolated, so sandboxes in pods get none")
    if problem := spec.needs_docker:
        raise SpecUnsupported(f"the task needs {problem}, which Kubernetes sandboxes cannot give: use docker")
    user = _FIRST_USER + secrets.randbelow(_USERS)
    volumes = {"programs": _PROGRAMS_MIB * MIB, "relay-tmp": MIB, "workspace": spec.workspace_mb * MIB}
    volumes |= {"tmp": spec.workspace_mb * MIB, "shm": shm_mib(spec) * MIB}
    volumes |= {f"mount-{number}": size + MIB for number, (_, size) in enumerate(mounts)}
    containers = [_relay(settings, mounts), _sandbox(spec, settings, mounts)]
    for number, service in enumerate(spec.services):
        folders = _service_volumes(number, service)
        volumes |= {volume: size for volume, (_, size) in folders.items()}
        containers.append(_service(service, settings, {volume: path for volume, (path, _) in folders.items()}))
    body: dict[str, Any] = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": settings.deadline_seconds,
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostname": "sandbox",
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["127.0.0.1"]},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
        "volumes": [_memory_volume(volume, size) for volume, size in volumes.items()],
    }
    if spec.services:
        body["hostAliases"] = [{"ip": "127.0.0.1", "hostnames": [service.name for service in spec.services]}]
    return {"metadata": {"name": name, "labels": dict(labels)}, "spec": body | _placement(settings)}


def _placement(settings: KubernetesSettings) -> dict[str, Any]:
    optional = {
        "runtimeClassName": settings.runtime_class,
        "nodeSelector": {"kubernetes.io/os": "linux", "kubernetes.io/arch": _architecture()} | settings.node_selector,
        "tolerations": list(settings.tolerations),
        "priorityClassName": settings.priority_class,
        "imagePullSecrets": [{"name": name} for name in settings.image_pull_secrets],
    }
    return {name: value for name, value in optional.items() if value}


def _architecture() -> str:
    """The filter of system calls is for the worker's own kind of processor."""
    if platform.machine() not in _ARCHITECTURES:
        raise ProviderUnavailable(f"system calls cannot be filtered on {platform.machine()}, so sandboxes are not safe")
    return _ARCHITECTURES[platform.machine()]


def _relay(settings: KubernetesSettings, mounts: Sequence[tuple[str, int]]) -> dict[str, Any]:
    files = {f"mount-{number}": f"{MOUNTS}/{number}" for number in range(len(mounts))}
    memory = _RELAY_MIB * MIB + sum(size + MIB for _, size in mounts)
    return _container(RELAY, settings.image, settings, memory, settings.relay_cpu, _KEEPER_COMMAND) | {
        "env": [
            {"name": "ASSAY_KEEPER", "value": program("keeper")},
            {"name": "ASSAY_RELAY", "value": program("streams", "relay")},
        ],
        "volumeMounts": _volume_mounts({"programs": PROGRAMS, "relay-tmp": "/tmp"} | files),
    }


def _sandbox(spec: SandboxSpec, settings: KubernetesSettings, mounts: Sequence[tuple[str, int]]) -> dict[str, Any]:
    image, memory = spec.image or settings.image, memory_limit_bytes(spec)
    boot = ("python3", "-I", "-S", "-B", "-c", program("boot"), *init_arguments(spec, 0))
    read_only = {"programs": PROGRAMS} | {f"mount-{number}": path for number, (path, _) in enumerate(mounts)}
    return _container(SANDBOX, image, settings, memory, settings.cpu, boot) | {
        "workingDir": "/",
        "env": [{"name": name, "value": value} for name, value in BASE_ENVIRONMENT.items()],
        "volumeMounts": [
            *_volume_mounts({"workspace": WORKSPACE, "tmp": "/tmp", "shm": "/dev/shm"}),
            *_volume_mounts(read_only, readOnly=True),
        ],
    }


def _service(service: Service, settings: KubernetesSettings, folders: dict[str, str]) -> dict[str, Any]:
    memory = (service.memory_mb + service.data_mb * len(service.data)) * MIB
    arguments = {"args": [_literal(word) for word in service.command]} if service.command else {}
    return _container(container_of(service), service.image, settings, memory, settings.service_cpu) | {
        "env": [{"name": name, "value": _literal(value)} for name, value in service.environment.items()],
        "volumeMounts": _volume_mounts(folders),
        **arguments,
    }


def _service_volumes(number: int, service: Service) -> dict[str, tuple[str, int]]:
    """Paths and sizes by the volume's name."""
    folders = [path for path in _SCRATCH if path not in service.data]
    scratch = {f"scratch-{number}-{at}": (path, _SERVICE_SCRATCH_MIB * MIB) for at, path in enumerate(folders)}
    data = {f"data-{number}-{at}": (path, service.data_mb * MIB) for at, path in enumerate(service.data)}
    return scratch | data


def _container(
    name: str, image: str, settings: KubernetesSettings, memory: int, cpu: str, command: Sequence[str] = ()
) -> dict[str, Any]:
    """Its requests are its limits, so the pod is evicted last and never disturbed by others."""
    resources = {"cpu": cpu, "memory": str(memory), "ephemeral-storage": settings.ephemeral_storage}
    return {
        "name": name,
        "image": settings.full_image(image),
        "imagePullPolicy": settings.image_pull_policy,
        "resources": {"requests": resources, "limits": resources},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    } | ({"command": [_literal(word) for word in command]} if command else {})


def _memory_volume(name: str, size: int) -> dict[str, Any]:
    """A full one fails writes; one on disk would get the pod evicted."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": str(size)}}


def _volume_mounts(paths: dict[str, str], **options: bool) -> list[dict[str, Any]]:
    return [{"name": name, "mountPath": path, **options} for name, path in paths.items()]


def _literal(text: str) -> str:
    """Kubernetes would replace ``$(NAME)``."""
    return text.replace("$(", "$$(")
