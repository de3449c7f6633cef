"""Compiled tests in the tests' sandbox, or pytest; and the submission with its driver in the candidate's."""

from __future__ import annotations

import msgspec

from assay.contracts.frameworks import Framework
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import WORKSPACE, Command, FilesMount, Sandbox
from services.judge.bridge.builds.builder import Builder
from services.judge.bridge.mounts import program_files, python_programs
from services.judge.bridge.programs import (
    MAX_OUTPUT_BYTES,
    MOVE_CHANNEL,
    PROGRAMS,
    TESTS,
    Places,
    SandboxProgram,
    TestPrograms,
    python_command,
)
from services.judge.bridge.pytest_programs import pytest_program, with_overhead
from services.judge.bridge.test_run import TestRun

_BINARIES = "/opt/tests"
_DRIVER_PROGRAM = ".assay/driver"


async def driver_programs(run: TestRun, places: Places, call_seconds: float, builder: Builder) -> TestPrograms:
    """Raises CompileFailed if the submission does not compile, HiddenBundleInvalid if the tests do not."""
    if run.framework is Framework.PYTEST:
        tests = pytest_program(run, places.tests, call_seconds)
    else:
        binaries = {} if run.command else await builder.tests(run, places.tests)
        tests = _compiled_tests(run, places.tests, call_seconds, binaries)
    program = await builder.driver(run, places.candidate)
    return TestPrograms(candidate=_driver(run, places.candidate, program), tests=tests)


def _driver(run: TestRun, spec: SandboxSpec, binary: bytes) -> SandboxProgram:
    """Submitted files are there too, because a program may read some of them."""

    def command(sandbox: Sandbox) -> Command:
        program = f"{sandbox.locate(WORKSPACE)}/{_DRIVER_PROGRAM}"
        argv = ["sh", "-c", f'chmod 755 "$1" && {MOVE_CHANNEL}', "sh", program]
        return Command(argv=argv, output_bytes=MAX_OUTPUT_BYTES)

    spec = msgspec.structs.replace(spec, workspace_mb=spec.workspace_mb + (len(binary) >> 20) + 1)
    return SandboxProgram(spec=spec, files={**run.files, _DRIVER_PROGRAM: binary}, command=command)


def _compiled_tests(run: TestRun, spec: SandboxSpec, call_seconds: float, binaries: Files) -> SandboxProgram:
    programs = {path.rpartition("/")[2]: content for path, content in binaries.items()}

    def command(sandbox: Sandbox) -> Command:
        settings = {
            "framework": run.framework.value,
            "tests": sandbox.locate(TESTS),
            "programs": {name: f"{sandbox.locate(_BINARIES)}/{name}" for name in programs},
            "command": list(run.command),
            "include": f"{sandbox.locate(PROGRAMS)}/cpp",
            "call_seconds": call_seconds,
        }
        return python_command(sandbox, f"from bridge.supervisor.compiled import main; main({settings!r})")

    spec = with_overhead(spec)
    size_mib = sum(map(len, binaries.values())) >> 20
    return SandboxProgram(
        spec=msgspec.structs.replace(spec, workspace_mb=spec.workspace_mb + size_mib + 1),
        mounts=(
            FilesMount(path=PROGRAMS, files={**python_programs("wire", "supervisor"), **program_files("cpp")}),
            FilesMount(path=TESTS, files=run.tests),
            FilesMount(path=_BINARIES, files=programs),
        ),
        command=command,
    )
