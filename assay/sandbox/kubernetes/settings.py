"""Settings of Kubernetes sandboxes, from the environment (prefix ``ASSAY_KUBERNETES_``)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_LOCAL_PREFIX = "assay/"


class Network(StrEnum):
    """How sandboxes are cut off from the network, besides a network namespace of their own where that works."""

    AUTO = "auto"
    """Each pod checks that it cannot reach the API server. If it can, no network policy is enforced, and code inside
    gets no IP sockets at all."""
    POLICY = "policy"
    """The operator vouches that the cluster cuts the pods off; nothing is checked."""
    SOCKETS = "sockets"
    """Code inside never gets IP sockets, not even for the loopback interface."""


class KubernetesSettings(BaseSettings):
    """The cluster is the one that the pod of this worker is in, else that of ``KUBECONFIG``."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_KUBERNETES_", frozen=True)

    namespace: str = "assay-sandboxes"
    image: str = "assay/sandbox-python:latest"
    """For tasks that name none, and for the container that connects each sandbox with its worker."""
    registry: str = ""
    """Put before images whose name starts with ``assay/``, such as ``registry.example.com/team/``."""
    image_pull_policy: str = "IfNotPresent"
    image_pull_secrets: tuple[str, ...] = ()
    runtime_class: str = ""
    node_selector: dict[str, str] = {}
    tolerations: tuple[dict[str, Any], ...] = ()
    priority_class: str = ""
    cpu: str = "1"
    """CPUs of a sandbox, requested and limited."""
    service_cpu: str = "500m"
    relay_cpu: str = "100m"
    ephemeral_storage: str = "64Mi"
    """Per container, for its log: everything else is in memory or read-only."""
    network: Network = Network.AUTO
    start_seconds: Annotated[float, Field(gt=0)] = 300.0
    """How long a pod may take to be scheduled, to pull its images and to start."""
    deadline_seconds: Annotated[int, Field(gt=0)] = 21_600
    """The cluster ends a pod that is older than this."""

    def full_image(self, name: str) -> str:
        return self.registry + name if name.startswith(_LOCAL_PREFIX) else name
