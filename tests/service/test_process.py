"""Start and end of a service process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, sys
from pydantic_settings import BaseSettings, SettingsConfigDict
import structlog
from assay.service.process import run_service, run_draining_service

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ASSAY_")
    slots: int = 1

async def serve(settings):
    structlog.get_logger().info("ready", slots=settings.slots)
    try:
        await asyncio.Event().wait()
    finally:
        structlog.get_logger().info("left")

async def fail(settings):
    structlog.get_logger().info("ready")
    raise RuntimeError("no more")

async def drain(settings, stop):
    structlog.get_logger().info("ready")
    await stop.wait()
    structlog.get_logger().info("drained")

kind = sys.argv[1]
if kind == "drain":
    run_draining_service("demo", drain, Settings)
run_service("demo", {"serve": serve, "fail": fail}[kind], Settings)
"""


class Program:
    def __init__(self, path: Path, kind: str, **environment: str) -> None:
        path.write_text(PROGRAM)
        command = [sys.executable, str(path), kind]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={"PATH": "", **environment})
        assert self._process.stderr is not None
        self._lines = self._process.stderr

    def until(self, event: str) -> dict[str, Any]:
        for text in self._lines:
            line = json.loads(text)
            if line["event"] == event:
                return line
        raise AssertionError(f"it never logged {event}")

    def end(self, number: signal.Signals | None = None) -> tuple[int, list[str]]:
        """The exit code and the remaining log events."""
        if number is not None:
            self._process.send_signal(number)
        _, rest = self._process.communicate(timeout=60)
        return self._process.returncode, [json.loads(line)["event"] for line in rest.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_service_with_code_0(tmp_path: Path, number: signal.Signals) -> None:
    program = Program(tmp_path / "program.py", "serve", ASSAY_SLOTS="7")
    ready = program.until("ready")
    assert (ready["slots"], ready["service"], ready["level"]) == (7, "demo", "info")
    assert program.end(number) == (0, ["left", "service.stopped"])


def test_a_draining_service_finishes_its_work(tmp_path: Path) -> None:
    program = Program(tmp_path / "program.py", "drain")
    program.until("ready")
    assert program.end(signal.SIGTERM) == (0, ["drained", "service.stopped"])


def test_a_failing_service_logs_the_error_and_ends_with_code_1(tmp_path: Path) -> None:
    program = Program(tmp_path / "program.py", "fail")
    failure = program.until("service.failed")
    assert "no more" in failure["error"]
    assert failure["exception"]
    assert program.end()[0] == 1


def test_invalid_settings_name_the_field_and_end_with_code_2(tmp_path: Path) -> None:
    program = Program(tmp_path / "program.py", "serve", ASSAY_SLOTS="many")
    assert program.until("service.settings_invalid")["error"].startswith("ASSAY_SLOTS: must be an integer")
    assert program.end()[0] == 2
