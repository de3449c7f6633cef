"""The model host and the four services as children of the supervisor."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from assay.embedded.data_folder import DataFolder
from assay.embedded.environment import catalog_folder, neutral, web_folder, with_keys
from assay.embedded.managed_process import ChildSpec, Probe
from assay.embedded.nats_server import NatsServer


@dataclass(frozen=True, kw_only=True)
class Address:
    host: str = "127.0.0.1"
    port: int = 8700

    @property
    def url(self) -> str:
        """As this machine reaches it."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
        host = everywhere.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """``runners`` and ``judges`` are numbers of processes."""

    data: Path = Path(".assay")
    address: Address = field(default_factory=Address)
    runners: int = 1
    judges: int = 1


class Services:
    """Makes the specs; ``environ`` is the user's environment, .env included."""

    def __init__(self, folder: DataFolder, nats: NatsServer, database_url: str, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._nats = nats
        self._database_url = database_url
        self._environ = environ

    def children(self, options: UpOptions) -> list[ChildSpec]:
        address = options.address
        return [
            self._spec("ledger", {"ASSAY_DATABASE_URL": self._database_url}, after=("nats", "postgres"), stage=1),
            self._spec("gateway", self._gateway(address), ready=answers_ready(address)),
            self._spec("modelhost", {}, module="assay.embedded.model_host", after=("gateway",), stage=1),
            *(self._spec(name, {}, service="runner") for name in _numbered("runner", options.runners)),
            *(self._spec(name, {}, service="judge") for name in _numbered("judge", options.judges)),
        ]

    def environment(self, service: str) -> dict[str, str]:
        """What every process of the service is told."""
        given = with_keys(self._environ) if service == "runner" else neutral(self._environ)
        return {
            **given,
            **self._nats.login(service),
            "ASSAY_ARTIFACTS_URL": str(self._folder.artifacts),
            "ASSAY_DATA": str(self._folder.root),
            "ASSAY_CATALOG": str(catalog_folder(self._environ)),
            "PYTHONUNBUFFERED": "1",
        }

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
        told: Mapping[str, str],
        *,
        service: str = "",
        module: str = "",
        after: tuple[str, ...] = ("nats",),
        stage: int = 0,
        ready: Probe | None = None,
    ) -> ChildSpec:
        service = service or name
        return ChildSpec(
            name=name,
            command=(sys.executable, "-m", module or f"services.{service}"),
            environment={**self.environment(service), **told},
            log=self._folder.log(name),
            after=after,
            stage=stage,
            ready=ready,
        )


def answers_ready(address: Address) -> Probe:
    """Whether the gateway's /readyz says 200: it serves, and it reaches the ledger over the bus."""

    async def ready(_pid: int) -> bool:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(3):
                host = address.url.removeprefix("http://").rpartition(":")[0]
                reader, writer = await asyncio.open_connection(host.strip("[]"), address.port)
                try:
                    writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                    return (await reader.readline()).split()[1:2] == [b"200"]
                finally:
                    writer.close()
        return False

    return ready


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
