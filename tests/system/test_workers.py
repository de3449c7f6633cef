"""A worker as on another host: in an empty folder, with nothing but the file that `assay workers token` writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.harness import Stack, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
CLI = (sys.executable, "-m", "assay.cli")
SYSTEM = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "ASSAY_SANDBOX": "bubblewrap"}
"""What any host has, and the only kind of sandbox that this one is sure to have."""

OCCUPIED = '{"memory_mb": 100000000}'
"""A reserve that no host has, with which the stack's own workers accept no work."""


def token(stack: Stack, kind: str, file: Path) -> None:
    command = (*CLI, "workers", "token", kind, "--out", str(file), "--data", str(stack.data))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0


@contextmanager
def worker(kind: str, folder: Path, settings: Path) -> Generator[Path]:
    """Yields its log."""
    home = folder / f"{kind}-home"
    home.mkdir()
    path = folder / f"{kind}.log"
    with path.open("wb") as log:
        command = (*CLI, "serve", kind, "--settings", str(settings))
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, env={**SYSTEM, "HOME": str(home)})
        try:
            yield path
            assert process.poll() is None, path.read_text()
            process.terminate()
            assert process.wait(60) == 0
            assert [*home.iterdir()] == []
        finally:
            process.kill()


def test_a_runner_and_a_judge_need_only_their_settings_file(tmp_path: Path) -> None:
    with running_stack(ASSAY_RESERVE=OCCUPIED) as stack:
        for kind in ("runner", "judge"):
            token(stack, kind, tmp_path / f"{kind}.env")
        with (
            worker("runner", tmp_path, tmp_path / "runner.env") as runner,
            worker("judge", tmp_path, tmp_path / "judge.env") as judge,
        ):
            for log in (runner, judge):
                stack.wait_until(lambda log=log: '"sandbox.available"' in log.read_text())
            models = ["oracle", "scripted/mixed"]
            run_id = stack.submit_when_ready(tasks=["add_two", "larger_of_two"], models=models)
            stack.finish(run_id, 300)
            attempts = stack.attempts(run_id)
            outcomes = [(attempt["model"], attempt["outcome"], attempt["reason"]) for attempt in attempts]
            # On a busy machine, tests can exceed their time limit; without a file that it needs, a worker has an error.
            assert {outcome for _, outcome, _ in outcomes} <= {"passed", "failed"}, outcomes
            assert '"worker.claimed"' in runner.read_text() and '"worker.claimed"' in judge.read_text()


def test_the_settings_stay_valid_after_a_restart_of_the_stack(tmp_path: Path) -> None:
    with running_stack() as first:
        token(first, "runner", tmp_path / "before.env")
        first.process.terminate()
        assert first.process.wait(90) == 0
        with running_stack(data=first.data) as second:
            token(second, "runner", tmp_path / "after.env")
    assert (tmp_path / "before.env").read_text() == (tmp_path / "after.env").read_text()
