"""A real stack for the tests of the command, one per module: an idle one takes a tenth of a core."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from assay.embedded.process_identity import free_port
from tests.cli.harness import Assay, environment, run_assay


@pytest.fixture(scope="module")
def stack_environment() -> dict[str, str]:
    """Further environment variables of the stack, for modules that need any."""
    return {}


@pytest.fixture(scope="module")
def stack_folder(tmp_path_factory: pytest.TempPathFactory, stack_environment: dict[str, str]) -> Generator[Path]:
    """A folder where ``assay up`` is running, with its data in ``.assay``."""
    folder = tmp_path_factory.mktemp("stack")
    command = [sys.executable, "-m", "assay.cli", "up", "--json", "--port", str(free_port())]
    environ = environment(**stack_environment)
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "serving":
                print(f"the stack was ready after {event['seconds']:.1f} s")
                break
        try:
            yield folder
        finally:
            process.terminate()
            process.communicate(timeout=90)


@pytest.fixture(scope="module")
def assay(stack_folder: Path) -> Assay:
    return lambda *arguments, **more: run_assay(stack_folder, *arguments, **more)
