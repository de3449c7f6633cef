"""Logs of a real system whose processes crash: every line is a JSON object with its level, time and service."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.system.harness import Stack, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
WAIT_SECONDS = 300


def entries(file: Path) -> list[dict[str, Any]]:
    lines = file.read_text().split("\n")
    assert lines[-1] == "", f"{file} ends within a line"
    return [json.loads(line) for line in lines[:-1]]


def wait_for_crash(stack: Stack, name: str) -> None:
    stack.wait_until(lambda: f'"service":"{name}","event":"crashed"' in (stack.data / "up.log").read_text())


def test_every_line_of_every_log_is_json_also_when_processes_crash() -> None:
    with running_stack(PYTHONFAULTHANDLER="1") as stack:
        first = stack.submit(tasks=["add_two"], models=["oracle", "nop"])
        stack.finish(first, WAIT_SECONDS)
        stack.processes("services.judge")[0].send_signal(signal.SIGSEGV)  # the interpreter prints its stack
        wait_for_crash(stack, "judge")
        stack.kill("bin/postgres")
        wait_for_crash(stack, "postgres")
        stack.kill("nats-server")
        wait_for_crash(stack, "nats")
        stack.finish(stack.submit_when_ready(tasks=["add_two"], models=["oracle"]), WAIT_SECONDS)
        stack.process.terminate()
        assert stack.process.wait(90) == 0
        logs = {file.stem: entries(file) for file in (stack.data / "logs").iterdir()}
        assert {"nats", "postgres", "ledger", "gateway", "runner", "judge", "modelhost"} <= logs.keys()
        for name, found in logs.items():
            assert found, name
            for entry in found:
                assert {"event", "level", "service", "timestamp"} <= entry.keys(), entry
        assert any("Fatal Python error: Segmentation fault" in entry["event"] for entry in logs["judge"])
        assert any("JetStream" in entry["event"] for entry in logs["nats"])
        assert any(entry["level"] in ("warning", "error") for entry in logs["ledger"])
        events = entries(stack.data / "up.log")
        assert {event["event"] for event in events} >= {"started", "ready", "serving", "crashed", "stopped"}
