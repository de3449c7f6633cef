"""Exercises in Go, Rust and C++: which are taken, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assay.catalog.importers.exercism import cpp_tests, track
from assay.catalog.importers.exercism.rust_tests import rust_tests
from assay.catalog.importers.plan import ImportPlan, TaskOptions
from assay.catalog.importers.python_code import NotUsable
from assay.catalog.importers.staging import stage
from tests.catalog.importers import tracks
from tests.catalog.importers.compiled_tracks import GO_TESTS, go_jar, rust_jar
from tests.catalog.importers.cpp_track import CATCH, cpp_jar
from tests.catalog.importers.harness import left_out, manifest


def plan_of(folder: Path, slug: str, *exercises: Mapping[str, str]) -> ImportPlan:
    """The exercises are called 0, 1 and so on."""
    named = {f"practice/{number}": files for number, files in enumerate(exercises)}
    return track.read(tracks.track(folder, slug, named), TaskOptions())


def test_an_exercise_in_go(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "go", go_jar())
    [task] = plan.tasks
    found = manifest(plan)
    assert found["tags"] == ["imported", "exercism", "same_process"]
    assert found["outputs"] == ["jar.go", "limit.go"]
    [check] = found["checks"]
    assert check["command"] == ["python3", "-I", "run_tests.py", "go"]
    assert check["gate"] is True
    assert check["stdout"] == "TestFullJar\nTestGreeting\n"
    assert "call the solution in its own process" in plan.notes[0]
    inputs = {path.removeprefix("tests/exercise/") for path in task.files if path.startswith("tests/exercise/")}
    files = {"assay_main/main.go", "cases_tests.go", "go.mod", "jar_tests.go", "limit.go", "run_tests.py"}
    assert inputs == files
    assert b'{Name: "TestFullJar", F: exercise.TestFullJar},' in task.files["tests/exercise/assay_main/main.go"]
    assert task.files["tests/exercise/limit.go"] != task.files["workspace/limit.go"]


def test_an_exercise_in_rust(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "rust", rust_jar())
    [task] = plan.tasks
    found = manifest(plan)
    assert found["outputs"] == ["src/lib.rs"]
    [check] = found["checks"]
    assert check["command"] == ["python3", "-I", "run_tests.py", "rust", "sweet_jar", "2021"]
    assert check["stdout"].splitlines() == [
        "sweet-jar::nobody",
        "sweet-jar::somebody",
        "sweet-jar::sweets::none_left",
        "sweet-jar::sweets::too_many",
    ]
    tests = task.files["tests/exercise/tests/sweet-jar.rs"].decode()
    assert "fn nobody() { let _assay = crate::assay_report::begin(false);\n" in tests
    assert "fn none_left() { let _assay = crate::assay_report::begin(true);\n" in tests
    assert "the library sweet_jar, in Rust's edition 2021" in task.files["instructions.md"].decode()


def test_an_exercise_in_cpp(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "cpp", cpp_jar())
    [task] = plan.tasks
    found = manifest(plan)
    assert found["outputs"] == ["jar.cpp", "jar.h"]
    [check] = found["checks"]
    assert check["command"] == ["python3", "-I", "run_tests.py", "cpp", "jar_test.cpp", "--", "jar.cpp"]
    assert check["stdout"].splitlines() == ['TEST_CASE("name") -> greeting', "[full] jar", 'nobody, "you"']
    assert task.files["tests/exercise/test/catch.hpp"].decode() == CATCH


def test_the_newer_catch_has_a_source_file(tmp_path: Path) -> None:
    files = {**cpp_jar(header="test/catch_amalgamated.hpp"), "test/catch_amalgamated.cpp": "// Catch2\n"}
    [task] = plan_of(tmp_path, "cpp", files).tasks
    assert b'#include "test/catch_amalgamated.hpp"' in task.files["tests/exercise/assay_main.cpp"]
    assert "tests/exercise/test/catch_amalgamated.cpp" in task.files


def test_a_solution_in_cpp_can_be_all_in_its_header(tmp_path: Path) -> None:
    files = {
        **cpp_jar(),
        ".meta/config.json": tracks.config(
            solution=["jar.cpp", "jar.h"], test=["jar_test.cpp"], example=[".meta/example.h"]
        ),
    }
    [task] = plan_of(tmp_path, "cpp", files).tasks
    assert task.files["reference/jar.cpp"] == task.files["workspace/jar.cpp"]
    assert task.files["reference/jar.h"] != task.files["workspace/jar.h"]


GO_MAIN = "package jar\n\nfunc TestMain(m *testing.M) {}\n\nfunc TestA(t *testing.T) {}\n"
GO_LINUX = "//go:build linux\n\npackage jar\n\nfunc TestA(t *testing.T) {}\n"
RUST_MACRO = "macro_rules! tests { ($name:ident) => { #[test] fn $name() {} }; }\n"


@pytest.mark.parametrize(
    ("slug", "odd", "reason"),
    [
        ("go", go_jar(tests="package jar\n"), "has no tests"),
        ("go", go_jar(tests=GO_MAIN), "its tests have a TestMain of their own"),
        ("go", go_jar(tests=GO_LINUX), "its tests have build constraints"),
        ("go", go_jar(tests=GO_TESTS.replace("package jar", "package jar_test")), "its tests are not in the package"),
        ("go", go_jar(module="module jar\n\nrequire golang.org/x/text v0.3.0\n"), "it needs modules beyond"),
        ("rust", rust_jar(tests="fn test() {}\n"), "has no tests"),
        ("rust", rust_jar(tests=RUST_MACRO), "the names of its tests are computed"),
        ("rust", rust_jar(dependencies='rand = "0.8"\n'), "it needs the crate rand"),
        ("rust", rust_jar(dependencies="rand = \n"), "its Cargo.toml is not valid TOML"),
        ("rust", {**rust_jar(), ".meta/Cargo-example.toml": '[dependencies]\nnum = "1"\n'}, "it needs the crate num"),
        ("cpp", cpp_jar(tests="int main() {}\n"), "has no tests"),
        ("cpp", cpp_jar(tests="TEST_CASE(NAME) {}\n"), "the names of its tests are computed"),
        ("cpp", cpp_jar(header="test/other.hpp"), "has neither test/catch_amalgamated.hpp nor test/catch.hpp"),
    ],
)
def test_exercises_that_are_left_out(tmp_path: Path, slug: str, odd: Mapping[str, str], reason: str) -> None:
    good = {"go": go_jar, "rust": rust_jar, "cpp": cpp_jar}[slug]()
    plan = plan_of(tmp_path, slug, good, odd)
    assert len(plan.tasks) == 1
    assert left_out(plan)["practice/1"].startswith(reason)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("#![allow(dead_code)]\n#[test]\nfn a() {}\nfn b() {}", ["a"]),
        ("#[test] pub fn a() -> Result<(), (u8, u8)> { Ok(()) }", ["a"]),
        ("fn f<'a>(x: &'a str) -> char { '\\'' }\n#[test]\nfn a() { '\"'; }\n#[test]\nfn b() {}", ["a", "b"]),
        ("mod a { mod b { #[test] fn c() {} } #[test] fn d() { { } } } #[test] fn e() {}", ["a::b::c", "a::d", "e"]),
        ("#[cfg(test)] mod a { #[test] fn b() {} }\n#[cfg(feature = \"x\")] mod c { #[test] fn d() {} }", ["a::b"]),
        ("#[test] #[cfg(not(feature = \"x\"))] fn a() {} // #[test] fn b() {}", ["a"]),
        ("macro_rules! m { () => {}; }\n#[test] fn a() { m!(); }", ["a"]),
    ],
)  # fmt: skip
def test_names_of_tests_in_rust(source: str, names: list[str]) -> None:
    found = rust_tests(source)
    assert [test.name for test in found] == names
    assert all(source[test.body - 1] == "{" for test in found)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('TEST_CASE("a") {}\n// TEST_CASE("b") {}\n/* TEST_CASE("c")\n{} */ TEST_CASE( "d" , "[x]" ) {}', ["a", "d"]),
        ('#if 0\nTEST_CASE("a") {}\n#else\nTEST_CASE("b") {}\n#endif', ["b"]),
        ('#ifndef EXERCISM_RUN_ALL_TESTS\nTEST_CASE("a") {}\n#endif\nTEST_CASE("b \\\\ \\"c\\"") {}', ['b \\ "c"']),
        ('#if __cplusplus > 201703L\nint a;\n#endif\nTEST_CASE("b") { auto c = "TEST_CASE(\\"d\\")"; }', ["b"]),
        ('#if !defined(X)\nTEST_CASE("a") {}\n#endif', ["a"]),
    ],
)
def test_names_of_tests_in_cpp(source: str, names: list[str]) -> None:
    assert cpp_tests.names_of_tests(source) == names


@pytest.mark.parametrize(
    ("read", "source"),
    [
        (cpp_tests.names_of_tests, 'TEST_CASE("a") {}\nTEST_CASE("a") {}'),
        (cpp_tests.names_of_tests, '#if A > 1\nTEST_CASE("a") {}\n#endif'),
        (cpp_tests.names_of_tests, 'TEST_CASE("a", "[.]") {}'),
        (cpp_tests.names_of_tests, 'TEMPLATE_TEST_CASE("a", "", int) {}'),
        (cpp_tests.names_of_tests, 'TEST_CASE("\\u00e4") {}'),
        (rust_tests, "#[test]\n#[cfg(windows)]\nfn a() {}"),
        (rust_tests, "#[test]\nfn a("),
    ],
)
def test_tests_that_are_not_understood(read: Callable[[str], object], source: str) -> None:
    with pytest.raises(NotUsable):
        read(source)


@pytest.mark.slow
def test_a_track_is_imported_in_seconds(tmp_path: Path) -> None:
    started = time.process_time()
    plan = plan_of(tmp_path / "track", "go", *[go_jar()] * 200)
    with stage(plan, tmp_path / "catalog") as staged:
        assert (len(staged.tasks), staged.left_out) == (200, ())
    assert time.process_time() - started < 10
