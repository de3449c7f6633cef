"""Rust: the submission is the crate ``submission``; drivers and tests use our crates and the standard library. rustc
compiles them without cargo, because nothing has dependencies."""

from __future__ import annotations

from assay.contracts.frameworks import Framework, find_test_files
from assay.files import Files
from services.judge.bridge.builds.build import Build, CompileFailed
from services.judge.bridge.builds.folders import DRIVER, LIBRARY, library_files, under, without_ours
from services.judge.bridge.mounts import program_files
from services.judge.bridge.test_run import TestRun

_RUSTC = (
    "rustc --edition 2021 --error-format short --cap-lints allow -C debuginfo=0 -C strip=symbols -C codegen-units=1"
)
_ROOTS = ("src/lib.rs", "lib.rs")
_PROGRAMS = ("rustc", "cc")


def rust_driver(run: TestRun) -> Build:
    """Raises CompileFailed if the submission has no crate root."""
    crate = f'{_RUSTC} -O --crate-type rlib --crate-name submission --out-dir {LIBRARY} "$1"'
    driver = f"{_RUSTC} -O -L {LIBRARY} --extern driver --extern submission -o {DRIVER}/driver {DRIVER}/main.rs"
    return Build(
        files={**without_ours(run.files), **under(DRIVER, run.driver)},
        command=("sh", "-c", f"{crate} && {driver}", "sh", _crate_root(run.files)),
        outputs=(f"{DRIVER}/driver",),
        required=_PROGRAMS,
        prepared=_libraries(),
    )


def rust_tests(run: TestRun) -> Build:
    """A program for each file."""
    names = [path.removesuffix(".rs") for path in find_test_files(Framework.CARGO, run.tests)]
    loop = (
        f'for name; do {_RUSTC} --test -L {LIBRARY} --extern candidate -o {LIBRARY}/"$name" "$name".rs || exit 1; done'
    )
    return Build(
        files=run.tests,
        command=("sh", "-c", loop, "sh", *names),
        outputs=tuple(f"{LIBRARY}/{name}" for name in names),
        required=_PROGRAMS,
        prepared=_libraries(),
    )


def _libraries() -> Build:
    compile_one = f"{_RUSTC} -O --crate-type rlib --out-dir {LIBRARY} {LIBRARY}"
    return Build(
        files=library_files(program_files("rust"), "rust"),
        command=("sh", "-c", f"{compile_one}/driver.rs && {compile_one}/candidate.rs"),
        outputs=(f"{LIBRARY}/libdriver.rlib", f"{LIBRARY}/libcandidate.rlib"),
        required=_PROGRAMS,
    )


def _crate_root(submitted: Files) -> str:
    found = [path for path in _ROOTS if path in submitted]
    found += [path for path in submitted if path.endswith(".rs") and "/" not in path and path not in _ROOTS]
    if not found or (found[0] not in _ROOTS and len(found) > 1):
        raise CompileFailed("none of the files is src/lib.rs, lib.rs or the only file in Rust")
    return found[0]
