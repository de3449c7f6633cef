"""Identifies processes by pid and start time, because pids are reused, and finds free ports."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

import msgspec
import psutil

_PORTS, _TRIES = range(20_000, 32_768), 100
"""Below the kernels' ephemeral ports: an outgoing connection could take one of those before a server listens on it."""
_random = random.SystemRandom()
_CLOCK_TOLERANCE_SECONDS = 2.0
"""Start times are computed from the boot time, which changes when the clock is set."""


class ProcessIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """``started`` is in seconds since the epoch."""

    name: str
    pid: int
    started: float


def identify(name: str, pid: int) -> ProcessIdentity | None:
    """None when there is no such process."""
    try:
        return ProcessIdentity(name=name, pid=pid, started=psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def own_identity(name: str) -> ProcessIdentity:
    return ProcessIdentity(name=name, pid=os.getpid(), started=psutil.Process().create_time())


def find_process(identity: ProcessIdentity) -> psutil.Process | None:
    """The process if it is still running; a newer process with the same pid does not count."""
    with suppress(psutil.Error):
        process = psutil.Process(identity.pid)
        same = abs(process.create_time() - identity.started) < _CLOCK_TOLERANCE_SECONDS
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def describe(process: psutil.Process) -> str:
    """``pid 4711 (python -m http.server 8700)``; only the pid for a process we may not inspect."""
    with suppress(psutil.Error):
        return f"pid {process.pid} ({' '.join(process.cmdline())[:120] or process.name()})"
    return f"pid {process.pid}"


def port_owner(port: int) -> str:
    """Describes the process that listens on a TCP port of this machine."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            local = connection.laddr
            if local and local.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return describe(psutil.Process(connection.pid))
    return "a process of another user"


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1", preferred: int = 0) -> int:
    """The preferred port if it is free, otherwise any free port."""
    for port in (preferred, *_random.sample(_PORTS, _TRIES)):
        if port and port_is_free(host, port):
            return port
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
