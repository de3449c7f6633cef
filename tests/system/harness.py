"""The whole system as users run it: ``assay up`` in a separate process with its own data folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

from assay.embedded.process_identity import free_port

WAIT_SECONDS = 240.0
"""How long a condition may take on a busy machine."""


class Stack:
    def __init__(self, process: subprocess.Popen[bytes], data: Path, url: str) -> None:
        self.process = process
        self.data = data
        self.url = url
        self.http = httpx2.Client(base_url=f"{url}/api/v1", timeout=60, verify=False)

    def submit(self, **body: Any) -> str:
        response = self.http.post("/runs", json=body)
        assert response.status_code == 201, response.text
        return str(response.json()["run_id"])

    def run(self, run_id: str) -> dict[str, Any]:
        return self.http.get(f"/runs/{run_id}").raise_for_status().json()

    def attempts(self, run_id: str) -> list[dict[str, Any]]:
        return self.http.get(f"/runs/{run_id}/attempts", params={"limit": 1000}).raise_for_status().json()["items"]

    def facts(self, run_id: str) -> list[dict[str, Any]]:
        """All facts of a run, page by page."""
        facts: list[dict[str, Any]] = []
        while page := self.http.get(f"/runs/{run_id}/facts", params={"after": len(facts)}).raise_for_status().json():
            facts += page
        return facts

    def wait(
        self, run_id: str, until: Callable[[dict[str, Any]], bool], timeout_seconds: float = WAIT_SECONDS
    ) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_seconds
        run: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                run = self.run(run_id)
                if until(run):
                    return run
            except (httpx2.TransportError, httpx2.HTTPStatusError):
                pass  # the gateway or a service behind it is restarting
            time.sleep(0.1)
        raise AssertionError(f"timeout after {timeout_seconds} s: {json.dumps(run, indent=1)}\n{self.logs()}")

    def submit_when_ready(self, **body: Any) -> str:
        """Submit a run while services are restarting."""
        self.wait_until(lambda: httpx2.get(f"{self.url}/readyz").status_code == 200)
        return self.submit(**body)

    def wait_until(self, condition: Callable[[], bool], timeout_seconds: float = WAIT_SECONDS) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def finish(self, run_id: str, timeout_seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        return self.wait(run_id, lambda run: run["status"] == "finished", timeout_seconds)

    def processes(self, text: str) -> list[psutil.Process]:
        """The stack's processes whose command line contains the text."""
        found: list[psutil.Process] = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if text in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def kill(self, text: str) -> int:
        """Send SIGKILL to the first such process; returns its pid."""
        process = self.processes(text)[0]
        process.send_signal(signal.SIGKILL)
        return process.pid

    def logs(self) -> str:
        logs = [*sorted((self.data / "logs").glob("*.log")), self.data / "up.log"]
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)


@contextmanager
def running_stack(*arguments: str, data: Path | None = None, **environment: str) -> Generator[Stack]:
    # Not in pytest's folder: Postgres runs as another user, and paths of sockets must be short.
    folder = data or Path(tempfile.mkdtemp(prefix="assay-up-"))
    folder.chmod(0o755)
    port = free_port()
    command = (sys.executable, "-m", "assay.cli", "up", "--json", "--data", str(folder), "--port", str(port))
    with (folder / "up.log").open("wb") as log:
        # Workers do not probe for Docker unless a test needs it.
        environ = {**os.environ, "ASSAY_SANDBOX": "bubblewrap", **environment}
        process = subprocess.Popen((*command, *arguments), stdout=log, stderr=log, env=environ)
    stack = Stack(process, folder, f"http://127.0.0.1:{port}")
    try:
        _wait_ready(stack, folder / "up.log")
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            process.kill()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _wait_ready(stack: Stack, log: Path, timeout_seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and stack.process.poll() is None:
        try:
            if httpx2.get(f"{stack.url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the stack did not start:\n{log.read_text()[-3000:]}\n{stack.logs()}")
