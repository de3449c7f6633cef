"""The command as users call it: a process of its own (``fork_server``), in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_HIDDEN = ("ASSAY_URL", "ASSAY_DATA", "ASSAY_TOKEN", "ASSAY_CATALOG")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Assay = Callable[..., Ended]


def environment(**more: str) -> dict[str, str]:
    """Of this process, but for what would lead to another stack. Workers need not look for Docker."""
    given = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    return {**given, "ASSAY_SANDBOX": "bubblewrap", **more}


def assay_in(folder: Path, *arguments: str, **more: str) -> Ended:
    """Runs ``assay ...`` with the folder as the place it is called from."""
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept, "out"), Path(kept, "err")
        out.touch()
        err.touch()
        call = {"arguments": arguments, "folder": str(folder), "environment": environment(**more)}
        code = _forking(json.dumps({**call, "out": str(out), "err": str(err)}))
        return Ended(code=code, out=out.read_text(), err=err.read_text())


def _forking(call: str) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(f"{call}\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@cache
def _server() -> subprocess.Popen[str]:
    """Ends with this process, which is when its stdin is closed."""
    command = [sys.executable, "-m", "tests.cli.fork_server"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
