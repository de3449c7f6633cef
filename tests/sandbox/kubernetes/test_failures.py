"""What a cluster can refuse or break: whose fault it is, in the cluster's own words, and that no pod is left."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import structs

from assay.contracts.sandboxspec import Capability, SandboxSpec, Service
from assay.sandbox import Command, Limit, SandboxError
from assay.sandbox.errors import (
    ProviderUnavailable,
    SandboxLost,
    SandboxNotStarted,
    ServiceNotReady,
    SpecUnsupported,
)
from assay.sandbox.kubernetes import KubernetesProvider, KubernetesSettings
from assay.sandbox.kubernetes.bridge import Bridge
from tests.fakes.kubernetes import FakeCluster
from tests.sandbox.harness import SPEC, wait_until

PYTHON = "assay/sandbox-python:latest"
PRIVILEGED = Service(name="db", image=PYTHON, capabilities=(Capability.CHOWN,))
BROKEN = Service(
    name="web", image=PYTHON, command=("python3", "-c", "raise SystemExit('no $(HOME) here')"), ports=(80,)
)


async def open_error(spec: SandboxSpec = SPEC, settings: KubernetesSettings | None = None) -> SandboxError:
    with pytest.raises(SandboxError) as raised:
        async with KubernetesProvider(settings).open(spec):
            pass
    return raised.value


async def no_pods(cluster: FakeCluster) -> bool:
    return await wait_until(lambda: not cluster.pods)


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("quota", SandboxNotStarted, "quota is exhausted: .*exceeded quota: sandboxes, requested: pods=1"),
        ("unschedulable", SandboxNotStarted, "0/2 nodes are available: 2 Insufficient cpu"),
        ("no python", SpecUnsupported, "sandbox|relay.*python3.*not found in"),
        ("forbidden", ProviderUnavailable, 'does not let this worker .*User "assay" cannot create'),
        ("unavailable", SandboxNotStarted, "in 6 attempts: .*unable to handle the request"),
    ],
)
async def test_the_error_says_why_and_whether_another_try_may_help(
    cluster: FakeCluster, fault: str, kind: type[SandboxError], message: str
) -> None:
    cluster.faults.add(fault)
    endless = fault in ("quota", "unschedulable")
    error = await open_error(settings=KubernetesSettings(start_seconds=2 if endless else 60))
    cluster.faults.clear()
    assert type(error) is kind
    with pytest.raises(kind, match=message):
        raise error
    assert await no_pods(cluster)


async def test_a_namespace_that_does_not_exist_is_named(cluster: FakeCluster) -> None:
    error = await open_error(settings=KubernetesSettings(namespace="elsewhere"))
    assert isinstance(error, ProviderUnavailable) and 'namespaces "elsewhere" not found' in str(error)


async def test_an_image_that_does_not_exist_is_named(cluster: FakeCluster) -> None:
    error = await open_error(structs.replace(SPEC, image="nobody/nothing:1"))
    assert type(error) is SpecUnsupported and 'failed to pull image "nobody/nothing:1": not found' in str(error)
    assert await no_pods(cluster)


async def test_no_cluster_is_an_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    error = await open_error()
    assert isinstance(error, ProviderUnavailable) and "set KUBECONFIG" in str(error)


async def test_tasks_that_need_docker_are_refused(cluster: FakeCluster) -> None:
    for spec in (structs.replace(SPEC, build={"Dockerfile": b"FROM x"}), structs.replace(SPEC, services=(PRIVILEGED,))):
        error = await open_error(spec)
        assert type(error) is SpecUnsupported and "use docker" in str(error)
    assert not any(request.startswith("POST") for request in cluster.api.requests)


async def test_passing_failures_of_the_api_server_are_repeated(cluster: FakeCluster) -> None:
    cluster.faults |= {"unavailable once", "created but unavailable"}
    async with KubernetesProvider().open(SPEC) as sandbox:
        assert (await sandbox.run(Command(argv=["echo", "on"]))).stdout == b"on\n"
        assert len(cluster.pods) == 1
    assert await no_pods(cluster)


async def test_an_evicted_pod_is_an_infrastructure_failure(cluster: FakeCluster) -> None:
    async with KubernetesProvider().open(SPEC) as sandbox:
        process = await sandbox.start(Command(argv=["sleep", "60"]))
        (name,) = cluster.pods
        await asyncio.to_thread(cluster.fail, name, "Evicted", "The node was low on resource: memory.")
        with pytest.raises(SandboxLost, match=r"Evicted: The node was low on resource"):
            await process.wait()
        with pytest.raises(SandboxLost):
            await sandbox.run(Command(argv=["true"]))
    assert await no_pods(cluster)


async def test_a_container_killed_for_its_memory_is_the_attempts_limit(cluster: FakeCluster) -> None:
    """As with cgroups of version 2, where the kernel kills process 1 too."""
    cluster.faults.add("out of memory")
    async with KubernetesProvider().open(SPEC) as sandbox:
        process = await sandbox.start(Command(argv=["sleep", "60"]))
        (name,) = cluster.pods
        cluster.api.pods.processes[name].kill("sandbox")
        result = await process.wait()
        assert (result.exit_code, result.killed_by) == (-9, Limit.MEMORY)


async def test_a_service_that_ends_is_reported_with_its_log(cluster: FakeCluster) -> None:
    """Its arguments arrive unchanged, although Kubernetes replaces variables in them."""
    error = await open_error(structs.replace(SPEC, services=(BROKEN,)))
    assert type(error) is ServiceNotReady and "it exited" in str(error) and "no $(HOME) here" in str(error)
    assert await no_pods(cluster)


async def test_a_cancelled_opening_leaves_no_pod(cluster: FakeCluster) -> None:
    async def open_one() -> None:
        async with KubernetesProvider().open(SPEC):
            raise AssertionError("it is cancelled before")

    cluster.faults.add("unschedulable")
    opening = asyncio.create_task(open_one())
    assert await wait_until(lambda: cluster.pods)
    opening.cancel()
    await asyncio.wait([opening])
    assert opening.cancelled()
    assert await no_pods(cluster)


async def test_a_pod_ends_without_its_worker(cluster: FakeCluster) -> None:
    """The worker's connection breaks; nothing else tells the pod."""
    async with KubernetesProvider().open(SPEC):
        (name,) = cluster.pods
        cluster.break_exec(name)
        assert await wait_until(lambda: all("terminated" in state for state in states(cluster, name)))


async def test_a_pod_ends_if_its_worker_dies_before_init_has_started(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Bridge.network_reached

    async def break_exec(bridge: Bridge) -> bool:
        await ask(bridge)
        cluster.break_exec(*cluster.pods)
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(Bridge, "network_reached", break_exec)
    opening = asyncio.create_task(open_error())
    assert await wait_until(
        lambda: cluster.pods and all("terminated" in state for name in cluster.pods for state in states(cluster, name))
    )
    opening.cancel()
    await asyncio.wait([opening])


def states(cluster: FakeCluster, name: str) -> list[dict[str, object]]:
    """Of its two containers, once both have started."""
    found = [each["state"] for each in cluster.pods[name]["status"].get("containerStatuses", [])]
    return found if len(found) == 2 else [{}]
