"""``assay demo`` in an empty folder, with a catalogue of two tasks so that it takes seconds."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assay.embedded.data_folder import DataFolder
from assay.embedded.process_identity import free_port
from tests.cli.harness import environment, run_assay

pytestmark = pytest.mark.slow
CATALOG = Path(__file__).parents[2] / "catalog"
SUITE = "id: demo\ntitle: Demo\ntasks: [add_two, larger_of_two]\nlimits: {max_tokens: 64, wall_seconds: 60}\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    for task in ("add_two", "larger_of_two"):
        shutil.copytree(CATALOG / "tasks" / task, folder / "tasks" / task)
    (folder / "suites").mkdir()
    (folder / "suites" / "demo.yaml").write_text(SUITE)
    for name in ("models.yaml", "prices.yaml"):
        shutil.copy(CATALOG / name, folder / name)
    return folder


def running_in(folder: Path) -> list[str]:
    """Command lines of running processes that contain the folder's path."""
    lines = [" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(folder) in line]


def test_the_demo_serves_until_stopped_and_leaves_only_its_data(tmp_path: Path, catalog: Path) -> None:
    """A second demo uses the same stack and leaves it running."""
    command = [sys.executable, "-m", "assay.cli", "demo", "--json", "--port", str(free_port())]
    environ = environment(ASSAY_CATALOG=str(catalog))
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            rows = {row["model"]: row for row in first["leaderboard"]["rows"]}
            assert (rows["oracle"]["score"], rows["oracle"]["n"], rows["nop"]["score"]) == (1.0, 2, 0.0)
            second = run_assay(tmp_path, "demo", "--exit")
            assert second.code == 0, second.err
            assert "Leaderboard: demo" in second.out
            assert all(model in second.out for model in ("oracle", "nop", "local/smollm2-135m"))
            assert f"dashboard: {first['address']}" in second.out
            assert process.poll() is None
        finally:
            process.terminate()
            process.wait(90)
        assert process.returncode == 0
    deadline = time.monotonic() + 60
    while (left := running_in(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left
    assert DataFolder(tmp_path / ".assay").read_state().supervisor is None


def test_the_demo_fails_when_its_run_cannot_start(tmp_path: Path, catalog: Path) -> None:
    (catalog / "suites" / "demo.yaml").unlink()
    result = run_assay(tmp_path, "demo", "--exit", "--port", str(free_port()), ASSAY_CATALOG=str(catalog))
    assert result.code != 0
    assert "unknown suite 'demo'" in result.err
    assert DataFolder(tmp_path / ".assay").read_state().supervisor is None


def test_an_interrupted_demo_says_when_its_run_continues(tmp_path: Path, catalog: Path) -> None:
    command = [sys.executable, "-m", "assay.cli", "demo", "--port", str(free_port())]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(ASSAY_CATALOG=str(catalog)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        run_id = next(line for line in process.stderr if line.startswith("run ")).split()[1].rstrip(":")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=90)
        assert process.returncode == 130
    assert f"interrupted; run {run_id} continues with the next `assay up` in this folder\n" in err
    assert f"assay runs cancel {run_id}\n" in err
