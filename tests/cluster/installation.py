"""Assay installed in the cluster by its chart, with a catalogue and a provider whose charges are known."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from tests.cluster.kubectl import HELM, CommandFailed, Kubectl, PortForward, Resource, run
from tests.cluster.settings import ClusterSettings
from tests.faults.processes import provider
from tests.faults.processes.sample_catalog import write_catalog

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "assay"
RELEASE = "assay"
CALL_SECONDS = 2.0
_CATALOG, _PROVIDER = "assay-test-catalog", "assay-test-provider"
_UNPACK = "import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode='r|').extractall('/catalog', filter='data')"
_JOURNAL = "/tmp/journal"


class Installation:
    """``url``, ``token``, ``database_url`` and ``journal`` are what the invariants of the fault tests read."""

    def __init__(self, settings: ClusterSettings) -> None:
        self.settings = settings
        self.kubectl = Kubectl(settings.namespace)
        self._gateway = PortForward(self.kubectl, f"service/{RELEASE}-gateway", 80)
        self._postgres = PortForward(self.kubectl, f"service/{RELEASE}-postgres", 5432)
        self.url, self.token, self.database_url = f"http://127.0.0.1:{self._gateway.port}", "", ""

    # --- setting up

    def install(self) -> None:
        run(["kubectl", "create", "namespace", self.settings.namespace])
        if self.settings.shared_folder:
            self.kubectl.apply(*self._volumes())
        self.kubectl.apply(self._catalog_claim(), self._provider(), self._provider_service())
        self.wait_until(lambda: bool(self.kubectl.ready_pods("test-provider")), 180, "the provider runs")
        self._start_provider()
        self.upgrade()
        self.token = self._secret("token")
        password = self._secret("postgres-password")
        self._gateway.__enter__()
        self._postgres.__enter__()
        self.database_url = f"postgresql://assay:{password}@127.0.0.1:{self._postgres.port}/assay"
        self.wait_until(self.ready, 180, "the gateway answers")

    def upgrade(self, *options: str) -> None:
        """Install the release, or upgrade it with more options."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self._values(), file)
            file.flush()
            command = [HELM, "upgrade", "--install", RELEASE, str(CHART), "-n", self.settings.namespace]
            run([*command, "--values", file.name, "--wait", "--timeout", "10m", *options])

    def close(self) -> None:
        self._gateway.__exit__()
        self._postgres.__exit__()

    def _values(self) -> dict[str, Any]:
        away = {"nodeSelector": {"assay-test/databases": "yes"}} if self.settings.doomed_node else {}
        storage = {"storageClass": self.settings.storage_class}
        return {
            "image": {"tag": self.settings.tag},
            "artifacts": {"persistence": {**storage, "size": "1Gi"}},
            "catalog": {"existingClaim": _CATALOG},
            "keda": {"enabled": True, "pollingSeconds": 2},
            "gateway": {"resources": _small(), "env": {}},
            "ledger": {"resources": _small(), "dayLimitUsd": "1000"},
            "workerDefaults": {"resources": _small(), "autoscaling": {"maxReplicas": 4, "cooldownSeconds": 10}},
            "runners": {"default": {"drainSeconds": 60}},
            "judges": {"default": {"drainSeconds": 30, "autoscaling": {"maxReplicas": 2}}},
            "nats": {"image": self.settings.nats_image, "persistence": {**storage, "size": "1Gi"}, **away},
            "postgres": {"image": self.settings.postgres_image, "persistence": {**storage, "size": "1Gi"}, **away},
            "networkPolicy": {
                "modelPorts": [8080],
                "models": [{"podSelector": {"matchLabels": _labels("test-provider")}}],
            },
        }

    def _volumes(self) -> list[Resource]:
        """Volumes in the folder that all nodes share, for the claims of the chart and of the test."""
        claims = {
            f"{RELEASE}-artifacts": "ReadWriteMany",
            _CATALOG: "ReadWriteMany",
            f"data-{RELEASE}-nats-0": "ReadWriteOnce",
            f"data-{RELEASE}-postgres-0": "ReadWriteOnce",
        }
        volumes: list[Resource] = []
        for claim, mode in claims.items():
            folder = Path(self.settings.shared_folder) / claim
            folder.mkdir(parents=True)
            folder.chmod(0o777)
            spec = {
                "capacity": {"storage": "1Gi"},
                "accessModes": [mode],
                "storageClassName": self.settings.storage_class,
                "claimRef": {"namespace": self.settings.namespace, "name": claim},
                "hostPath": {"path": str(folder)},
            }
            metadata = {"name": f"{self.settings.namespace}-{claim}"}
            volumes.append({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec})
        return volumes

    def _catalog_claim(self) -> Resource:
        spec: Resource = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
        if self.settings.storage_class:
            spec["storageClassName"] = self.settings.storage_class
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": _CATALOG}, "spec": spec}

    def _provider(self) -> Resource:
        """A pod that waits for its program and for the catalogue, which it writes to the volume."""
        mount = {"name": "catalog", "mountPath": "/catalog"}
        container = {
            "name": "provider",
            "image": f"assay/runner:{self.settings.tag}",
            "imagePullPolicy": "IfNotPresent",
            "command": ["python", "-c", "import time; time.sleep(1_000_000)"],
            "volumeMounts": [mount],
        }
        volume = {"name": "catalog", "persistentVolumeClaim": {"claimName": _CATALOG}}
        spec: Resource = {
            "containers": [container],
            "volumes": [volume],
            "securityContext": {"fsGroup": 10001},
            "terminationGracePeriodSeconds": 1,
        }
        if self.settings.doomed_node:
            spec["nodeSelector"] = {"assay-test/databases": "yes"}
        metadata = {"name": _PROVIDER, "labels": _labels("test-provider")}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def _provider_service(self) -> Resource:
        spec = {"selector": _labels("test-provider"), "ports": [{"port": 8080}]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": _PROVIDER}, "spec": spec}

    def _start_provider(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "catalog"
            write_catalog(folder, f"http://{_PROVIDER}:8080/v1")
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                archive.add(folder, ".")
        self.kubectl.exec(_PROVIDER, "python", "-c", _UNPACK, stdin=packed.getvalue())
        program = Path(provider.__file__).read_bytes()
        write = "import sys; open('/tmp/provider.py', 'wb').write(sys.stdin.buffer.read())"
        self.kubectl.exec(_PROVIDER, "python", "-c", write, stdin=program)
        serve = f"['python', '/tmp/provider.py', '{_JOURNAL}', '{CALL_SECONDS}', '--host=0.0.0.0', '--port=8080']"
        nowhere = "stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"
        start = f"import subprocess; subprocess.Popen({serve}, start_new_session=True, {nowhere})"
        self.kubectl.exec(_PROVIDER, "python", "-c", start)

    def _secret(self, key: str) -> str:
        return base64.b64decode(self.kubectl("get", "secret", RELEASE, "-o", f"jsonpath={{.data.{key}}}")).decode()

    # --- observing

    @property
    def journal(self) -> Path:
        """A copy of the provider's journal."""
        self.settings.results.parent.mkdir(parents=True, exist_ok=True)
        copy = self.settings.results.with_suffix(".journal")
        copy.write_text(self.kubectl.exec(_PROVIDER, "cat", _JOURNAL))
        return copy

    def http(self) -> httpx2.Client:
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)

    def ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=3).status_code == 200
        except httpx2.TransportError:
            return False

    def wait_until(self, true: Callable[[], bool], timeout_seconds: float, what: str) -> float:
        """Wait until it is true; returns the seconds it took."""
        began = time.monotonic()
        while True:
            try:
                if true():
                    return time.monotonic() - began
            except (CommandFailed, httpx2.HTTPError, subprocess.TimeoutExpired) as error:
                what = f"{what.partition(' (')[0]} ({error})"
            if time.monotonic() - began > timeout_seconds:
                raise AssertionError(f"not within {timeout_seconds:g} s: {what}\n{self.logs()}")
            time.sleep(0.5)

    def logs(self) -> str:
        shown = [self.kubectl("get", "pods", "-o", "wide"), self.kubectl("get", "events", "--sort-by=.lastTimestamp")]
        for component in ("gateway", "ledger", "runner", "judge"):
            selector = f"app.kubernetes.io/component={component}"
            shown.append(self.kubectl("logs", "-l", selector, "--tail", "20", "--prefix"))
        return "\n".join(shown)


def _labels(component: str) -> dict[str, str]:
    return {"app.kubernetes.io/component": component}


def _small() -> Resource:
    return {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
