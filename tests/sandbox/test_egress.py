"""Nothing leaves a sandbox: a listener on the host receives nothing (fault 35)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from assay.sandbox import Sandbox
from tests.sandbox.escape_listener import escape_listener, escape_program
from tests.sandbox.harness import run_python

OWN_LOOPBACK = {"udp 127.0.0.1", "udp ::1"}
"""Datagrams to the sandbox's own loopback, where nothing listens."""


async def test_no_connection_leaves_the_sandbox(isolated_sandbox: Sandbox, tmp_path: Path) -> None:
    with escape_listener(tmp_path) as listener:
        result = await run_python(isolated_sandbox, escape_program(listener))
        assert result.exit_code == 0, result.stderr.decode()
        assert set(json.loads(result.stdout)) <= OWN_LOOPBACK
        await asyncio.sleep(0.05)
        assert listener.received() == []


def test_the_escape_program_reaches_the_listener_from_the_host(tmp_path: Path) -> None:
    """Run on the host, the same program reaches the listener through each of its channels."""
    with escape_listener(tmp_path) as listener:
        program = escape_program(listener, beyond=False)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)
        taken, received = set(json.loads(done.stdout)), listener.received()
        assert {"tcp 127.0.0.1", "udp 127.0.0.1", "tcp ::ffff:127.0.0.1"} <= taken
        assert {*(f"unix {address}" for address in (*listener.abstract, *listener.files)), "tcp", "udp"} <= set(
            received
        )
        assert received.count("tcp") >= len([way for way in taken if way.startswith("tcp 1")])
