"""Run pytest with these arguments, so that neither a busy machine fails the build nor a skipped test passes it.

Tests that failed (at most ten) run once more, alone and sequentially. Those that pass then are listed as flaky in the
last lines; one that fails twice fails the build, and so do more than ten failures and any skipped test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

MAX_RERUNS = 10
TESTS_FAILED = 1
"""pytest's exit code for failed tests. Others mean that it was interrupted, misused or broken: nothing to rerun."""


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        code = run_pytest(folder, "first", arguments)
        failed = failed_tests(folder) if code == TESTS_FAILED else []
        if len(failed) > MAX_RERUNS:
            print(f"{len(failed)} tests failed, too many to rerun (at most {MAX_RERUNS})", file=sys.stderr)
        elif failed:
            print(f"\nrerunning {len(failed)} failed tests alone", flush=True)
            code = run_pytest(folder, "rerun", ["--numprocesses", "0", *failed])
            again = failed_tests(folder)
            report("failed twice", [test for test in failed if test in again])
            report("flaky (failed once, passed alone)", [test for test in failed if test not in again])
        skipped = [test for report_file in folder.glob("*.xml") for test in skipped_tests(report_file)]
        report("skipped, which is a failure here", skipped)
        return code or (1 if skipped else 0)


def run_pytest(folder: Path, run: str, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-rs", f"--junit-xml={folder / run}.xml", "-o", f"cache_dir={folder}"]
    environment = {**os.environ, "CI": "true"}
    return subprocess.run([*command, *arguments], env=environment, check=False).returncode


def failed_tests(folder: Path) -> list[str]:
    """Node ids, as pytest itself remembers them for ``--last-failed``."""
    remembered = folder / "v" / "cache" / "lastfailed"
    return list(json.loads(remembered.read_text())) if remembered.exists() else []


def skipped_tests(report_file: Path) -> list[str]:
    cases = ElementTree.parse(report_file).iter("testcase")
    skips = [(case, case.find("skipped")) for case in cases]
    return [
        f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"
        for case, skip in skips
        if skip is not None
    ]


def report(title: str, tests: list[str]) -> None:
    if tests:
        print(f"{title}: {len(tests)}", *tests, sep="\n  ", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
