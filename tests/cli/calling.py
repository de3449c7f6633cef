"""The command as users call it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    command = [sys.executable, "-m", "assay.cli", *arguments]
    environ = environment(**more)
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)
