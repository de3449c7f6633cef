"""What is in a pod, who owns it, and which pods nobody owns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from lightkube.resources.core_v1 import Pod
from structlog.contextvars import bound_contextvars

from assay.sandbox import Command, FilesMount
from assay.sandbox.kubernetes import KubernetesProvider, KubernetesSettings
from assay.sandbox.kubernetes.orphans import is_orphan
from assay.sandbox.warm_pool import WarmPool
from tests.fakes.kubernetes import FakeCluster
from tests.fakes.kubernetes.pod_security import violations
from tests.sandbox.harness import SPEC, wait_until

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SETTINGS = KubernetesSettings(
    runtime_class="gvisor",
    node_selector={"pool": "sandboxes"},
    tolerations=({"key": "sandboxes", "operator": "Exists"},),
    image_pull_secrets=("registry",),
    deadline_seconds=600,
    cpu="250m",
)


async def test_a_pod_is_restricted_limited_placed_and_owned(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_POD_NAME", "runner-1")
    with bound_contextvars(attempt_id="a:1/2", run_id="r1"):
        async with KubernetesProvider(SETTINGS).open(SPEC, mounts=[FilesMount(path="/tests", files={"a": b"1"})]):
            (pod,) = cluster.pods.values()
    spec, labels = pod["spec"], pod["metadata"]["labels"]
    assert violations(pod) == []
    assert not spec["automountServiceAccountToken"] and not spec["enableServiceLinks"]
    assert (spec["restartPolicy"], spec["activeDeadlineSeconds"], spec["runtimeClassName"]) == ("Never", 600, "gvisor")
    assert spec["nodeSelector"].items() >= {"pool": "sandboxes", "kubernetes.io/os": "linux"}.items()
    assert spec["tolerations"] == list(SETTINGS.tolerations)
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert (
        labels.items() >= {"assay.dev/worker": "runner-1", "assay.dev/attempt": "a-1-2", "assay.dev/run": "r1"}.items()
    )
    for container in spec["containers"]:
        resources = container["resources"]
        assert resources["requests"] == resources["limits"] and {*resources["limits"]} >= {"cpu", "memory"}
        assert container["securityContext"]["readOnlyRootFilesystem"]
    assert all(int(volume["emptyDir"]["sizeLimit"]) > 0 for volume in spec["volumes"])
    (sandbox,) = [each for each in spec["containers"] if each["name"] == "sandbox"]
    writable = {each["mountPath"] for each in sandbox["volumeMounts"] if not each.get("readOnly")}
    assert writable == {"/workspace", "/tmp", "/dev/shm"} and sandbox["resources"]["limits"]["cpu"] == "250m"


def test_images_of_assay_come_from_the_registry() -> None:
    settings = KubernetesSettings(registry="registry.example.com/team/")
    assert settings.full_image("assay/sandbox-python:1") == "registry.example.com/team/assay/sandbox-python:1"
    assert settings.full_image("postgres:18") == "postgres:18"


async def test_a_warm_pod_is_taken_and_replaced(cluster: FakeCluster) -> None:
    """It names no attempt, because it is not known for which one it will be."""
    pool = WarmPool(1)
    provider = KubernetesProvider(warm_pool=pool)
    with bound_contextvars(attempt_id="a"):
        async with provider.open(SPEC):
            assert await wait_until(lambda: len(cluster.pods) == 2)
            (first, second) = cluster.pods
            assert not any("assay.dev/attempt" in pod["metadata"]["labels"] for pod in cluster.pods.values())
    async with provider.open(SPEC) as sandbox:
        assert second in cluster.pods and first not in {*cluster.pods} - {second}
        assert (await sandbox.run(Command(argv=["echo", "on"]))).stdout == b"on\n"
    await pool.close()
    assert await wait_until(lambda: not cluster.pods)


def pod(age_seconds: float, phase: str = "Running", ended_seconds: float | None = None, **metadata: Any) -> Pod:
    created = (NOW - timedelta(seconds=age_seconds)).isoformat()
    ended = {"exitCode": 0, "finishedAt": (NOW - timedelta(seconds=ended_seconds or 0)).isoformat()}
    state: dict[str, Any] = {"running": {}} if ended_seconds is None else {"terminated": ended}
    status = {"name": "relay", "state": state, "image": "", "imageID": "", "ready": False, "restartCount": 0}
    return cast(
        "Pod",
        Pod.from_dict(
            {
                "metadata": {"name": "p", "creationTimestamp": created} | metadata,
                "status": {"phase": phase, "containerStatuses": [status]},
            }
        ),
    )


@pytest.mark.parametrize(
    ("found", "orphan"),
    [
        (pod(3000), False),
        (pod(3000, ended_seconds=10), False),
        (pod(3000, ended_seconds=100), True),
        (pod(3000, "Failed", ended_seconds=100), True),
        (pod(3000, ended_seconds=100, deletionTimestamp=NOW.isoformat()), False),
        (pod(100, "Pending"), False),
        (pod(1000, "Pending"), True),
        (pod(22_000), True),
    ],
)
def test_a_pod_is_an_orphan_once_its_relay_has_ended_or_it_is_too_old(found: Pod, *, orphan: bool) -> None:
    assert is_orphan(found, KubernetesSettings(), NOW) is orphan


async def test_opening_a_sandbox_deletes_orphans(cluster: FakeCluster) -> None:
    """A pod whose relay a dead worker has left behind."""
    async with KubernetesProvider().open(SPEC):
        (name,) = cluster.pods
        old = cluster.pods[name]
        old["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
        async with KubernetesProvider().open(SPEC):
            assert await wait_until(lambda: name not in cluster.pods)
