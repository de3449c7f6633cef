"""Runs the command as users do: each call in its own process (``fork_server``) and working folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_HIDDEN = ("ASSAY_URL", "ASSAY_DATA", "ASSAY_TOKEN", "ASSAY_CATALOG")


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Assay = Callable[..., CommandResult]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what points to another stack. Workers do not probe for Docker."""
    given = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    return {**given, "ASSAY_SANDBOX": "bubblewrap", **more}


def run_assay(folder: Path, *arguments: str, stdin: str = "", **more: str) -> CommandResult:
    """Runs ``assay ...`` in the folder."""
    with tempfile.TemporaryDirectory() as temporary:
        given, out, err = Path(temporary, "in"), Path(temporary, "out"), Path(temporary, "err")
        given.write_text(stdin)
        out.touch()
        err.touch()
        code = exit_code(folder, arguments, out, err, given, **more)
        return CommandResult(code=code, out=out.read_text(), err=err.read_text())


def exit_code(
    folder: Path, arguments: Sequence[str], out: Path, err: Path, given: Path = Path(os.devnull), **more: str
) -> int:
    """Runs ``assay ...`` in the folder; its stdout and stderr are written to files or terminals that exist, and its
    stdin is ``given``."""
    call = {"arguments": arguments, "folder": str(folder), "environment": environment(**more), "given": str(given)}
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps({**call, "out": str(out), "err": str(err)}) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@cache
def _server() -> subprocess.Popen[str]:
    """Ends when its stdin is closed, that is with this process."""
    command = [sys.executable, "-m", "tests.cli.fork_server"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
