"""Docker Compose: the plug-in of this machine's Docker, or the program in the image assay/docker-compose."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
IMAGE = "assay/docker-compose"


class CommandFailed(Exception):
    """The command and the end of its output."""


def run(command: Sequence[str], **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment or None)
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: {(done.stderr or done.stdout)[-3000:]}")
    return done.stdout


def find_compose(folder: Path) -> list[str]:
    """The command; a program from the image is put into the folder."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    run([str(DEPLOY / "images" / "build"), "docker-compose"])
    container = run(["docker", "create", IMAGE]).strip()
    try:
        program = folder / "docker-compose"
        run(["docker", "cp", f"{container}:/usr/local/bin/docker-compose", str(program)])
    finally:
        run(["docker", "rm", container])
    return [str(program)]
