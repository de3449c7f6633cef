"""Which components the chart's NetworkPolicies let connect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tests.deploy.chart import Resource, of_kind

Labels = dict[str, str]
COMPONENT = "app.kubernetes.io/component"


def connections(resources: Sequence[Resource], pods: Iterable[Labels]) -> set[tuple[str, str, int]]:
    """From which component to which, and on which port: what the sender's policies let out and the receiver's let in.
    ``pods`` are the labels of one pod of each component; all are selected by at least one policy."""
    policies = [each["spec"] for each in of_kind(resources, "NetworkPolicy").values()]
    labels = {each[COMPONENT]: each for each in pods}
    return {
        (sender, receiver, port)
        for sender in labels
        for receiver in labels
        for port in _ports(policies, "Egress", labels[sender], labels[receiver])
        & _ports(policies, "Ingress", labels[receiver], labels[sender])
    }


def _ports(policies: Sequence[Resource], direction: str, pod: Labels, peer: Labels) -> set[int]:
    """The ports on which a pod's policies allow a peer."""
    of_pod = [each for each in policies if direction in each["policyTypes"] and _selects(each["podSelector"], pod)]
    assert of_pod, f"no policy limits {direction} of {pod[COMPONENT]}"
    rules = [rule for each in of_pod for rule in each.get(direction.lower(), ())]
    return {port["port"] for rule in rules if _matches(rule, direction, peer) for port in rule["ports"]}


def _matches(rule: Resource, direction: str, peer: Labels) -> bool:
    peers = rule.get("to" if direction == "Egress" else "from")
    return peers is None or any("podSelector" in each and _selects(each["podSelector"], peer) for each in peers)


def _selects(selector: Resource, labels: Labels) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items()


def outside(policy: Resource) -> Iterator[Resource]:
    """The rules for peers that are not pods of the release."""
    for rule in (*policy["spec"].get("egress", ()), *policy["spec"].get("ingress", ())):
        peers = rule.get("to", rule.get("from", [{}]))
        yield from (each for each in peers if "podSelector" not in each)
