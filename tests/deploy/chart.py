"""Rendering the Helm chart as a user would, with one of the values files in ``values/``."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "assay"
VALUES = sorted(path.stem for path in (Path(__file__).parent / "values").glob("*.yaml"))
HELM = Path(sys.executable).parent / "helm"
Resource = dict[str, Any]

WORKLOADS = ("Deployment", "StatefulSet", "Job")


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(HELM), *arguments], capture_output=True, text=True, check=False)


def values_file(name: str) -> str:
    return str(Path(__file__).parent / "values" / f"{name}.yaml")


@functools.cache
def rendered(values: str, release: str = "assay") -> tuple[Resource, ...]:
    """The chart's objects for a values file, installed in the namespace ``bench``."""
    done = helm("template", release, str(CHART), "--namespace", "bench", "--values", values_file(values))
    assert done.returncode == 0, done.stderr
    return tuple(filter(None, yaml.safe_load_all(done.stdout)))


def of_kind(resources: Sequence[Resource], *kinds: str) -> dict[str, Resource]:
    """By name, of these kinds."""
    return {each["metadata"]["name"]: each for each in resources if each["kind"] in kinds}


def pods(resources: Sequence[Resource]) -> Iterator[tuple[str, Resource]]:
    """The pod specs of all workloads, with the workload's name."""
    for name, workload in of_kind(resources, *WORKLOADS).items():
        yield name, workload["spec"]["template"]["spec"]


def containers(pod: Resource) -> list[Resource]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def environment(container: Resource) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in container.get("env", ())}
