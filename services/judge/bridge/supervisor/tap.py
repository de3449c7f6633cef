"""TAP, the Test Anything Protocol: ``ok 1 - name`` and ``not ok 2 - name`` on lines of their own, and a plan."""

from __future__ import annotations

import re

from .results import Result

_LINE = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*?)\s*(?:#\s*(SKIP|TODO)\b.*)?$", re.IGNORECASE)
_PLAN = re.compile(r"^1\.\.(\d+)")
_EXIT_CODES = range(126)
"""Those of a program that was not killed, and that the shell found."""


class Reader:
    """``deaths`` is for the user: the number of candidates that had ended when the last test was reported."""

    def __init__(self) -> None:
        self._planned: int | None = None
        self._count = self._failed = 0
        self._bailed_out = False
        self.deaths = 0

    def read(self, line: str) -> Result | None:
        """The result on this line, if there is one. Lines of nested tests are indented, so they have none."""
        if planned := _PLAN.match(line):
            self._planned = int(planned[1])
        self._bailed_out = self._bailed_out or line.startswith("Bail out!")
        found = _LINE.match(line)
        if found is None:
            return None
        self._count += 1
        failed, number, name, directive = found.groups()
        outcome = "skipped" if directive else "failed" if failed else "passed"
        self._failed += outcome == "failed"
        return Result(
            name or f"test {number or self._count}", outcome, "the test failed" if outcome == "failed" else ""
        )

    def problem(self, exit_code: int) -> str:
        """Why the tests did not run to their end; empty if they did."""
        if self._bailed_out:
            return "the tests gave up ('Bail out!')"
        if self._planned is None:
            return f"the tests printed no plan; exit code {exit_code}"
        if self._planned != self._count:
            return f"{self._planned} tests were planned and {self._count} ran; exit code {exit_code}"
        if exit_code not in _EXIT_CODES or (exit_code and not self._failed):
            return f"the tests ended with exit code {exit_code}"
        return ""
