"""kubectl and helm as a person would use them, and port-forwards that survive the death of their pod."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.embedded.process_identity import free_port

Resource = dict[str, Any]
HELM = shutil.which("helm") or str(Path(sys.executable).parent / "helm")


class CommandFailed(Exception):
    """With the command and what it printed."""


def run(command: Sequence[str], *, stdin: bytes | None = None, timeout_seconds: float = 900) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout_seconds, check=False)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)}: {done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


class Kubectl:
    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> str:
        return run(["kubectl", "-n", self.namespace, *arguments], stdin=stdin)

    def apply(self, *resources: Resource) -> None:
        self("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": resources}).encode())

    def items(self, kind: str, selector: str = "") -> list[Resource]:
        return json.loads(self("get", kind, "-l", selector, "-o", "json"))["items"]

    def pods(self, component: str) -> list[Resource]:
        """Those that are not being deleted."""
        pods = self.items("pods", f"app.kubernetes.io/component={component}")
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def ready_pods(self, component: str) -> list[str]:
        return [pod["metadata"]["name"] for pod in self.pods(component) if is_ready(pod)]

    def exec(self, pod: str, *command: str, stdin: bytes | None = None) -> str:
        return self("exec", "-i", pod, "--", *command, stdin=stdin)


def is_ready(pod: Resource) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


class PortForward:
    """A local port that leads to a service. It is opened again whenever it breaks."""

    def __init__(self, kubectl: Kubectl, service: str, port: int) -> None:
        self.port = free_port()
        self._command = ["kubectl", "-n", kubectl.namespace, "port-forward", service, f"{self.port}:{port}"]
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> PortForward:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.reopen()
        self._thread.join(10)

    def reopen(self) -> None:
        """End it; it is opened again to a pod that is ready."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _run(self) -> None:
        while not self._stopped.is_set():
            with Path(os.devnull).open("wb") as nowhere:
                self._process = subprocess.Popen(self._command, stdout=nowhere, stderr=nowhere)
                self._process.wait()
            time.sleep(0.2)
