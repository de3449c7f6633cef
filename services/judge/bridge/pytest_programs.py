"""pytest in the tests' sandbox, and a host that imports the submitted modules in the candidate's."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import msgspec

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox import WORKSPACE, Command, FilesMount, FolderMount, Sandbox
from services.judge.bridge.mounts import python_mount, python_programs
from services.judge.bridge.programs import (
    MAX_OUTPUT_BYTES,
    PROGRAMS,
    TESTS,
    Places,
    SandboxProgram,
    TestPrograms,
    python_command,
)
from services.judge.bridge.test_run import TestRun

PACKAGES = "/opt"
_PYTEST = ("_pytest", "pytest", "pluggy", "iniconfig", "packaging", "pygments")
_TESTS_MEMORY_MIB = 1024


def pytest_programs(run: TestRun, places: Places, call_seconds: float) -> TestPrograms:
    host = SandboxProgram(
        spec=places.candidate, mounts=(python_mount("wire", "candidate"),), files=run.files, command=_host_command
    )
    return TestPrograms(candidate=host, tests=pytest_program(run, places.tests, call_seconds))


def pytest_program(run: TestRun, spec: SandboxSpec, call_seconds: float) -> SandboxProgram:
    def command(sandbox: Sandbox) -> Command:
        settings = {
            "tests": sandbox.locate(TESTS),
            "names": list(run.modules),
            "packages": _package_folders(sandbox),
            "call_seconds": call_seconds,
        }
        return python_command(sandbox, f"from bridge.tests.main import main; main({settings!r})")

    tests = FilesMount(path=TESTS, files={"pytest.ini": b"[pytest]\n", **run.tests})
    return SandboxProgram(spec=with_overhead(spec), mounts=(*tests_mounts(), tests), command=command)


@cache
def tests_mounts() -> tuple[FilesMount | FolderMount, ...]:
    programs = {**python_programs("wire", "tests"), "py.py": _origin("py").read_bytes()}
    folders = (FolderMount(path=f"{PACKAGES}/{name}", folder=_origin(name).parent) for name in _PYTEST)
    return (FilesMount(path=PROGRAMS, files=programs), *folders)


def with_overhead(spec: SandboxSpec) -> SandboxSpec:
    """Adds what a test framework needs to the limits that the task grants the candidate."""
    return msgspec.structs.replace(
        spec,
        memory_mb=max(spec.memory_mb, _TESTS_MEMORY_MIB),
        cpu_seconds=spec.cpu_seconds + 20,
        output_bytes=max(spec.output_bytes, MAX_OUTPUT_BYTES),
    )


def _host_command(sandbox: Sandbox) -> Command:
    workspace = sandbox.locate(WORKSPACE)
    return python_command(sandbox, f"from bridge.candidate.host import main; main({workspace!r})")


def _package_folders(sandbox: Sandbox) -> list[str]:
    """Folders to import pytest from: several if the provider does not move mounts to their paths."""
    places = (sandbox.locate(mount.path).rpartition("/")[0] for mount in tests_mounts()[1:])
    return list(dict.fromkeys(places)) or [PACKAGES]


def _origin(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install 'assay[judge]'")
    return Path(spec.origin)
