"""A worker as on another host: in an empty folder, with nothing but the file that `assay workers token` writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.harness import Stack, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
CLI = (sys.executable, "-m", "assay.cli")
SYSTEM = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "ASSAY_SANDBOX": "bubblewrap"}
"""What any host has, and the only kind of sandbox that this one is sure to have."""

FEW_SLOTS = {"ASSAY_RUNNER_SLOTS": "2"}
OCCUPIED = '{"memory_mb": 100000000}'
"""A reserve that no host has, with which the stack's own workers accept no work."""


def token(stack: Stack, kind: str, file: Path) -> None:
    command = (*CLI, "workers", "token", kind, "--out", str(file), "--data", str(stack.data))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0


class ServedWorker:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    def drain(self) -> None:
        """It ends by itself once its attempts have."""
        assert self.process.poll() is None, self._log.read_text()
        self.process.terminate()
        assert self.process.wait(120) == 0, self._log.read_text()


@contextmanager
def worker(kind: str, folder: Path, settings: Path, name: str = "", **environment: str) -> Generator[ServedWorker]:
    home = folder / f"{name or kind}-home"
    home.mkdir()
    path = folder / f"{name or kind}.log"
    with path.open("wb") as log:
        command = (*CLI, "serve", kind, "--settings", str(settings))
        environ = {**SYSTEM, "HOME": str(home), **environment}
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, env=environ)
        served = ServedWorker(process, path)
        try:
            yield served
            if process.poll() is None:
                served.drain()
            assert [*home.iterdir()] == []
        finally:
            process.kill()


def test_a_runner_and_a_judge_need_only_their_settings_file(tmp_path: Path) -> None:
    with running_stack(ASSAY_RESERVE=OCCUPIED) as stack:
        for kind in ("runner", "judge"):
            token(stack, kind, tmp_path / f"{kind}.env")
        with (
            worker("runner", tmp_path, tmp_path / "runner.env", **FEW_SLOTS) as runner,
            worker("judge", tmp_path, tmp_path / "judge.env") as judge,
        ):
            for each in (runner, judge):
                stack.wait_until(lambda each=each: bool(each.logged("sandbox.available")))
            models = ["oracle", "scripted/mixed"]
            run_id = stack.submit_when_ready(tasks=["add_two", "larger_of_two"], models=models)
            stack.finish(run_id, 300)
            attempts = stack.attempts(run_id)
            outcomes = [(attempt["model"], attempt["outcome"], attempt["reason"]) for attempt in attempts]
            # On a busy machine, tests can exceed their time limit; without a file that it needs, a worker has an error.
            assert {outcome for _, outcome, _ in outcomes} <= {"passed", "failed"}, outcomes
            assert runner.logged("worker.claimed") and judge.logged("worker.claimed")
            scale_down_loses_no_try(stack, tmp_path)


def scale_down_loses_no_try(stack: Stack, folder: Path) -> None:
    """A second runner is told to end while it has leases, and the first one is busy."""
    with worker("runner", folder, folder / "runner.env", "second", ASSAY_DRAIN_SECONDS="300", **FEW_SLOTS) as second:
        stack.wait_until(lambda: bool(second.logged("sandbox.available")))
        run_id = stack.submit_when_ready(tasks=["add_two", "larger_of_two"], models=["oracle"], repeats=6)
        stack.wait_until(lambda: bool(second.logged("worker.claimed")))
        second.drain()
        assert second.logged("worker.draining")[0]["attempts"] > 0, "it had leases"
        assert not second.logged("worker.drain_timed_out")
    stack.finish(run_id, 300)
    attempts = stack.attempts(run_id)
    assert {(each["state"], each["tries"]) for each in attempts} == {("done", 1)}
    assert "attempt.requeued" not in {fact["type"] for fact in stack.facts(run_id)}


def test_the_settings_stay_valid_after_a_restart_of_the_stack(tmp_path: Path) -> None:
    with running_stack() as first:
        token(first, "runner", tmp_path / "before.env")
        first.process.terminate()
        assert first.process.wait(90) == 0
        with running_stack(data=first.data) as second:
            token(second, "runner", tmp_path / "after.env")
    assert (tmp_path / "before.env").read_text() == (tmp_path / "after.env").read_text()
