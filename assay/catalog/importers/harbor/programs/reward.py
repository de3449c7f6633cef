"""Runs the task's tests on the submitted files, and prints the reward as JSON.

The tests and the code that they run share this sandbox, as they share the container in the original benchmark.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

WORKSPACE, LOGS, OUTPUT = Path("/workspace"), Path("/tmp/logs"), Path("/tmp/assay-tests.log")
RUN = '. /opt/assay/environment; exec env "$@"'
HOME = "/tmp/home"
"""Not the workspace, where a submission could have a startup file of bash or Python."""
PROGRAM = (b"#!", b"\x7fELF")


def main() -> None:
    settings = json.loads(Path("/tests/assay/settings.json").read_text())
    for folder in (LOGS / "verifier", LOGS / "agent", Path(HOME)):
        folder.mkdir(parents=True, exist_ok=True)
    make_executable()
    exit_code = run_tests(settings)
    reward = reward_of_summary(exit_code) if settings["reads_summary"] else reward_of_files()
    print(json.dumps({"reward": reward}))


def make_executable() -> None:
    """Submissions are contents without modes."""
    for path in WORKSPACE.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                start = file.read(4)
            if start.startswith(PROGRAM):
                path.chmod(0o755)


def run_tests(settings: dict[str, Any]) -> int:
    """What they print goes to a file first: a program that they leave behind would keep a pipe open."""
    variables = {"PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1", **settings["variables"]}
    assignments = [f"{name}={value}" for name, value in variables.items()]
    command = ["bash", "-c", RUN, "bash", *assignments, "bash", f"/tests/{settings['script']}"]
    with OUTPUT.open("wb") as output:
        done = subprocess.run(
            command, env={**os.environ, "HOME": HOME}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    sys.stderr.write(OUTPUT.read_text(errors="replace"))
    return done.returncode


def reward_of_files() -> float:
    """From 0 to 1. Of several named rewards, the one called ``reward`` counts."""
    text, named = LOGS / "verifier" / "reward.txt", LOGS / "verifier" / "reward.json"
    if text.is_file():
        value = float(text.read_text())
    elif named.is_file():
        found = json.loads(named.read_text())
        value = float(found["reward"] if len(found) != 1 else next(iter(found.values())))
    else:
        value = 0.0
    return value if 0 <= value <= 1 else 0.0


def reward_of_summary(exit_code: int) -> float:
    """1 if pytest ended well and, as far as it says, no test did otherwise."""
    lines = OUTPUT.read_text(errors="replace").splitlines()
    failed = any(re.match(r"(FAILED|ERROR|XPASS) ", line) for line in lines)
    return float(exit_code == 0 and not failed)


if __name__ == "__main__":
    main()
