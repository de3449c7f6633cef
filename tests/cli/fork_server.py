"""Runs each ``assay`` call in a fork of this process, which has imported everything, so that no call pays for an
interpreter's start. Reads one JSON object per call from stdin and writes its exit code to stdout."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from importlib import import_module
from typing import Any

from assay.cli.__main__ import main
from assay.cli.lazy import COMMANDS

MAX_SECONDS = 240
LAZY_IMPORTS = (
    "assay.client",
    "rich.console",
    "rich.progress",
    "httpx2",
    "websockets.sync.client",
    "websockets.asyncio.client",
)
"""Modules that commands import on demand."""


def serve() -> None:
    for name in COMMANDS:
        import_module(f"assay.cli.commands.{name}")
    for name in LAZY_IMPORTS:
        import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            run_command(**json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run_command(arguments: list[str], folder: str, environment: dict[str, str], given: str, out: str, err: str) -> None:
    signal.alarm(MAX_SECONDS)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.dup2(os.open(given, os.O_RDONLY), 0)
    sys.stdin = os.fdopen(0)
    for name, descriptor in ((out, 1), (err, 2)):
        os.dup2(os.open(name, os.O_WRONLY), descriptor)
    sys.argv = ["assay", *arguments]
    os._exit(_exit_code())


def _exit_code() -> int:
    """The exit code that the interpreter would end with."""
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve()
