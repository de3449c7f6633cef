"""Ports that are free, and still are when somebody gets to listen there."""

from __future__ import annotations

import socket
from pathlib import Path

from assay.embedded.identity import free_port


def test_no_port_is_chosen_that_the_kernel_gives_to_who_connects() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {free_port() for _ in range(20)}
    assert len(ports) > 10 and max(ports) < lowest


def test_the_preferred_port_is_chosen_unless_it_is_taken() -> None:
    port = free_port()
    assert free_port(preferred=port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(preferred=port) != port
