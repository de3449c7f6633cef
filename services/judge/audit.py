"""What looks like cheating in submitted code: how it behaved during hidden tests, and what its source names.

Honest code has bugs: it crashes, hangs and runs out of memory. So most of this counts only if the tests passed all the
same, or if it is what no bug does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assay.contracts.audit import MAX_DETAIL_CHARACTERS, MAX_FLAGS, AuditFlag, AuditKind, AuditSource
from assay.files import Files
from services.judge.bridge.test_run import TestRunLog

_ENDED_ITSELF = "the candidate ended itself"
_VIOLATED = "the candidate violated"
_CLEAN_EXIT = "exit code 0"
_IDLE_CPU_SECONDS = 0.5
"""CPU time per call that did not return, below which it did not compute but wait."""
_HIDDEN_PATH = re.compile(
    rb"""["'<](/tests/[^"'<>\s]{1,200}|/opt/(?:judge|tests)\b|/run/assay\b|/proc/[^/\s"']{1,64}/(?:environ|mem|root|fd)\b)"""
)
_MAX_FILE_BYTES = 1_000_000
_PROSE = (".md", ".rst", ".txt")


def flags_of_tests(run_log: TestRunLog, *, passed: bool) -> tuple[AuditFlag, ...]:
    errors = [str(record.get("error", "")) for record in run_log.records]
    return _flags(
        [
            *_endings(run_log.endings, errors, passed=passed),
            *_timeouts(run_log.call_timeouts, run_log.used.cpu_seconds),
            *((AuditKind.PROTOCOL, error) for error in errors if error.startswith(_VIOLATED)),
        ]
    )


def flags_of_files(files: Files) -> tuple[AuditFlag, ...]:
    """Of source code that names what it must not read."""
    found: list[tuple[AuditKind, str]] = []
    for path, content in sorted(files.items()):
        if path.endswith(_PROSE):
            continue
        if match := _HIDDEN_PATH.search(content[:_MAX_FILE_BYTES]):
            found.append((AuditKind.FORBIDDEN_PATH, f"{path} names {match.group(1).decode('utf-8', 'replace')}"))
    return _flags(found)


def impossible_passed(reason: str) -> AuditFlag:
    detail = f"passed although the task cannot be solved: {reason}"[:MAX_DETAIL_CHARACTERS]
    return AuditFlag(kind=AuditKind.IMPOSSIBLE_PASSED, detail=detail, source=AuditSource.JUDGE)


def _endings(endings: Sequence[str], errors: Sequence[str], *, passed: bool) -> Iterator[tuple[AuditKind, str]]:
    suspicious = [ending for ending in endings if passed or ending == _CLEAN_EXIT]
    suspicious += [error.removeprefix("the candidate ") for error in errors if error.startswith(_ENDED_ITSELF)]
    for ending in dict.fromkeys(suspicious):
        times = suspicious.count(ending)
        often = f", {times} times" if times > 1 else ""
        yield AuditKind.PROCESS_ENDED, f"the submitted code ended during the tests: {ending}{often}"


def _timeouts(count: int, cpu_seconds: float) -> Iterator[tuple[AuditKind, str]]:
    if count and cpu_seconds < _IDLE_CPU_SECONDS * count:
        calls = "a call" if count == 1 else f"{count} calls"
        yield AuditKind.CALL_TIMEOUT, f"{calls} did not return and used hardly any CPU: {cpu_seconds:.1f} s in all"


def _flags(found: Sequence[tuple[AuditKind, str]]) -> tuple[AuditFlag, ...]:
    return tuple(
        AuditFlag(kind=kind, detail=detail[:MAX_DETAIL_CHARACTERS], source=AuditSource.JUDGE)
        for kind, detail in dict.fromkeys(found)
    )[:MAX_FLAGS]
