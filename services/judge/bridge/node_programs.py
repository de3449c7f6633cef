"""``node:test`` in the tests' sandbox, and a host that imports submitted modules or opens submitted pages in the
candidate's."""

from __future__ import annotations

from functools import cache

from assay.contracts.frameworks import Framework, find_test_files
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import WORKSPACE, Command, FilesMount, ProgramMissing, Sandbox
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
from services.judge.bridge.pytest_programs import with_overhead
from services.judge.bridge.test_run import TestRun


def node_programs(run: TestRun, places: Places, call_seconds: float) -> TestPrograms:
    """Raises ProgramMissing if pages are tested and the DOM is not built."""
    programs = _javascript() if run.framework is Framework.NODE else {**_javascript(), **_dom()}
    host = SandboxProgram(
        spec=places.candidate,
        mounts=(FilesMount(path=PROGRAMS, files=programs),),
        files=run.files,
        required=("node",),
        command=_host_command,
    )
    return TestPrograms(candidate=host, tests=node_program(run, places.tests, call_seconds))


def node_program(run: TestRun, spec: SandboxSpec, call_seconds: float) -> SandboxProgram:
    def command(sandbox: Sandbox) -> Command:
        settings = {
            "tests": sandbox.locate(TESTS),
            "files": find_test_files(run.framework, run.tests),
            "programs": f"{sandbox.locate(PROGRAMS)}/javascript",
            "submitted": sorted(run.paths),
            "call_seconds": call_seconds,
        }
        return python_command(sandbox, f"from bridge.supervisor.node import main; main({settings!r})")

    programs = {**python_programs("supervisor"), **_javascript()}
    return SandboxProgram(
        spec=with_overhead(spec),
        mounts=(FilesMount(path=PROGRAMS, files=programs), FilesMount(path=TESTS, files=run.tests)),
        required=("node",),
        command=command,
    )


@cache
def _javascript() -> Files:
    return program_files("javascript")


@cache
def _dom() -> Files:
    files = program_files("dom")
    if not files:
        raise ProgramMissing("this judge has no DOM to open submitted pages in: run `npm run build:dom` in web/")
    return files


def _host_command(sandbox: Sandbox) -> Command:
    host = f"{sandbox.locate(PROGRAMS)}/javascript/candidate/host.mjs"
    argv = ["sh", "-c", MOVE_CHANNEL, "sh", "node", "--no-warnings", host, sandbox.locate(WORKSPACE), "3", "4"]
    return Command(argv=argv, output_bytes=MAX_OUTPUT_BYTES)
