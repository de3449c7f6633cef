"""A stack of real processes for fault injection: eight runners, two judges, and a provider that records charges."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import msgspec
import psutil

from assay.bus.nats.bus import connect
from assay.bus.nats.server.api import call
from assay.bus.queues import all_queues
from assay.bus.settings import BusSettings
from assay.bus.streams import WORK_STREAM, stream_of
from assay.embedded.process_identity import free_port
from tests.faults.processes.crash_points import POINTS
from tests.faults.processes.launch import Launch
from tests.faults.processes.sample_catalog import write_catalog

LEASE_SECONDS = 6.0
PATIENCE_SECONDS = 10.0
START_SECONDS = 90.0

LEDGER = {
    "ASSAY_LEASE_SECONDS": str(LEASE_SECONDS),
    "ASSAY_ORDER_PATIENCE_SECONDS": str(PATIENCE_SECONDS),
    "ASSAY_DAY_LIMIT_USD": "1000",
}


def service(name: str) -> str:
    """The words in the command lines of a service's processes."""
    return f"tests.faults.processes.crash_points {name}"


class FaultStack:
    """``data`` has the stack's files; ``nats_port`` is known before the start, so that a proxy can precede it."""

    def __init__(self, folder: Path, provider_url: str, journal: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.journal = journal
        self.port, self.nats_port = free_port(), free_port()
        self.url, self.token = f"http://127.0.0.1:{self.port}", ""
        self.points = folder / "points"
        self.points.mkdir()
        self.environment: dict[str, dict[str, str]] = {}
        self.command: dict[str, list[str]] = {}
        self.process: subprocess.Popen[bytes] | None = None
        write_catalog(folder / "catalogue", provider_url)

    def start(self, runners: int, judges: int, wait: bool = True) -> None:
        """Start on the existing data; NATS uses ``nats_port``."""
        self.data.mkdir(exist_ok=True)
        (self.data / "stack.json").write_text(f'{{"ports": {{"nats": {self.nats_port}}}}}')
        environment = {"ledger": {**LEDGER, **self.environment.get("ledger", {})}}
        launch = Launch(
            data=str(self.data),
            port=self.port,
            runners=runners,
            judges=judges,
            environment={**self.environment, **environment},
            command={**self._crashing(), **self.command},
        )
        file = self.folder / "launch.json"
        file.write_bytes(msgspec.json.encode(launch))
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "tests.faults.processes.launch", str(file)),
                stdout=log,
                stderr=log,
                env={**os.environ, "ASSAY_CATALOG": str(self.folder / "catalogue")},
            )
        if wait:
            self.wait_until(self.ready, START_SECONDS, "the stack is ready")

    def _crashing(self) -> dict[str, list[str]]:
        return {name: [sys.executable, "-m", *service(name).split(), str(self.points)] for name in POINTS}

    def stop(self) -> None:
        if self.process is None:
            return
        self.resume_all()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None

    # --- observing

    @property
    def http(self) -> httpx2.Client:
        return httpx2.Client(base_url=f"{self.url}/api/v1", timeout=30, verify=False)

    def ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=3).status_code == 200
        except httpx2.TransportError:
            return False

    def health(self) -> dict[str, object]:
        """The body of /readyz; empty if it does not answer."""
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).json()
        except (httpx2.TransportError, ValueError):
            return {}

    def wait_until(self, true: Callable[[], bool], timeout_seconds: float, what: str) -> float:
        """Wait until it is true; returns the seconds it took."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > timeout_seconds:
                raise AssertionError(f"not within {timeout_seconds:g} s: {what}\n{self.logs()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def processes(self, words: str) -> list[psutil.Process]:
        """The stack's direct children whose command line contains ``words``, oldest first."""
        assert self.process is not None
        found: list[psutil.Process] = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if words in " ".join(child.cmdline()):
                    found.append(child)
        return sorted(found, key=lambda child: child.create_time())

    def wait_for_process(self, words: str) -> psutil.Process:
        self.wait_until(lambda: bool(self.processes(words)), 30, f"there is a process {words}")
        return self.processes(words)[0]

    def logged(self, name: str, words: str) -> int:
        """The number of lines with these words in a child's logs."""
        logs = list((self.data / "logs").glob(f"{name}*.log"))
        return sum(words in line for log in logs for line in log.read_text(errors="replace").splitlines())

    def logs(self) -> str:
        logs = sorted((self.data / "logs").glob("*.log"))
        tails = (f"--- {log.name}\n{log.read_text(errors='replace')[-1200:]}" for log in logs)
        return "\n".join(["--- up.log", (self.folder / "up.log").read_text(errors="replace")[-800:], *tails])

    def redelivered(self) -> tuple[int, int]:
        """Repeated deliveries, and all deliveries, of the queues since their creation."""
        return asyncio.run(self._redelivered())

    def observer(self) -> BusSettings:
        """The login of the user with all permissions."""
        text = (self.data / "nats" / "accounts.conf").read_text()
        password = re.search(r'user: "observer", password: "(.+?)"', text)
        assert password
        url = f"nats://127.0.0.1:{self.nats_port}"
        return BusSettings(url=url, user="observer", password=password[1], name="observer")

    async def _redelivered(self) -> tuple[int, int]:
        bus = await connect(self.observer())
        again = delivered = 0
        try:
            for queue in all_queues():
                stream = stream_of(queue.subject)
                info = (await call(bus.connection, f"CONSUMER.INFO.{stream}.{queue.name}"))["delivered"]
                delivered += info["consumer_seq"]
                distinct = info["stream_seq"]
                if stream == WORK_STREAM:  # which other queues share
                    request = {"subjects_filter": queue.subject}
                    state = (await call(bus.connection, f"STREAM.INFO.{stream}", request))["state"]
                    distinct = sum(state.get("subjects", {}).values())
                again += info["consumer_seq"] - distinct
        finally:
            await bus.close()
        return again, delivered

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.sockets}"

    @property
    def sockets(self) -> Path:
        return self.data / "run"

    # --- injecting faults

    def kill(self, words: str) -> None:
        self.wait_for_process(words).send_signal(signal.SIGKILL)

    def arm(self, service: str, point: str) -> None:
        """Kill the next process of the service that reaches the point (crash_points.py)."""
        assert point in POINTS[service], f"{service} has {POINTS[service]}"
        (self.points / f"{service}.{point}").touch()

    def wait_dead(self, service: str, point: str, timeout_seconds: float = 60.0) -> int:
        """The pid of the process that died at the point."""
        note = self.points / f"{service}.{point}.died"
        self.wait_until(
            lambda: note.exists() and bool(note.read_text()), timeout_seconds, f"a {service} died when {point}"
        )
        pid = int(note.read_text())
        note.unlink()
        return pid

    @contextmanager
    def unsupervised(self) -> Generator[None]:
        """Suspend the supervisor: inside the block no process is restarted."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def freeze(self, process: psutil.Process, seconds: float) -> None:
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def resume_all(self) -> None:
        for process in self.processes(""):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


@contextmanager
def running_provider(folder: Path, seconds: float) -> Generator[tuple[str, Path]]:
    """Yields its address and its journal."""
    journal = folder / "journal.jsonl"
    journal.touch()
    command = (sys.executable, "-m", "tests.faults.processes.provider", str(journal), str(seconds))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), journal
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def fault_stack(
    *,
    runners: int = 8,
    judges: int = 2,
    answer_seconds: float = 0.3,
    environment: Mapping[str, Mapping[str, str]] | None = None,
    command: Mapping[str, Sequence[str]] | None = None,
    prepare: Callable[[FaultStack], None] = lambda stack: None,
) -> Generator[FaultStack]:
    """A running stack. ``prepare`` is called before it starts."""
    # Not under pytest's own folder: Postgres runs as another user, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="assay-f-"))
    folder.chmod(0o755)
    try:
        with running_provider(folder, answer_seconds) as (url, journal):
            stack = FaultStack(folder, url, journal)
            stack.environment = {name: dict(values) for name, values in (environment or {}).items()}
            stack.command = {name: list(words) for name, words in (command or {}).items()}
            prepare(stack)
            try:
                stack.start(runners, judges)
                yield stack
            finally:
                stack.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
