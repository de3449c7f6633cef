"""Listens on the host on every channel that code in a sandbox might reach, and records what arrives."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

PAYLOAD = b"escaped"


class EscapeListener:
    """``tcp`` and ``udp`` are ports; ``abstract`` and ``files`` are addresses of Unix sockets, one stream and one
    datagram each."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._listening: list[tuple[str, socket.socket]] = []
        self._stack = stack
        self.tcp = self._listen("tcp", socket.AF_INET6, socket.SOCK_STREAM, ("::", 0))
        self.udp = self._listen("udp", socket.AF_INET6, socket.SOCK_DGRAM, ("::", 0))
        self.abstract = [f"\0assay-escape-{os.getpid()}-{kind}" for kind in ("stream", "dgram")]
        self.files = [str(folder / kind) for kind in ("stream", "dgram")]
        for addresses in (self.abstract, self.files):
            for address, kind in zip(addresses, (socket.SOCK_STREAM, socket.SOCK_DGRAM), strict=True):
                self._listen(f"unix {address}", socket.AF_UNIX, kind, address)
        for path in self.files:
            Path(path).chmod(0o777)

    def _listen(self, name: str, family: int, kind: int, address: Any) -> int:
        """Returns the port, if any. IPv6 wildcard sockets receive IPv4 too."""
        one = self._stack.enter_context(socket.socket(family, kind))
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.bind(address)
        if kind == socket.SOCK_STREAM:
            one.listen(64)
        one.setblocking(False)
        self._listening.append((name, one))
        return int(one.getsockname()[1]) if family == socket.AF_INET6 else 0

    @property
    def addresses(self) -> list[str]:
        """Addresses of all interfaces of this machine, without zone ids."""
        found = {
            address.address.partition("%")[0]
            for addresses in psutil.net_if_addrs().values()
            for address in addresses
            if address.family in (socket.AF_INET, socket.AF_INET6)
        }
        return sorted(found | {"127.0.0.1", "::1"})

    def received(self) -> list[str]:
        """What arrived since the last call."""
        received: list[str] = []
        for name, one in self._listening:
            with suppress(BlockingIOError):
                while True:
                    if one.type == socket.SOCK_STREAM:
                        one.accept()[0].close()
                    else:
                        one.recv(2000)
                    received.append(name)
        return received


@contextmanager
def escape_listener(folder: Path) -> Generator[EscapeListener]:
    with ExitStack() as stack:
        yield EscapeListener(folder, stack)


def escape_program(escape_listener: EscapeListener, *, beyond: bool = True) -> str:
    """A Python program that tries every way out, with ``beyond`` also beyond this machine, and prints as JSON those
    that seemed to work. Standard library only, so that it also runs on the host."""
    given = {
        "addresses": escape_listener.addresses,
        "elsewhere": ELSEWHERE if beyond else [],
        "names": NAMES if beyond else [],
        "tcp": escape_listener.tcp,
        "udp": escape_listener.udp,
        "unix": [*escape_listener.abstract, *escape_listener.files, *DAEMONS],
    }
    return f"GIVEN, PAYLOAD = {json.dumps(given)}, {PAYLOAD!r}\n" + _PROGRAM


ELSEWHERE = ["169.254.169.254", "100.100.100.200", "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "fd00:ec2::254"]
NAMES = ["example.com", "host.docker.internal", "gateway.docker.internal", "metadata.google.internal"]
DAEMONS = [
    *("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/dbus/system_bus_socket"),
    *("/run/systemd/private", "/run/systemd/journal/socket", "/dev/log", "/tmp/.X11-unix/X0", "\0/tmp/.X11-unix/X0"),
]
_PROGRAM = """
import json, socket
out = []
def attempt(way, work):
    try:
        work()
        out.append(way)
    except OSError:
        pass
def stream(family, address):
    with socket.socket(family) as one:
        one.settimeout(1)
        one.connect(address)
        one.sendall(PAYLOAD)
def datagram(family, address, broadcast=0):
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(1)
        if broadcast: one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        one.connect(address) if not broadcast else None
        one.sendto(PAYLOAD, address) if broadcast else one.send(PAYLOAD)
        if not broadcast and address[1] == 53 and not one.recv(1): raise OSError
def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET
for host in GIVEN['addresses']:
    attempt(f'tcp {host}', lambda: stream(family_of(host), (host, GIVEN['tcp'])))
    attempt(f'udp {host}', lambda: datagram(family_of(host), (host, GIVEN['udp'])))
    if ':' not in host:
        attempt(f'tcp ::ffff:{host}', lambda: stream(socket.AF_INET6, ('::ffff:' + host, GIVEN['tcp'])))
for host in GIVEN['elsewhere']:
    attempt(f'tcp {host}', lambda: stream(family_of(host), (host, 80)))
    attempt(f'dns {host}', lambda: datagram(family_of(host), (host, 53)))
for host in ('255.255.255.255', '224.0.0.1'):
    attempt(f'udp {host}', lambda: datagram(socket.AF_INET, (host, GIVEN['udp']), 1))
for name in GIVEN['names']:
    attempt(f'name {name}', lambda: socket.getaddrinfo(name, 80))
for address in GIVEN['unix']:
    attempt(f'unix {address}', lambda: stream(socket.AF_UNIX, address))
    def send():
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one: one.sendto(PAYLOAD, address)
    attempt(f'unix {address}', send)
for protocol in (socket.IPPROTO_ICMP, socket.IPPROTO_RAW, socket.IPPROTO_UDP):
    attempt(f'raw {protocol}', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol))
def ping():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as one:
        one.sendto(bytes([8, 0, 0, 0, 0, 0, 0, 0]), (GIVEN['elsewhere'][0], 0))
attempt('ping', ping) if GIVEN['elsewhere'] else None
attempt('packet', lambda: socket.socket(17, socket.SOCK_RAW, 0x300))
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM).connect((2, 22)))
print(json.dumps(sorted(set(out))))
"""
