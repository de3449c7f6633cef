"""Sandboxes as pods of a Kubernetes cluster. Nothing else in ``assay.sandbox`` knows Kubernetes."""

from assay.sandbox.kubernetes.provider import KubernetesProvider
from assay.sandbox.kubernetes.settings import KubernetesSettings

__all__ = ["KubernetesProvider", "KubernetesSettings"]
