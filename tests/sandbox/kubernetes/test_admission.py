"""The namespace of sandboxes admits restricted pods only; also on a real cluster."""

from __future__ import annotations

from typing import Any

import pytest

from assay.sandbox.errors import ProviderUnavailable
from assay.sandbox.kubernetes import KubernetesSettings
from assay.sandbox.kubernetes.cluster import Cluster
from assay.sandbox.kubernetes.labels import pod_labels
from assay.sandbox.kubernetes.pod_manifest import pod_manifest
from tests.sandbox.harness import REAL_CLUSTER, SPEC, fake_cluster


@pytest.mark.parametrize(
    "change",
    [
        {"privileged": True, "allowPrivilegeEscalation": True},
        {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
        {"runAsUser": 0, "runAsNonRoot": False},
    ],
)
async def test_a_privileged_variant_is_refused(change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    if not REAL_CLUSTER:
        monkeypatch.setenv("KUBECONFIG", str(fake_cluster().kubeconfig))
    settings = KubernetesSettings()
    pod = pod_manifest("assay-sandbox-privileged", SPEC, settings, (), pod_labels())
    pod["spec"]["containers"][1]["securityContext"] |= change
    cluster = Cluster(settings.namespace)
    try:
        with pytest.raises(ProviderUnavailable, match=r'does not admit sandboxes: .*violates PodSecurity "restricted'):
            await cluster.create(pod)
    finally:
        await cluster.close()
