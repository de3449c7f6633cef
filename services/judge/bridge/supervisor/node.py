"""Runs the hidden test files of ``node:test``, each in a process of its own that is connected to the judge."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .channel import Channel

_REPORTED = (0, 1, 7)
"""Exit codes of Node if everything has been reported: no failure, a failed test, an error outside of the tests."""


def main(settings: dict[str, Any]) -> None:
    """``tests``: their folder; ``files``: paths of test files in it; ``programs``: the folder of our own modules;
    ``submitted``: paths of submitted files; ``call_seconds``."""
    channel = Channel()
    for file in settings["files"]:
        code = _run(file, settings, channel)
        if code not in _REPORTED:
            error = f"node ended with exit code {code}"
            channel.report({"collecting": file, "outcome": "failed", "error": error})
    channel.report({"done": 0})


def _run(file: str, settings: dict[str, Any], channel: Channel) -> int:
    bridge = {
        "source": channel.source,
        "sink": channel.sink,
        "folder": settings["tests"],
        "submitted": settings["submitted"],
        "callSeconds": settings["call_seconds"],
        "file": file,
    }
    programs = Path(settings["programs"], "tests")
    options = ("--no-warnings", f"--import={programs}/preload.mjs", f"--test-reporter={programs}/reporter.mjs")
    process = subprocess.run(
        ["node", *options, "--test-reporter-destination=stderr", f"{settings['tests']}/{file}"],
        pass_fds=(channel.source, channel.sink),
        env=dict(os.environ, ASSAY_BRIDGE=json.dumps(bridge)),
        cwd=settings["tests"],
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return process.returncode
