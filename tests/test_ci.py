"""CI reruns failed tests once: a flaky test is reported, a broken or skipped one fails the build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PASSES = "def test_passes():\n    pass\n"
FAILS = "def test_fails():\n    raise AssertionError\n"
SKIPPED = "import pytest\n@pytest.mark.skip(reason='no daemon')\ndef test_skipped():\n    pass\n"
FAILS_ONCE = """
from pathlib import Path
def test_fails_once():
    marker = Path(__file__).with_suffix(".ran")
    ran, _ = marker.exists(), marker.touch()
    assert ran
"""
MANY_FAIL = "import pytest\n@pytest.mark.parametrize('n', range(11))\ndef test_n(n):\n    raise AssertionError\n"


@pytest.mark.parametrize(
    ("source", "passes", "last_lines"),
    [
        (PASSES, True, ""),
        (FAILS_ONCE, True, "flaky (failed once, passed alone): 1\n  test_it.py::test_fails_once"),
        (FAILS, False, "failed twice: 1\n  test_it.py::test_fails"),
        (MANY_FAIL, False, "11 tests failed, too many to rerun (at most 10)"),
        (SKIPPED, False, "skipped, which is a failure here: 1\n  test_it::test_skipped: no daemon"),
        ("def test(:\n", False, ""),
    ],
)
def test_a_build_fails_only_for_what_fails_twice(tmp_path: Path, source: str, passes: bool, last_lines: str) -> None:
    (tmp_path / "test_it.py").write_text(source)
    command = [sys.executable, ROOT / ".ci" / "tests.py"]
    run = subprocess.run([*command, "test_it.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode == 0) is passes, run.stdout
    assert run.stderr.endswith(last_lines and f"{last_lines}\n")
