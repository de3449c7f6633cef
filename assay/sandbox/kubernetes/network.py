"""What cuts a sandbox in a pod off from the network, and what an operator should know about it (decision 31)."""

from __future__ import annotations

from lightkube.resources.networking_v1 import NetworkPolicy

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox.errors import SpecUnsupported
from assay.sandbox.kubernetes.cluster import Cluster
from assay.sandbox.kubernetes.labels import POD_LABELS
from assay.sandbox.kubernetes.settings import KubernetesSettings, Network

_BOTH = {"Ingress", "Egress"}


def check_services(spec: SandboxSpec, settings: KubernetesSettings) -> None:
    """Raises SpecUnsupported for tasks that need the loopback interface where nothing ever gets it."""
    if spec.services and settings.network is Network.SOCKETS:
        raise SpecUnsupported(
            f"the service {spec.services[0].name} needs the loopback interface, which ASSAY_KUBERNETES_NETWORK=sockets "
            "denies"
        )


def cut_off_check(spec: SandboxSpec, *, own_network: bool, without_ip: bool) -> str:
    """What cuts this sandbox off, in words. Raises SpecUnsupported if the task's egress cannot work then."""
    if own_network:
        return "a network namespace with loopback only, made by init; seccomp on socket families"
    if not without_ip:
        return "the namespace's network policy; seccomp on socket families. Loopback is shared with the pod only"
    if spec.egress:
        raise SpecUnsupported(
            f"the task needs network access to {spec.egress[0]}, and thus IP sockets, which are denied because nothing "
            "else cuts the pod off: the cluster enforces no network policy and init gets no network namespace"
        )
    return "seccomp denies IP sockets, even to the loopback interface, because the cluster enforces no network policy"


async def policy_warning(cluster: Cluster) -> str:
    """What is wrong with the policies; empty if one denies everything to sandboxes, or if this worker may not
    read them, which it need not."""
    policies = await cluster.policies()
    if policies is None or any(_denies_all(policy) for policy in policies):
        return ""
    return (
        f"the namespace {cluster.namespace} has no NetworkPolicy that denies sandboxes all ingress and egress: "
        "the chart installs one"
    )


def _denies_all(policy: NetworkPolicy) -> bool:
    spec = policy.spec
    if not spec or spec.ingress or spec.egress or not set(spec.policyTypes or ()) >= _BOTH:
        return False
    selector = spec.podSelector
    labels = (selector.matchLabels if selector else None) or {}
    return not (selector and selector.matchExpressions) and labels.items() <= POD_LABELS.items()
