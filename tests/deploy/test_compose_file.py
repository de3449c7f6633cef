"""deploy/compose.yaml, as Docker Compose reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.compose.docker_compose import DEPLOY, find_compose, run

SERVICES = ("gateway", "ledger", "runner", "judge")
_VARIABLE = re.compile(r"\$\{([A-Z_]+)|^ +([A-Z][A-Z_]+):$", re.MULTILINE)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Both files, with all profiles and no settings but the group that the second one requires."""
    folder = tmp_path_factory.mktemp("compose")
    for name in ("compose.yaml", "compose.docker.yaml"):
        shutil.copy(DEPLOY / name, folder)
    files = ["--file", str(folder / "compose.yaml"), "--file", str(folder / "compose.docker.yaml")]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "ASSAY_DOCKER_GROUP": "999"}
    output = run([*find_compose(folder), *files, "--profile=*", "config", "--format=json"], **environment)
    return json.loads(output)


@pytest.mark.docker
def test_every_container_is_confined(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert any(option.startswith("no-new-privileges") for option in service["security_opt"]), name
        assert "privileged" not in service and "container_name" not in service, name
        assert name == "sandbox-folder" or not service.get("user", "").startswith("0"), name


@pytest.mark.docker
def test_only_the_ledger_reaches_postgres_and_what_scales_publishes_no_port(config: dict[str, Any]) -> None:
    networks = {name: set(service.get("networks") or ()) for name, service in config["services"].items()}
    assert {name for name, joined in networks.items() if "database" in joined} == {"ledger", "postgres"}
    assert networks["postgres"] == {"database"}
    assert all(config["networks"][name]["internal"] for name in ("bus", "database", "monitoring"))
    published = {name for name, service in config["services"].items() if service.get("ports")}
    assert published == {"gateway", "prometheus", "grafana"}
    addresses = {port["host_ip"] for name in published for port in config["services"][name]["ports"]}
    assert addresses == {"127.0.0.1"}


@pytest.mark.docker
def test_secrets_are_files_of_the_service_alone(config: dict[str, Any]) -> None:
    for name in SERVICES:
        service = config["services"][name]
        mounts = {mount["target"]: mount for mount in service["volumes"]}
        assert Path(mounts["/run/secrets"]["source"]).parts[-2:] == ("secrets", name)
        assert mounts["/run/secrets"]["read_only"]
        assert not {"ASSAY_NATS_PASSWORD", "ASSAY_DATABASE_URL", "ASSAY_TOKEN"} & set(service["environment"])
        assert service["environment"]["ASSAY_NATS_USER"] == name


@pytest.mark.docker
def test_what_must_survive_is_in_volumes_and_services_wait_for_one_another(config: dict[str, Any]) -> None:
    def volumes(name: str) -> set[str]:
        return {mount["source"] for mount in config["services"][name]["volumes"] if mount["type"] == "volume"}

    assert (volumes("postgres"), volumes("nats")) == ({"postgres"}, {"nats"})
    assert volumes("gateway") == volumes("runner") == volumes("judge") == {"artifacts"}
    for name in SERVICES:
        conditions = {each["condition"] for each in config["services"][name]["depends_on"].values()}
        assert conditions <= {"service_healthy", "service_completed_successfully"}
        assert config["services"][name]["restart"] == "unless-stopped"


def test_the_example_lists_exactly_the_settings() -> None:
    text = "".join((DEPLOY / name).read_text() for name in ("compose.yaml", "compose.docker.yaml"))
    used = {first or second for first, second in _VARIABLE.findall(text)}
    listed = set(re.findall(r"^#([A-Z_]+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    assert len(listed) > 40
    assert listed == used


def test_the_dashboard_has_a_row_for_each_question() -> None:
    panels = json.loads((DEPLOY / "grafana" / "dashboards" / "assay.json").read_text())["panels"]
    rows = [panel["title"] for panel in panels if panel["type"] == "row"]
    assert len(rows) > 5
    assert all(title.endswith("?") for title in rows)
    assert len({panel["id"] for panel in panels}) == len(panels)
    covered: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & covered and place["x"] + place["w"] <= 24, panel["title"]
        covered |= cells
        assert panel["type"] == "row" or all(each["datasource"]["uid"] == "prometheus" for each in panel["targets"])
