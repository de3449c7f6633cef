"""Nothing leaves a sandbox: a trap on the host hears nobody (fault 35)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from assay.sandbox import Sandbox
from tests.sandbox.conftest import python
from tests.sandbox.trap import trap, ways_out

OWN = {"udp 127.0.0.1", "udp ::1"}
"""Into the sandbox's own loopback, where nobody listens."""


async def test_no_way_out_reaches_the_host_or_anything_behind_it(closed_room: Sandbox, tmp_path: Path) -> None:
    with trap(tmp_path) as waiting:
        result = await python(closed_room, ways_out(waiting))
        assert result.exit_code == 0, result.stderr.decode()
        assert set(json.loads(result.stdout)) <= OWN
        await asyncio.sleep(0.05)
        assert waiting.caught() == []


def test_the_trap_works(tmp_path: Path) -> None:
    """The same program reaches it from the host, by each of its ways."""
    with trap(tmp_path) as waiting:
        program = ways_out(waiting, beyond=False)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)
        taken, caught = set(json.loads(done.stdout)), waiting.caught()
        assert {"tcp 127.0.0.1", "udp 127.0.0.1", "tcp ::ffff:127.0.0.1"} <= taken
        assert {*(f"unix {address}" for address in (*waiting.abstract, *waiting.files)), "tcp", "udp"} <= set(caught)
        assert caught.count("tcp") >= len([way for way in taken if way.startswith("tcp 1")])
