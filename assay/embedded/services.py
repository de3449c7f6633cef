"""Process specs of the model host and the four services."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.embedded.data_folder import DataFolder
from assay.embedded.environment import catalog_folder, for_model_host, for_runner, web_folder, without_secrets
from assay.embedded.http_probe import answers_ok
from assay.embedded.managed_process import Probe, ProcessSpec
from assay.embedded.nats_server import NatsServer
from assay.files.secrets import read_secret


@dataclass(frozen=True, kw_only=True)
class Address:
    host: str = "127.0.0.1"
    port: int = 8700

    @property
    def url(self) -> str:
        """The address on this machine."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
        host = everywhere.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """Options of ``assay up``. ``runners`` and ``judges`` are numbers of processes."""

    data: Path = Path(".assay")
    address: Address = field(default_factory=Address)
    runners: int = 1
    judges: int = 1


class ServiceSpecs:
    """``environ`` is the user's environment, including ``.env``."""

    def __init__(self, folder: DataFolder, nats: NatsServer, database_url: str, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._nats = nats
        self._database_url = database_url
        self._environ = environ

    def specs(self, options: UpOptions) -> list[ProcessSpec]:
        address = options.address
        runners, judges = _numbered("runner", options.runners), _numbered("judge", options.judges)
        ports = metrics_ports(self._environ.get("ASSAY_METRICS_PORT", ""), ["ledger", *runners, *judges, "gateway"])
        return [
            self._spec("ledger", {**self._ledger(), **ports["ledger"]}, after=("nats", "postgres"), stage=1),
            self._spec("gateway", {**self._gateway(address), **ports["gateway"]}, ready=gateway_ready(address)),
            self._spec("modelhost", {}, module="assay.embedded.model_host", after=("gateway",), stage=1),
            *(self._spec(name, ports[name], service="runner") for name in runners),
            *(self._spec(name, ports[name], service="judge") for name in judges),
        ]

    def environment(self, service: str) -> dict[str, str]:
        """The variables of every process of the service."""
        needed = {"runner": for_runner, "modelhost": for_model_host}.get(service, without_secrets)
        return {
            **needed(self._environ),
            **self._nats.login(service),
            "ASSAY_ARTIFACTS_URL": str(self._folder.artifacts),
            "ASSAY_DATA": str(self._folder.root),
            "ASSAY_LOCAL_NETWORKS": self._environ.get("ASSAY_LOCAL_NETWORKS", "loopback,private"),
            "ASSAY_CATALOG": str(catalog_folder(self._environ)),
            "PYTHONUNBUFFERED": "1",
        }

    def _ledger(self) -> dict[str, str]:
        return {
            "ASSAY_DATABASE_URL": self._database_url,
            "ASSAY_CONSUMERS_FILE": str(self._folder.consumers),
            **self._master_key(),
        }

    def _master_key(self) -> dict[str, str]:
        """The user's, else that of the data folder."""
        if key := read_secret("ASSAY_MASTER_KEY", self._environ):
            return {"ASSAY_MASTER_KEY": key}
        if self._environ.get("ASSAY_MASTER_KEY_FILE") or self._environ.get("ASSAY_MASTER_KEY_KEYRING"):
            return {}
        return {"ASSAY_MASTER_KEY_FILE": str(self._folder.make_master_key())}

    def _gateway(self, address: Address) -> dict[str, str]:
        return {
            "ASSAY_GATEWAY_HOST": address.host,
            "ASSAY_GATEWAY_PORT": str(address.port),
            "ASSAY_TOKEN": self._environ.get("ASSAY_TOKEN", ""),
            "ASSAY_WEB": str(web_folder(self._environ)),
        }

    def _spec(
        self,
        name: str,
        variables: Mapping[str, str],
        *,
        service: str = "",
        module: str = "",
        after: tuple[str, ...] = ("nats",),
        stage: int = 0,
        ready: Probe | None = None,
    ) -> ProcessSpec:
        service = service or name
        return ProcessSpec(
            name=name,
            command=(sys.executable, "-m", module or f"services.{service}"),
            environment={**self.environment(service), **variables},
            log=self._folder.log(name),
            after=after,
            stage=stage,
            ready=ready,
        )


def gateway_ready(address: Address) -> Probe:
    """Whether the gateway's /readyz answers 200: it is serving and reaches the ledger over the bus."""

    async def ready(_pid: int) -> bool:
        host = address.url.removeprefix("http://").rpartition(":")[0]
        return await answers_ok(host, address.port, "/readyz")

    return ready


def metrics_ports(first: str, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """By process: the variable with its own port for metrics, counting up from the first; nothing if that is 0 or not
    a number, which the services refuse."""
    if not first.isdecimal() or int(first) == 0:
        return {name: {} for name in names}
    return {name: {"ASSAY_METRICS_PORT": str(port)} for port, name in enumerate(names, start=int(first))}


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
