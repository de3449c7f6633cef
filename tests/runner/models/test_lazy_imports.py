"""Slow libraries are imported in a thread, so that heartbeats go on and leases do not expire."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CATALOG = Path(__file__).parents[3] / "catalog"
WATCH = """
import asyncio, sys, threading

class Watch:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == sys.argv[1]:
            print("in the event loop" if threading.current_thread() is threading.main_thread() else "in a thread")

sys.meta_path.insert(0, Watch)
"""
MODEL = f"""
from assay.catalog import Catalog
from services.runner.models.registry import ModelRegistry

async def main():
    models = ModelRegistry(Catalog.open({str(CATALOG)!r}), None, {{"OPENAI_API_KEY": "sk-none"}})
    await models.open("openai/a-model", "", "")
    await models.close()

asyncio.run(main())
"""
DOCKER = """
import os
from assay.sandbox.selection import provider_for_setting

os.environ["DOCKER_HOST"] = "unix:///nowhere.sock"
asyncio.run(provider_for_setting("docker").recheck())
"""


@pytest.mark.parametrize(("library", "program"), [("openai", MODEL), ("docker", DOCKER)])
def test_client_libraries_are_imported_in_a_thread(library: str, program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCH + program, library], capture_output=True, timeout=120, check=True, text=True
    )
    assert done.stdout.splitlines() == ["in a thread"]
