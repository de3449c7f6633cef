"""Assay in a cluster: it scales with the demand, and nothing is lost or paid twice whatever ends without notice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.installation import Installation
from tests.cluster.kubectl import CommandFailed
from tests.cluster.load import ATTEMPTS, under_load
from tests.cluster.next_version import build_next_version
from tests.cluster.report import record
from tests.database import check_sums, leader_address, value

RUNNERS = "deployment/assay-runner-default"
SCALE_SECONDS = 180.0


def test_runners_scale_from_zero_and_back(assay: Installation) -> None:
    none = assay.wait_until(lambda: not assay.kubectl.pods("runner"), SCALE_SECONDS, "there are no runners")
    with under_load(assay, "scaling") as run:
        first = run.seconds()
        assay.wait_until(lambda: len(assay.kubectl.ready_pods("runner")) >= 4, SCALE_SECONDS, "four runners are ready")
        four = run.seconds()
    assay.wait_until(lambda: not assay.kubectl.pods("runner"), SCALE_SECONDS, "no runner is left")
    back = run.seconds() - run.ended_seconds
    record(
        assay.settings.results,
        f"run of {ATTEMPTS} attempts, runners 0 -> 4 -> 0",
        f"idle after {none:.0f} s; a tenth done after {first:.0f} s, four runners after {four:.0f} s, all done after "
        f"{run.ended_seconds:.0f} s, no runner at most {back:.0f} s later",
    )


@pytest.mark.parametrize("component", ["gateway", "ledger", "runner", "judge", "nats", "postgres"])
def test_a_pod_is_killed(assay: Installation, component: str) -> None:
    with under_load(assay, f"kill-{component}") as run:
        assay.wait_until(lambda: bool(assay.kubectl.ready_pods(component)), 120, f"a pod of {component} is ready")
        ready = assay.kubectl.ready_pods(component)
        killed = _leading_ledger(assay) if component == "ledger" else ready[0]
        identity = _identity(assay, killed)
        assay.kubectl("delete", "pod", killed, "--grace-period=0", "--force")
        seconds = assay.wait_until(
            lambda: (
                identity not in _identities(assay, component) and len(assay.kubectl.ready_pods(component)) >= len(ready)
            ),
            300,
            f"as many pods of {component} are ready as before",
        )
    record(
        assay.settings.results, f"{component} killed", f"replaced after {seconds:.0f} s; run {run.ended_seconds:.0f} s"
    )


def test_everything_is_restarted(assay: Installation) -> None:
    with under_load(assay, "restart") as run:
        assay.kubectl("rollout", "restart", "deployment")
        assay.kubectl("rollout", "status", "deployment/assay-gateway", "--timeout=300s")
        assay.kubectl("rollout", "status", "deployment/assay-ledger", "--timeout=300s")
    tries = _repeated_tries(assay, run.run_id)
    record(assay.settings.results, "rolling restart", f"run {run.ended_seconds:.0f} s; {tries} tries repeated")
    assert tries == 0


def test_an_upgrade_migrates_the_database_under_load(assay: Installation) -> None:
    tag = build_next_version(assay.settings)
    with under_load(assay, "upgrade") as run:
        assay.upgrade("--set", f"image.tag={tag}")
        upgraded = run.seconds()
    assert value(assay.database_url, "SELECT count(*) FROM next_version") == 0
    tries = _repeated_tries(assay, run.run_id)
    record(
        assay.settings.results,
        "helm upgrade with a migration",
        f"upgraded after {upgraded:.0f} s; run {run.ended_seconds:.0f} s; {tries} tries repeated",
    )
    assert tries == 0


def test_a_privileged_sandbox_is_refused(assay: Installation) -> None:
    container = {"name": "a", "image": "a", "securityContext": {"privileged": True}}
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [container]},
    }
    sandboxes = f"{assay.settings.namespace}-sandboxes"
    with pytest.raises(CommandFailed, match="violates PodSecurity"):
        assay.kubectl("create", "-n", sandboxes, "--dry-run=server", "-f", "-", stdin=json.dumps(pod).encode())


def test_a_worker_may_change_only_its_own_annotation(assay: Installation) -> None:
    worker = f"system:serviceaccount:{assay.settings.namespace}:assay-runner"
    ledger = assay.kubectl.ready_pods("ledger")[0]
    metadata = {"name": ledger, "annotations": {"controller.kubernetes.io/pod-deletion-cost": "9"}}
    pod = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata}).encode()
    with pytest.raises(CommandFailed, match="may change only its own pod"):
        assay.kubectl("apply", "--server-side", "-f", "-", "--as", worker, stdin=pod)


def test_a_node_is_killed(assay: Installation) -> None:
    if not assay.settings.kill_node:
        pytest.skip("ASSAY_CLUSTER_KILL_NODE is not set")
    with under_load(assay, "node") as run:
        assay.settings.kill(assay.settings.doomed_node)
    tries = _repeated_tries(assay, run.run_id)
    record(assay.settings.results, "node killed", f"run {run.ended_seconds:.0f} s; {tries} tries repeated")


def test_all_sums_agree_in_the_end(assay: Installation) -> None:
    check_sums(assay.database_url)


def _identities(assay: Installation, component: str) -> list[str]:
    return [pod["metadata"]["uid"] for pod in assay.kubectl.pods(component)]


def _identity(assay: Installation, name: str) -> str:
    return assay.kubectl("get", "pod", name, "-o", "jsonpath={.metadata.uid}")


def _leading_ledger(assay: Installation) -> str:
    """The pod whose session holds the advisory lock of the leader."""
    address = leader_address(assay.database_url)
    return next(pod["metadata"]["name"] for pod in assay.kubectl.pods("ledger") if pod["status"]["podIP"] == address)


def _repeated_tries(assay: Installation, run_id: str) -> int:
    return value(
        assay.database_url,
        "SELECT coalesce(sum(greatest(tries - 1, 0)), 0)::int FROM attempts WHERE run_id = $1",
        run_id,
    )
