"""A real nats-server with our configuration on a free loopback port, which tests can kill and restart."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from assay.bus.nats.server.config import nats_conf
from assay.bus.permissions import USERS
from assay.bus.settings import BusSettings
from assay.embedded.process_identity import free_port

PROGRAM = Path(sys.executable).parent / "nats-server"
_START_SECONDS = 60.0


class ServerProcess:
    """The ``user`` in ``settings`` is one of permissions.USERS; ``observer`` may do everything. ``consumers`` have
    logins as well, see assay/bus/consumers.py."""

    consumers: tuple[str, ...] = ("billing", "audit")

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.port = free_port()
        self._monitor_port = free_port()
        self.config = folder / "nats.conf"
        self._log = folder / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.reconfigure()

    def reconfigure(self, *, sync_always: bool = True, export_report: bool = True, monitor: bool = False) -> None:
        """Takes effect at the next start. Without ``export_report`` it is like a server that we did not configure."""
        passwords = {user: f"{user}-secret" for user in USERS}
        text = nats_conf(
            host="127.0.0.1",
            port=self.port,
            store=self.store,
            passwords=passwords,
            consumers={name: f"consumer-{name}-secret" for name in self.consumers},
            sync_always=sync_always,
        )
        if not export_report:
            text = re.sub(r"^ +(imports|exports): .*\n", "", text, flags=re.MULTILINE)
        if monitor:
            text += f'http: "127.0.0.1:{self._monitor_port}"\n'
        self.config.write_text(text)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self._monitor_port}"

    def settings(self, user: str = "observer", password: str = "") -> BusSettings:
        return BusSettings(url=self.url, user=user, password=password or f"{user}-secret", name=f"test-{user}")

    def start(self) -> None:
        log = self._log.open("ab")
        self._process = subprocess.Popen([str(PROGRAM), "--config", str(self.config)], stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"nats-server did not start:\n{self._log.read_text()}")
            time.sleep(0.01)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL by default; SIGTERM stops it gracefully."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=60)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False
