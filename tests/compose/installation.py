"""Assay as deploy/compose.yaml starts it, with secrets, volumes and a project name of its own."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from assay.embedded.process_identity import free_port
from tests.compose.docker_compose import DEPLOY, ROOT, CommandFailed, find_compose, run

PROJECT = "assay-compose-test"
SERVICES = {"gateway": 1, "ledger": 2, "runner": 2, "judge": 1}
"""The number of containers of each."""
_SOCKET = Path("/var/run/docker.sock")
_COPIED = ("compose.yaml", "compose.docker.yaml", "secrets.sh", "seccomp", "prometheus", "grafana")


class Installation:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._compose = find_compose(folder)
        self._port, self._prometheus_port = free_port(), free_port()
        self.url, self.prometheus_url = f"http://127.0.0.1:{self._port}", f"http://127.0.0.1:{self._prometheus_port}"
        self.token = ""

    # --- setting up

    def install(self) -> None:
        """Builds images and makes secrets, as an operator does. ``ASSAY_COMPOSE_TAG`` names images that exist."""
        build = str(DEPLOY / "images" / "build")
        tag = os.environ.get("ASSAY_COMPOSE_TAG", "")
        if not tag:
            run([build, "stack", "prometheus", "sandbox-python", "sandbox-postgres"])
        for name in _COPIED:
            source = DEPLOY / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, self._folder / name)
        settings = {
            "ASSAY_VERSION": tag or run([build, "tag"]).strip(),
            "ASSAY_NATS_IMAGE": "assay/nats",
            "ASSAY_POSTGRES_IMAGE": "assay/postgres",
            "ASSAY_PROMETHEUS_IMAGE": "assay/prometheus",
            "ASSAY_CATALOG_FOLDER": str(ROOT / "catalog"),
            "ASSAY_PORT": str(self._port),
            "ASSAY_PROMETHEUS_PORT": str(self._prometheus_port),
            "ASSAY_DOCKER_GROUP": str(_SOCKET.stat().st_gid),
            "ASSAY_SANDBOX_FOLDER": str(self._folder / "sandboxes"),
            "ASSAY_RUNNER_SLOTS": "1",
            "ASSAY_JUDGE_TEST_SLOTS": "1",
        }
        (self._folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        run([str(self._folder / "secrets.sh")])
        self.token = (self._folder / "secrets" / "gateway" / "assay_token").read_text().strip()
        self.up()

    def up(self) -> None:
        """Returns when the gateway answers and both stages have slots."""
        scale = [f"--scale={service}={count}" for service, count in SERVICES.items() if count > 1]
        self.compose("up", "--detach", *scale, *SERVICES, "prometheus")
        self.wait_until(lambda: set(self.slots()) == {"run", "judge"}, 600, "runners and judges offer slots")

    def down(self) -> None:
        self.compose("down")

    def remove(self) -> None:
        self.compose("--profile=*", "down", "--volumes", "--timeout=1")

    def compose(self, *arguments: str) -> str:
        files = [f"--file={self._folder / name}" for name in ("compose.yaml", "compose.docker.yaml")]
        return run([*self._compose, f"--project-name={PROJECT}", "--profile=monitoring", *files, *arguments])

    # --- observing

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).split()

    def address(self, container: str, network: str) -> str:
        found = json.loads(run(["docker", "inspect", container]))[0]["NetworkSettings"]["Networks"]
        return found[f"{PROJECT}_{network}"]["IPAddress"]

    @property
    def database_url(self) -> str:
        """By the container's address: Postgres publishes no port."""
        password = (self._folder / "secrets" / "postgres" / "postgres_password").read_text().strip()
        return f"postgresql://assay:{password}@{self.address(self.containers('postgres')[0], 'database')}:5432/assay"

    def http(self) -> httpx2.Client:
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60)

    def get(self, path: str) -> Any:
        with self.http() as http:
            return http.get(path).raise_for_status().json()

    def slots(self) -> dict[str, int]:
        """Slots of live workers by stage."""
        return httpx2.get(f"{self.url}/readyz", timeout=10).json().get("workers", {})

    def submit(self, **body: Any) -> str:
        """Returns the run's id, once a worker offers what it needs."""
        answers: list[httpx2.Response] = []

        def accepted() -> bool:
            with self.http() as http:
                answers.append(http.post("/runs", json=body))
            return answers[-1].status_code != 409

        self.wait_until(accepted, 120, "a worker can execute the run")
        return answers[-1].raise_for_status().json()["run_id"]

    def progress(self, run_id: str) -> dict[str, Any]:
        return self.get(f"/runs/{run_id}")["progress"]

    def wait_until(
        self, true: Callable[[], bool], timeout_seconds: float, what: str, poll_seconds: float = 0.5
    ) -> float:
        """Returns the seconds it took."""
        began = time.monotonic()
        while True:
            try:
                if true():
                    return time.monotonic() - began
            except (CommandFailed, httpx2.HTTPError, ValueError) as error:
                what = f"{what.partition(' (')[0]} ({error})"
            if time.monotonic() - began > timeout_seconds:
                raise AssertionError(f"not within {timeout_seconds:g} s: {what}\n{self.logs()}")
            time.sleep(poll_seconds)

    def logs(self) -> str:
        return self.compose("ps", "--all") + self.compose("logs", "--tail=30")
