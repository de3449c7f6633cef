"""Each service's process gets only the variables it needs; also free ports and log files."""

from __future__ import annotations

import socket
from pathlib import Path

from assay.embedded.data_folder import DataFolder
from assay.embedded.environment import with_dotenv
from assay.embedded.log_files import last_lines, shorten
from assay.embedded.nats_server import NatsServer
from assay.embedded.process_identity import free_port
from assay.embedded.services import Address, ServiceSpecs, UpOptions, metrics_ports

USERS_OWN = {
    "PATH": "/bin",
    "OPENAI_API_KEY": "canary-key",
    "ASSAY_CUSTOM_KEY": "canary-custom",
    "AWS_SECRET_ACCESS_KEY": "canary-cloud",
    "HF_TOKEN": "canary-hub",
    "ASSAY_TOKEN": "canary-token",
    "ASSAY_LEASE_SECONDS": "4",
}


def environments_of(tmp_path: Path) -> dict[str, dict[str, str]]:
    folder = DataFolder(tmp_path)
    folder.make()
    services = ServiceSpecs(folder, NatsServer(folder, 4222), "postgresql:canary-database", USERS_OWN)
    options = UpOptions(data=tmp_path, address=Address(port=8701), runners=2)
    return {spec.name: dict(spec.environment) for spec in services.specs(options)}


def processes_with(value: str, environments: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, environment in environments.items() if value in environment.values()}


def test_secrets_reach_only_the_services_that_need_them(tmp_path: Path) -> None:
    environments = environments_of(tmp_path)
    assert set(environments) == {"ledger", "gateway", "modelhost", "runner-1", "runner-2", "judge"}
    for key in ("canary-key", "canary-custom", "canary-cloud"):
        assert processes_with(key, environments) == {"runner-1", "runner-2"}
    assert processes_with("canary-hub", environments) == {"runner-1", "runner-2", "modelhost"}
    assert processes_with("canary-token", environments) == {"gateway"}
    assert processes_with("postgresql:canary-database", environments) == {"ledger"}


def test_each_service_has_its_own_login_on_the_bus(tmp_path: Path) -> None:
    environments = environments_of(tmp_path)
    users = {name: environment["ASSAY_NATS_USER"] for name, environment in environments.items()}
    assert users == {
        "ledger": "ledger",
        "gateway": "gateway",
        "modelhost": "modelhost",
        "runner-1": "runner",
        "runner-2": "runner",
        "judge": "judge",
    }
    passwords = {
        environment["ASSAY_NATS_USER"]: environment["ASSAY_NATS_PASSWORD"] for environment in environments.values()
    }
    assert len(set(passwords.values())) == 5


def test_settings_that_are_not_secret_reach_all_services(tmp_path: Path) -> None:
    assert processes_with("4", environments_of(tmp_path)) == set(environments_of(tmp_path))


def test_the_environment_takes_precedence_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=from-file\nGROQ_API_KEY='quoted'\n# comment\nEMPTY\n")
    found = with_dotenv({"OPENAI_API_KEY": "from-shell"}, tmp_path / ".env")
    assert found == {"OPENAI_API_KEY": "from-shell", "GROQ_API_KEY": "quoted"}
    assert with_dotenv({}, tmp_path / "absent") == {}


def test_a_free_port_is_never_an_ephemeral_one() -> None:
    """By default, those begin at 32768 on Linux and at 49152 elsewhere."""
    port = free_port()
    assert 1024 < port < 32_768
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(preferred=port) != port
    assert free_port(preferred=port) == port


def test_a_long_log_is_shortened_to_its_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(1000):
            writer.write(b"line %d\n" % number)
        shorten(log, max_bytes=1000)
        writer.write(b"after\n")
    assert log.read_text() == "after\n"
    kept = (tmp_path / "a.log.1").read_text()
    assert kept.startswith("line ") and kept.endswith("line 999\n")
    assert 490 < len(kept) <= 500
    shorten(tmp_path / "absent.log")


def test_last_lines_cannot_steer_a_terminal(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"first\n\n\x1b[2Jsecond\xff\n" + b"x" * 1000)
    assert last_lines(log, 2) == ("[2Jsecond\ufffd", "x" * 500)
    assert last_lines(tmp_path / "absent.log") == ()


def test_each_process_gets_a_port_of_its_own_for_metrics(tmp_path: Path) -> None:
    ports = {name: each.get("ASSAY_METRICS_PORT", "") for name, each in environments_of(tmp_path).items()}
    assert set(ports.values()) == {""}, "none is opened by default"
    assert metrics_ports("9090", ["ledger", "runner", "judge"]) == {
        "ledger": {"ASSAY_METRICS_PORT": "9090"},
        "runner": {"ASSAY_METRICS_PORT": "9091"},
        "judge": {"ASSAY_METRICS_PORT": "9092"},
    }
    for wrong in ("", "0", "ninety"):
        assert metrics_ports(wrong, ["ledger"]) == {"ledger": {}}
