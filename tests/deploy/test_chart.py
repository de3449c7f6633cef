"""What the rendered chart promises: no root, no tokens that are not used, only the architecture's connections, secrets
only where they are read, workers that drain."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest

from tests.deploy.chart import VALUES, Resource, containers, environment, of_kind, pods, rendered
from tests.deploy.network import COMPONENT, connections, outside
from tests.deploy.pod_security import violations

ARROWS = {
    ("gateway", "nats", 4222),
    ("ledger", "nats", 4222),
    ("runner", "nats", 4222),
    ("judge", "nats", 4222),
    ("ledger", "postgres", 5432),
    ("migrate", "postgres", 5432),
}
"""docs/architecture.md: services communicate only over the bus, and only the ledger knows Postgres."""


@pytest.mark.parametrize("values", VALUES)
def test_every_pod_meets_the_restricted_standard(values: str) -> None:
    found = {name: violations(pod) for name, pod in pods(rendered(values))}
    assert not any(found.values()), found
    assert len(found) >= 4


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        ({"securityContext": {"privileged": True}}, "privileged"),
        ({"securityContext": {"runAsUser": 0}}, "may run as root"),
        ({"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}}, "capabilities"),
        ({"securityContext": {"readOnlyRootFilesystem": False}}, "writable root file system"),
        ({"securityContext": {"allowPrivilegeEscalation": True}}, "allowPrivilegeEscalation is not false"),
        ({"ports": [{"containerPort": 80, "hostPort": 80}]}, "host port"),
    ],
)
def test_a_pod_that_does_not_is_found(change: dict[str, Any], violation: str) -> None:
    pod = copy.deepcopy(next(pod for name, pod in pods(rendered("bundled")) if name == "assay-gateway"))
    container = pod["containers"][0]
    container["securityContext"] |= change.get("securityContext", {})
    container |= {key: value for key, value in change.items() if key != "securityContext"}
    assert violation in violations(pod)


@pytest.mark.parametrize("values", VALUES)
def test_every_container_states_what_it_needs_and_how_it_is_probed(values: str) -> None:
    for name, pod in pods(rendered(values)):
        for container in containers(pod):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name
        if name != "assay-migrate":
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(pod["containers"][0]), name


@pytest.mark.parametrize("values", VALUES)
def test_only_pods_that_use_the_kubernetes_api_have_a_token(values: str) -> None:
    resources = rendered(values)
    for name, pod in pods(resources):
        container = pod["containers"][0]
        variables = environment(container) if "env" in container else {}
        uses_api = "ASSAY_POD_NAME" in variables or variables.get("ASSAY_SANDBOX") == "kubernetes"
        assert pod["automountServiceAccountToken"] is uses_api, name
    assert all(not each["automountServiceAccountToken"] for each in of_kind(resources, "ServiceAccount").values())


@pytest.mark.parametrize("values", VALUES)
def test_policies_allow_exactly_the_architectures_connections(values: str) -> None:
    resources = rendered(values)
    workloads = of_kind(resources, "Deployment", "StatefulSet", "Job").values()
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in workloads]
    components = {each[COMPONENT] for each in labels}
    expected = {arrow for arrow in ARROWS if {arrow[0], arrow[1]} <= components}
    assert connections(resources, labels) == expected


@pytest.mark.parametrize("values", VALUES)
def test_no_rule_allows_everyone_by_accident(values: str) -> None:
    """An empty list of peers means all of them."""
    for name, policy in of_kind(rendered(values), "NetworkPolicy").items():
        spec = policy["spec"]
        for rule in (*spec.get("egress", ()), *spec.get("ingress", ())):
            assert rule.get("to", rule.get("from", ["any"])), name
            assert rule.get("ports") or rule.get("to"), name


def test_only_runners_reach_model_endpoints_and_only_outside_of_the_cluster() -> None:
    policies = of_kind(rendered("bundled"), "NetworkPolicy")
    public = {name for name, each in policies.items() if any("ipBlock" in peer for peer in outside(each))}
    assert public == {"assay-runner"}
    blocks = [peer["ipBlock"] for peer in outside(policies["assay-runner"]) if "ipBlock" in peer]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(blocks[0]["except"])


def test_nothing_goes_into_or_out_of_sandboxes() -> None:
    policy = of_kind(rendered("sandboxes"), "NetworkPolicy")["assay-sandboxes"]
    assert policy["metadata"]["namespace"] == "bench-attempts"
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_runners_and_judges_may_only_handle_pods_in_the_namespace_of_sandboxes() -> None:
    resources = rendered("sandboxes")
    role = of_kind(resources, "Role")["assay-sandboxes"]
    assert role["metadata"]["namespace"] == "bench-attempts"
    assert {name for rule in role["rules"] for name in rule["resources"]} == {"pods", "pods/exec", "pods/log"}
    assert not of_kind(resources, "ClusterRole", "ClusterRoleBinding")
    namespace = of_kind(resources, "Namespace")["bench-attempts"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_each_pod_has_only_its_own_secrets() -> None:
    found = {name: _secret_files(pod) for name, pod in pods(rendered("bundled"))}
    assert found == {
        "assay-gateway": {"nats-gateway", "token"},
        "assay-ledger": {"nats-ledger", "database-url", "master-key"},
        "assay-runner-default": {"nats-runner"},
        "assay-judge-default": {"nats-judge"},
        "assay-migrate": {"database-url"},
        "assay-nats": {f"nats-{user}" for user in ("gateway", "ledger", "runner", "judge", "modelhost", "observer")},
        "assay-postgres": {"postgres-password"},
    }


def test_every_container_of_assay_reads_the_secrets_that_it_is_given() -> None:
    for values in VALUES:
        for name, pod in pods(rendered(values)):
            for container in containers(pod):
                mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
                if "secrets" in mounts and name not in ("assay-nats", "assay-postgres"):
                    assert environment(container)["ASSAY_SECRETS_DIR"] == mounts["secrets"], (values, name)


def test_provider_keys_reach_runners_alone() -> None:
    holders = {
        name
        for name, pod in pods(rendered("external"))
        for volume in pod["volumes"]
        for source in volume.get("projected", {}).get("sources", ())
        if source["secret"]["name"] == "assay-keys"
    }
    assert holders == {"assay-runner-default"}


def test_a_worker_may_finish_what_it_drains_before_it_is_killed() -> None:
    for name, pod in pods(rendered("keda")):
        if name.startswith(("assay-runner", "assay-judge")):
            drain = int(environment(pod["containers"][0])["ASSAY_DRAIN_SECONDS"])
            assert pod["terminationGracePeriodSeconds"] == drain + 15 + 15


def test_what_ran_on_a_dead_node_is_soon_replaced_except_for_the_stores() -> None:
    for name, pod in pods(rendered("bundled")):
        waits = {each["key"]: each["tolerationSeconds"] for each in pod.get("tolerations", ())}
        soon = {"node.kubernetes.io/not-ready": 30, "node.kubernetes.io/unreachable": 30}
        assert waits == ({} if name in ("assay-nats", "assay-postgres", "assay-migrate") else soon), name


def test_replicas_of_a_new_version_spread_over_nodes_regardless_of_the_old_ones() -> None:
    for name, workload in of_kind(rendered("bundled"), "Deployment").items():
        spread = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [each["matchLabelKeys"] for each in spread] == [["pod-template-hash"]], name


def test_what_is_scaled_states_no_number_of_replicas() -> None:
    resources = rendered("keda")
    targets = {
        each["spec"]["scaleTargetRef"]["name"]
        for each in of_kind(resources, "ScaledObject", "HorizontalPodAutoscaler").values()
    }
    without = {name for name, each in of_kind(resources, "Deployment").items() if "replicas" not in each["spec"]}
    assert targets == without == {
        "assay-gateway", "assay-runner-answers", "assay-runner-default", "assay-runner-large", "assay-judge-default",
    }  # fmt: skip


def test_workers_scale_on_the_slots_that_the_ledger_wants() -> None:
    trigger = of_kind(rendered("keda"), "ScaledObject")["assay-runner-default"]["spec"]["triggers"][0]
    assert (
        trigger["metadata"]["url"]
        == "http://assay-gateway.bench.svc:80/api/v1/scaling/default?stage=run&sandbox=any,container,kubernetes"
    )
    assert trigger["metadata"]["targetValue"] == "8"
    services = dict(pods(rendered("keda")))
    hosts = environment(services["assay-gateway"]["containers"][0])["ASSAY_ALLOWED_HOSTS"].split(",")
    assert "assay-gateway.bench.svc" in hosts
    assert environment(services["assay-ledger"]["containers"][0])["ASSAY_SANDBOXES_ON_DEMAND"] == "kubernetes,process"
    query = of_kind(rendered("route"), "ScaledObject")["assay-runner-default"]["spec"]["triggers"][0]["metadata"]
    assert "assay_wanted_slots" in query["query"]


@pytest.mark.parametrize("values", VALUES)
def test_selectors_match_the_pods_of_one_workload(values: str) -> None:
    resources = rendered(values)
    workloads = of_kind(resources, "Deployment", "StatefulSet").values()
    labels = {each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"] for each in workloads}
    selectors = {
        **{each["metadata"]["name"]: each["spec"]["selector"]["matchLabels"] for each in workloads},
        **{name: each["spec"]["selector"] for name, each in of_kind(resources, "Service").items()},
    }
    for name, selector in selectors.items():
        assert [each for each, found in labels.items() if selector.items() <= found.items()] == [name]
    for name, budget in of_kind(resources, "PodDisruptionBudget").items():
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels[name].items()


def test_names_stay_valid_for_a_long_release() -> None:
    for each in rendered("keda", release="r" * 53):
        longest = 253 if each["kind"].startswith("Validating") else 63
        assert len(each["metadata"]["name"]) <= longest, each["metadata"]["name"]


def test_images_come_from_the_registry_that_is_set() -> None:
    images = {
        container["image"] for _, pod in pods(rendered("external")) for container in containers(pod)
    }  # fmt: skip
    services = ("gateway", "ledger", "runner", "judge")
    assert images == {f"registry.example.org/ml/assay/{service}:1.2.3" for service in services}


def test_an_upgrade_migrates_the_database_first() -> None:
    hooks = {
        values: of_kind(rendered(values), "Job")["assay-migrate"]["metadata"]["annotations"]["helm.sh/hook"]
        for values in ("bundled", "external")
    }
    assert hooks == {"bundled": "pre-upgrade", "external": "pre-install,pre-upgrade"}


def _secret_files(pod: Resource) -> set[str]:
    sources = [volume.get("projected", {}).get("sources", [volume]) for volume in pod["volumes"]]
    secrets = [source["secret"] for source in itertools.chain(*sources) if "secret" in source]
    return {item["key"] for secret in secrets for item in secret["items"]}
