"""What the programs of compiled tests print, as results; replies of drivers; and the JSON of the driver libraries."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from services.judge.bridge import mounts
from services.judge.bridge.supervisor import go_tests, googletest, libtest, tap
from services.judge.bridge.supervisor.results import Result
from services.judge.bridge.supervisor.test_process import Ended
from services.judge.bridge.wire.codec import Malformed
from services.judge.bridge.wire.driver_calls import DriverReply, decode_reply, encode_call
from tests.conftest import skip_or_fail

BRIDGE = Path(mounts.__file__).parent
GO = """\x16=== RUN   TestA
\x16=== RUN   TestA/one
\x16--- PASS: TestA/one (0.25s)
\x16=== RUN   TestA/two
    a_test.go:3: --- PASS: TestA/three (0.00s)
\x16--- {word}: TestA/two (0.00s)
\x16--- {parent}: TestA (0.25s)
"""


@pytest.mark.parametrize(
    ("word", "parent", "code", "outcomes"),
    [
        ("PASS", "PASS", 0, ["passed", "passed"]),
        ("FAIL", "FAIL", 1, ["passed", "failed"]),
        ("SKIP", "PASS", 0, ["passed", "skipped"]),
        ("PASS", "FAIL", 1, ["failed", "failed"]),
        ("PASS", "PASS", 2, ["failed", "failed"]),
    ],
)
def test_subtests_in_go_are_reported_without_their_parents(
    word: str, parent: str, code: int, outcomes: list[str]
) -> None:
    found = go_tests.results("tests", "TestA", Ended(code, GO.format(word=word, parent=parent), ""))
    assert [(each.name, each.outcome) for each in found] == list(zip(("TestA/one", "TestA/two"), outcomes, strict=True))
    assert found[0].seconds == 0.25


def test_a_go_test_that_ends_its_process_fails() -> None:
    assert go_tests.results("tests", "TestA", Ended(3, "", "")) == [
        Result("TestA", "failed", "the test ended with exit code 3")
    ]
    panicked = Ended(2, "--- FAIL: TestB (0.00s)\npanic: x\n", "")
    assert go_tests.results("tests", "TestA", panicked) == [Result("TestA", "failed", "the test panicked")]
    assert go_tests.listed("TestA\nTestB\nok\n") == ["TestA", "TestB"]


@pytest.mark.parametrize(
    ("printed", "code", "outcome", "error"),
    [
        ("test a::b ... ok", 0, "passed", ""),
        ("test a::b ... FAILED", 101, "failed", "the test panicked"),
        ("test a::b ... ignored, later", 0, "skipped", ""),
        ("test a::b - should panic ... ok", 0, "passed", ""),
        ("test a::b ... ok", 101, "failed", "the test panicked"),
        ("test a::bc ... ok", 0, "failed", "the test ended with exit code 0"),
        ("", -6, "failed", "the test ended with exit code -6"),
    ],
)
def test_results_of_rust(printed: str, code: int, outcome: str, error: str) -> None:
    output = f"\nrunning 1 test\n{printed}\n\ntest result: ok. finished in 0.50s\n"
    (found,) = libtest.results("lru", "a::b", Ended(code, output, ""))
    assert (found.name, found.outcome, found.error) == ("lru::a::b", outcome, error)
    assert libtest.listed("a::b: test\nbench: benchmark\n") == ["a::b"]


@pytest.mark.parametrize(
    ("printed", "code", "outcome"),
    [
        ("[       OK ] A.B (2 ms)", 0, "passed"),
        ("[  FAILED  ] A.B (2 ms)", 1, "failed"),
        ("[  FAILED  ] A.B, where GetParam() = (1, 2) (2 ms)", 1, "failed"),
        ("[  SKIPPED ] A.B (2 ms)", 0, "skipped"),
        ("[       OK ] A.B (2 ms)", 1, "failed"),
        ("[       OK ] A.C (2 ms)", 0, "failed"),
        ("", -11, "failed"),
    ],
)
def test_results_of_googletest(printed: str, code: int, outcome: str) -> None:
    (found,) = googletest.results("tests", "A.B", Ended(code, f"Note: x\n{printed}\n[==========] 1 test\n", ""))
    assert (found.name, found.outcome) == ("A.B", outcome)


def test_listed_tests_of_googletest() -> None:
    output = "Running main()\nA.\n  B\n  DISABLED_C\nP/Q.\n  R/0  # GetParam() = 1\n  R/1  # GetParam() = 2\n"
    assert googletest.listed(output) == ["A.B", "P/Q.R/0", "P/Q.R/1"]


def test_tap() -> None:
    reader = tap.Reader()
    lines = ["TAP version 13", "1..5", "ok 1 - a b", "not ok 2 - c", "    not ok 1 - nested", "ok 3 - d # SKIP later"]
    lines += ["ok", "# comment", "okay", "not ok 5 e # TODO"]
    found = [result for line in lines if (result := reader.read(line))]
    assert [(each.name, each.outcome) for each in found] == [
        ("a b", "passed"), ("c", "failed"), ("d", "skipped"), ("test 4", "passed"), ("e", "skipped"),
    ]  # fmt: skip
    assert reader.problem(1) == ""


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["ok 1 - a"], "the tests printed no plan; exit code 2"),
        (["1..2", "ok 1 - a"], "2 tests were planned and 1 ran; exit code 2"),
        (["1..1", "ok 1 - a", "Bail out! broken"], "the tests gave up ('Bail out!')"),
    ],
)
def test_tap_that_is_not_complete(lines: list[str], problem: str) -> None:
    reader = tap.Reader()
    for line in lines:
        reader.read(line)
    assert reader.problem(2) == problem


def test_replies_of_drivers() -> None:
    assert encode_call(7, "put", ("ü\n", [1.5, None])) == b'{"id":7,"op":"put","args":["\\u00fc\\n",[1.5,null]]}'
    assert decode_reply(b'{"id": 7, "value": {"a": [1]}}', 7) == DriverReply(value={"a": [1]})
    failed = decode_reply(b'{"id": 7, "error": {"kind": "KeyError", "message": "no key"}}', 7)
    assert failed == DriverReply(error=("KeyError", "no key"))
    with pytest.raises(ValueError):
        encode_call(7, "put", [float("nan")])


@pytest.mark.parametrize(
    "line",
    [
        b"", b"[]", b"7", b'{"id": 8, "value": 1}', b'{"id": true, "value": 1}', b'{"value": 1}', b'{"id": 1.0}',
        b'{"id": 1, "value": NaN}', b'{"id": 1, "value": 1e999}', b'{"id": 1, "value": "\xff"}',
        b'{"id": 1, "error": "text"}', b'{"id": 1, "error": {"kind": "x"}}', b'{"id": 1} {}',
        b'{"id": 1, "value": ' + b"[" * 300 + b"]" * 300 + b"}", b'{"id": 1, "value": ' + b"[" * 100_000,
        b'{"id": 1, "value": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_reply(line: bytes) -> None:
    with pytest.raises(Malformed):
        decode_reply(line, 1)


def test_the_json_of_the_rust_library(tmp_path: Path) -> None:
    compiler = shutil.which("rustc") or skip_or_fail("rustc")
    program = tmp_path / "json"
    subprocess.run([compiler, "--edition", "2021", "--test", BRIDGE / "rust/json.rs", "-o", program], check=True)
    assert b"4 passed; 0 failed" in subprocess.run([program], capture_output=True, check=True).stdout


def test_the_json_of_the_cpp_library(tmp_path: Path) -> None:
    compiler = shutil.which("g++") or skip_or_fail("g++")
    program, source = tmp_path / "json", Path(__file__).with_name("json_test.cpp")
    options = ("-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", f"-I{BRIDGE / 'cpp'}")
    subprocess.run([compiler, *options, source, "-o", program], check=True)
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"ok\n"
