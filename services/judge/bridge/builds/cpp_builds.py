"""C++: all sources of the submission and of the driver in one program; tests with GoogleTest."""

from __future__ import annotations

from fnmatch import fnmatchcase

from assay.contracts.frameworks import CPP_SOURCES, Framework, find_test_files
from assay.files import Files
from services.judge.bridge.builds.build import Build
from services.judge.bridge.builds.folders import DRIVER, LIBRARY, library_files, under, without_ours
from services.judge.bridge.mounts import program_files
from services.judge.bridge.test_run import TestRun

_COMPILE = ("g++", "-std=c++17", "-O1", "-pipe", "-I.", f"-I{LIBRARY}")
_PROGRAM = f"{DRIVER}/driver"


def cpp_driver(run: TestRun) -> Build:
    """With the task's own command, or else g++ with every source file."""
    files = {**without_ours(run.files), **under(DRIVER, run.driver), **_library()}
    sources = [path for path in files if any(fnmatchcase(path, each) for each in CPP_SOURCES)]
    return Build(
        files=files,
        command=run.build or (*_COMPILE, "-o", _PROGRAM, *sources, "-pthread"),
        outputs=(_PROGRAM,),
        required=("g++",),
    )


def cpp_tests(run: TestRun) -> Build:
    sources = find_test_files(Framework.CPP, run.tests)
    program = f"{LIBRARY}/tests"
    return Build(
        files={**run.tests, **_library()},
        command=(*_COMPILE, "-O0", "-o", program, *sources, "-lgtest", "-lgtest_main", "-pthread"),
        outputs=(program,),
        required=("g++", "gtest"),
    )


def _library() -> Files:
    return library_files(program_files("cpp"), "cpp")
