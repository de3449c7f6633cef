"""Reports each test's outcome to the judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .candidate_errors import CandidateDied, CandidateError
from .candidate_module import Candidate
from .link import Link

_MAX_MESSAGE = 2_000


class Plugin:
    def __init__(self, link: Link, candidate: Candidate) -> None:
        self._link, self._candidate = link, candidate
        self._errors: dict[str, str] = {}

    @pytest.fixture
    def candidate(self) -> Candidate:
        return self._candidate

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        self._link.restart_if_dead()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._link.restart_if_dead()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
        report: pytest.TestReport = yield
        error = _error_text(call.excinfo.value) if call.excinfo is not None else ""
        outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        record = {"test": item.nodeid, "when": call.when, "outcome": outcome, "error": error}
        self._link.report({**record, "message": _message(report), "seconds": report.duration})
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[Any]:
        report: pytest.CollectReport = yield
        call = getattr(report, "call", None)
        if report.outcome != "passed":
            error = _error_text(call.excinfo.value) if call and call.excinfo else "an unknown error"
            self._link.report({"collecting": collector.nodeid, "outcome": report.outcome, "error": error})
        return report


def _message(report: pytest.TestReport) -> str:
    """Of the failed assertion or the error, without the source of the test. The judge shows it if the task does."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message)[:_MAX_MESSAGE] if crash else ""


def _error_text(error: BaseException) -> str:
    """Nothing of the test's own text: assertions and foreign errors are reported by type."""
    cause = error.__cause__ or error.__context__
    if isinstance(error, pytest.Collector.CollectError) and cause is not None:
        return _error_text(cause)
    if isinstance(error, CandidateDied):
        return str(error)
    if isinstance(error, CandidateError):
        return f"the candidate raised {type(error).__name__}"
    return type(error).__name__
