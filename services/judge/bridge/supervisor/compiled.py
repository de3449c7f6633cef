"""Runs compiled hidden tests: each top-level test in a process of its own, so that one that crashes fails alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from . import go_tests, googletest, libtest, tap
from .channel import Channel
from .driver_link import DriverLink
from .results import Result
from .test_process import Ended, run_process


class TestFormat(Protocol):
    """How the tests of a program are listed and run, and what it prints of them."""

    def list_command(self, program: str) -> Sequence[str]: ...
    def listed(self, output: str) -> list[str]: ...
    def run_command(self, program: str, test: str) -> Sequence[str]: ...
    def results(self, program: str, test: str, ended: Ended) -> list[Result]: ...


_MAX_MESSAGE = 2_000
"""Of what a failed test printed; the judge shows it if the task does."""
_FORMATS: dict[str, TestFormat] = {"go": go_tests, "cargo": libtest, "cpp": googletest}


def main(settings: dict[str, Any]) -> None:
    """``framework``; ``tests``: their folder; ``programs``: the compiled tests by name; ``command``: a program that
    prints TAP, instead of them; ``include``: the folder of our C++ headers; ``call_seconds``."""
    channel = Channel()
    os.environ["ASSAY_INCLUDE"] = settings["include"]
    suite = _Suite(settings["framework"], settings["tests"], channel, float(settings["call_seconds"]))
    if settings["command"]:
        suite.run_tap(settings["command"])
    for name, path in settings["programs"].items():
        suite.run_program(name, _executable(name, path))
    channel.report({"done": 0})


class _Suite:
    def __init__(self, framework: str, folder: str, channel: Channel, call_seconds: float) -> None:
        self._framework, self._folder, self._channel = framework, folder, channel
        self._link = DriverLink(channel, call_seconds)

    def run_program(self, name: str, program: str) -> None:
        tests = _FORMATS[self._framework]
        listed = run_process(tests.list_command(program), self._folder, self._link)
        if listed.code != 0:
            self._report_collecting(name, f"its tests cannot be listed: exit code {listed.code}")
        for test in tests.listed(listed.output):
            self._link.restart_if_dead()
            ended = run_process(tests.run_command(program, test), self._folder, self._link)
            self._report(tests.results(name, test, ended), ended)

    def run_tap(self, command: Sequence[str]) -> None:
        """All tests are in one process; a candidate that ended fails the test that is reported next. If the process
        breaks off, every test fails: nothing contradicts then what the candidate made it print."""
        reader = tap.Reader()
        results: list[tuple[Result, str]] = []

        def read(line: str) -> None:
            deaths, reason = self._link.deaths, self._link.last_reason
            result = reader.read(line)
            if result:
                results.append((result, reason if deaths != reader.deaths else ""))
                reader.deaths = deaths
                self._link.restart_if_dead()

        ended = run_process(command, self._folder, self._link, read)
        problem = reader.problem(ended.code)
        for result, died in results:
            self._report([result], Ended(0, "", died or problem))
        if problem:
            self._report_collecting(command[0], problem)

    def _report(self, results: Sequence[Result], ended: Ended) -> None:
        for result in results:
            outcome, error = (result.outcome, result.error) if not ended.died else ("failed", ended.died)
            for when in ("setup", "call", "teardown"):
                called = when == "call"
                self._channel.report(
                    {
                        "test": result.name,
                        "when": when,
                        "outcome": outcome if called else "passed",
                        "error": error if called else "",
                        "message": ended.output[-_MAX_MESSAGE:] if called and outcome == "failed" else "",
                        "seconds": result.seconds if called else 0.0,
                    }
                )

    def _report_collecting(self, name: str, problem: str) -> None:
        self._channel.report({"collecting": name, "outcome": "failed", "error": problem})


def _executable(name: str, path: str) -> str:
    """A copy that can be executed: mounted files cannot."""
    copy = Path("/tmp") / f"tests-{name}"
    shutil.copyfile(path, copy)
    copy.chmod(0o755)
    return str(copy)
