"""Go: the submission is the module ``submission``; drivers and tests import our module ``assay`` and no other."""

from __future__ import annotations

from assay.files import Files
from services.judge.bridge.builds.build import Build
from services.judge.bridge.builds.folders import DRIVER, LIBRARY, library_files, under, without_ours
from services.judge.bridge.mounts import program_files
from services.judge.bridge.test_run import TestRun

_ENVIRONMENT = {
    "GOCACHE": "/tmp/go-build",
    "GOMODCACHE": "/tmp/go-mod",
    "GOPATH": "/tmp/go",
    "GOFLAGS": "-mod=mod",
    "GOPROXY": "off",
    "GOSUMDB": "off",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "GOENV": "off",
    "CGO_ENABLED": "0",
}
_MODULE = "module {name}\n\ngo 1.21\n\nrequire assay v0.0.0\n\nreplace assay => ./" + LIBRARY + "\n"


_CACHE = f"{LIBRARY}/go-build.tar"
_UNPACK = f"tar -xf {_CACHE} -C /tmp && "


def go_driver(run: TestRun) -> Build:
    """A submitted ``go.mod`` is replaced: the driver has to know the module's name."""
    files = {**without_ours(run.files), **under(DRIVER, run.driver), **_module("submission")}
    files.pop("go.sum", None)
    return _build(files, f"{_UNPACK}go build -o {DRIVER}/driver ./{DRIVER}", f"{DRIVER}/driver", _standard_library())


def go_tests(run: TestRun) -> Build:
    files = {**run.tests, **_module("tests")}
    return _build(files, f"{_UNPACK}go test -c -o {LIBRARY}/tests .", f"{LIBRARY}/tests", _standard_library())


def _standard_library() -> Build:
    """What drivers and tests use of it: compiling that takes ten times as long as they do."""
    program = b'package main\n\nimport "assay/driver"\n\nfunc main() { driver.Serve(nil) }\n'
    test = (
        b'package main\n\nimport (\n\t_ "assay/candidate"\n\t_ "reflect"\n\t_ "slices"\n\t_ "sort"\n\t_ "testing"\n)\n'
    )
    files = {"main.go": program, "main_test.go": test, **_module("nothing")}
    command = f"go build -o /tmp/a . && go test -c -o /tmp/b . && tar -cf {_CACHE} -C /tmp go-build"
    return _build(files, command, _CACHE)


def _build(files: Files, command: str, output: str, prepared: Build | None = None) -> Build:
    return Build(
        files=files,
        command=("sh", "-c", command),
        environment=_ENVIRONMENT,
        outputs=(output,),
        required=("go",),
        prepared=prepared,
    )


def _module(name: str) -> Files:
    """Our library, and a ``go.mod`` that finds it."""
    return {**_library(), "go.mod": _MODULE.format(name=name).encode()}


def _library() -> Files:
    return library_files(program_files("go"), "go")
