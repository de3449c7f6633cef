"""Everything that a service writes to its log is a JSON line, whatever wrote it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

_START = """
import asyncio, logging, sys, threading, warnings
import structlog
from assay.service.logging import configure_logging
configure_logging("demo")
password = "canary-password"
"""

WRITERS = {
    "a logger of a library": ("logging.getLogger('lib').error('no %s', 'route')", "no route", "error"),
    "a library's traceback": (
        "try:\n 1/0\nexcept ZeroDivisionError:\n logging.getLogger('lib').exception('cannot divide')",
        "cannot divide",
        "error",
    ),
    "a value that JSON lacks": ("structlog.get_logger().info('odd', value=object())", "odd", "info"),
    "several lines": ("logging.getLogger('lib').warning('first\\nsecond')", "first\nsecond", "warning"),
    "a wrong logging call": ("logging.getLogger('lib').warning('%d', 'x')", "%d", "warning"),
    "a warning": ("warnings.warn('old API', DeprecationWarning)", "old API", "warning"),
    "an uncaught exception": ("def f(key): raise ValueError(len(key))\nf(password)", "process.crashed", "critical"),
    "an exception in a thread": (
        "t = threading.Thread(target=lambda: 1/0, name='t')\nt.start(); t.join()",
        "thread.crashed",
        "error",
    ),
    "an exception in a finalizer": ("class A:\n def __del__(self): 1/0\na = A()\ndel a", "ignored", "error"),
    "a task's exception that nothing awaits": (
        "async def bad(): raise ValueError('lost')\n"
        "async def main():\n t = asyncio.ensure_future(bad()); await asyncio.sleep(0); del t\n"
        "asyncio.run(main())",
        "Task exception was never retrieved",
        "error",
    ),
    "a callback of the event loop": (
        "async def main():\n asyncio.get_running_loop().call_soon(lambda: 1/0); await asyncio.sleep(0)\n"
        "asyncio.run(main())",
        "Exception in callback",
        "error",
    ),
}


def log_lines(program: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-W", "always", "-c", _START + program]
    errors = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60).stderr
    lines = [json.loads(line) for line in errors.splitlines()]
    assert "canary-password" not in errors
    return lines


@pytest.mark.parametrize(("program", "event", "level"), WRITERS.values(), ids=WRITERS)
def test_every_line_is_a_json_object_with_level_time_and_service(program: str, event: str, level: str) -> None:
    lines = log_lines(program)
    assert lines
    for line in lines:
        assert {"level", "timestamp", "service"} <= line.keys() and line["service"] == "demo"
    assert (lines[0]["level"], event in lines[0]["event"]) == (level, True), lines


def test_a_traceback_names_the_functions_and_not_their_variables() -> None:
    (line,) = log_lines("def f(key): raise ValueError(len(key))\nf(password)")
    (exception,) = line["exception"]
    assert (exception["exc_type"], exception["exc_value"]) == ("ValueError", "15")
    assert [frame["name"] for frame in exception["frames"]] == ["<module>", "f"]
    assert "locals" not in json.dumps(line)


def test_chatter_of_libraries_is_left_out() -> None:
    assert log_lines("logging.getLogger('lib').info('request sent')") == []


def test_configuring_twice_writes_each_line_once() -> None:
    program = "configure_logging('demo'); logging.getLogger('lib').error('once')"
    assert [line["event"] for line in log_lines(program)] == ["once"]
