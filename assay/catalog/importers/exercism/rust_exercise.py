"""Exercises in Rust."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.exercise import Exercise
from assay.catalog.importers.exercism.rust_tests import rust_tests
from assay.catalog.importers.exercism.same_process import harness, same_process_task, solution_in, with_ending
from assay.catalog.importers.python_code import NotUsable

RUST_BUILD = ("Cargo.toml", ".meta/Cargo-example.toml")
_LIBRARY = "src/lib.rs"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Crate:
    name: str
    edition: str


def rust_task(exercise: Exercise, task_id: str) -> CodeTask:
    """Raises NotUsable."""
    crate = _crate(exercise.build)
    exercise = replace(
        exercise, solution=with_ending(exercise.solution, ".rs"), examples=with_ending(exercise.examples, ".rs")
    )
    if _LIBRARY not in exercise.solution:
        raise NotUsable(f"its solution is not in {_LIBRARY}")
    expected: list[str] = []
    tests: dict[str, str] = {}
    for path, text in exercise.tests.items():
        names, tests[path] = _reporting(text) if path.endswith(".rs") else ([], text)
        expected += [f"{PurePosixPath(path).stem}::{name}" for name in names]
    if not expected:
        raise NotUsable("has no tests")
    return same_process_task(
        exercise,
        task_id,
        language="rust",
        where=f"{solution_in(exercise)}: the library {crate.name}, in Rust's edition {crate.edition}. It can use the "
        "standard library alone.",
        tests=tests,
        expected=expected,
        arguments=["rust", crate.name, crate.edition],
        tricks={
            "leaves_at_start": _at_start(exercise, "std::process::exit(0);"),
            "prints_results": _at_start(exercise, f'print!("{{}}", {_results(expected)});\n    std::process::exit(0);'),
        },
    )


def _crate(build: Mapping[str, str]) -> _Crate:
    """Raises NotUsable."""
    manifests = [_manifest(text) for text in build.values()]
    for manifest in manifests:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name in manifest.get(kind, ()):
                raise NotUsable(f"it needs the crate {name}, which is not in the judge's sandbox")
    package = manifests[0].get("package") if "Cargo.toml" in build else None
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        raise NotUsable("has no Cargo.toml of a package")
    return _Crate(name=package["name"].replace("-", "_"), edition=str(package.get("edition", "2015")))


def _manifest(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotUsable("its Cargo.toml is not valid TOML") from error


def _reporting(source: str) -> tuple[list[str], str]:
    """The names of the tests, and the source in which each reports to the runner that it passed."""
    tests = rust_tests(source)
    parts: list[str] = []
    position = 0
    for test in tests:
        panics = "true" if test.panics else "false"
        parts += [source[position : test.body], f" let _assay = crate::assay_report::begin({panics});"]
        position = test.body
    changed = "".join([*parts, source[position:]])
    return [test.name for test in tests], f"{changed}{harness('report.rs')}" if tests else source


def _at_start(exercise: Exercise, statements: str) -> dict[str, str]:
    """The example, with statements that run before ``main``."""
    function = f'extern "C" fn at_start() {{\n    {statements}\n}}\n'
    section = '#[used]\n#[unsafe(link_section = ".init_array")]\nstatic AT_START: extern "C" fn() = at_start;\n'
    return {_LIBRARY: f"{exercise.examples[_LIBRARY]}\n{function}\n{section}"}


def _results(names: Sequence[str]) -> str:
    lines = [f"test {name.partition('::')[2]} ... ok\n" for name in names]
    summary = f"\ntest result: ok. {len(names)} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n"
    return json.dumps("".join(["running tests\n", *lines, summary, *(f"{name}\n" for name in sorted(names))]))
