"""``tests``: hidden pytest tests against what was handed in. Exactly the expected ones must run, and pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from assay.contracts.results import TestOutput
from assay.contracts.tasks import Tests
from assay.files import Files, FilesRefused
from services.judge.bridge import session
from services.judge.checks.finding import Finding, failed
from services.judge.errors import HiddenUnusable
from services.judge.hidden import Hidden


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """Text that running tests left behind."""

    data: bytes
    truncated: bool = False


def joined(logs: Mapping[str, Log], more: Mapping[str, Log]) -> dict[str, Log]:
    """One log after the other where several checks run tests."""
    return {
        name: Log(
            data=logs.get(name, _NOTHING).data + more.get(name, _NOTHING).data,
            truncated=logs.get(name, _NOTHING).truncated or more.get(name, _NOTHING).truncated,
        )
        for name in (*logs, *(name for name in more if name not in logs))
    }


_NOTHING = Log(data=b"")


class TestBench(Protocol):
    """Where tests are run; ``services.judge.bench`` does it in sandboxes."""

    __test__ = False

    async def hold(self, trial: session.Trial) -> session.Protocol:
        """Raises SandboxError, or FilesRefused for files that do not fit."""
        ...


async def check(
    check: Tests, hidden: Hidden, files: Files, bench: TestBench, wish: str = "", run_id: str = ""
) -> tuple[Finding, dict[str, Log]]:
    """The logs are ``judge.stdout`` (one line for each test) and ``judge.stderr`` (what the candidate printed)."""
    tests = _below(hidden.files, check.path)
    if not tests:
        raise HiddenUnusable(f"the hidden bundle has no files under {check.path!r}")
    if not files:
        return failed("none of the declared files was handed in"), {}
    task = hidden.task
    modules = module_names([*files, *(output for output in task.outputs if "*" not in output)])
    trial = session.Trial(tests=tests, files=files, modules=modules, sandbox=task.sandbox, wish=wish, run_id=run_id)
    try:
        heard = await bench.hold(trial)
    except FilesRefused as error:
        return failed(f"the files handed in cannot be laid out: {error}"), {}
    finding = judge(check.expected, heard)
    lines = "".join(map(_line, heard.records)) + (heard.complaint and f"! {heard.complaint}\n")
    stderr = Log(data=heard.printed, truncated=heard.truncated)
    return finding, {"judge.stdout": Log(data=lines.encode()), "judge.stderr": stderr}


def judge(expected: tuple[str, ...], heard: session.Protocol) -> Finding:
    """Passed when the tests that ran are the expected ones and each passed all its phases once."""
    outcomes = _outcomes(heard.records)
    passing = {name for name, phases in outcomes.items() if phases == _PASSED}
    right = sum(name in passing for name in expected)
    extra = [name for name in outcomes if name not in expected]
    missing = [name for name in expected if name not in outcomes]
    problems = [heard.complaint] if heard.complaint else []
    problems += [record["error"] for record in heard.records if "collecting" in record]
    problems += [f"{len(missing)} tests did not run"] if missing else []
    problems += [f"{len(extra)} tests ran that are not expected"] if extra else []
    whole = right == len(expected) and not problems
    score = right / len(expected) if not extra else 0.0
    message = "" if whole else _message(right, expected, problems, heard)
    told = "; ".join(filter(None, (message, heard.warning)))
    return Finding(passed=whole, score=score, message=told, tests=_tests(heard.records))


_PASSED = [("setup", "passed"), ("call", "passed"), ("teardown", "passed")]


def _outcomes(records: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for record in records:
        if "test" in record:
            found.setdefault(record["test"], []).append((record["when"], record["outcome"]))
    return found


def _tests(records: list[dict[str, Any]]) -> tuple[TestOutput, ...]:
    """Each test once: as it was when called, or in the phase that it did not pass."""
    found: dict[str, TestOutput] = {}
    for record in records:
        if "test" not in record or (record["when"] != "call" and record["outcome"] == "passed"):
            continue
        told = TestOutput(
            name=record["test"], outcome=record["outcome"], error=record["error"], seconds=record["seconds"]
        )
        if found.get(told.name, told).outcome == "passed" or told.name not in found:
            found[told.name] = told
    return tuple(found.values())


def _message(right: int, expected: tuple[str, ...], problems: list[str], heard: session.Protocol) -> str:
    errors = Counter(
        record["error"] for record in heard.records if record.get("outcome") == "failed" and "test" in record
    )
    told = [f"{error} ({count}x)" if count > 1 else error for error, count in errors.most_common(3)]
    parts = [f"{right} of {len(expected)} tests passed", *dict.fromkeys(problems), *told]
    return "; ".join(part for part in parts if part)[:500]


def module_names(paths: list[str]) -> tuple[str, ...]:
    """Top-level modules and packages among files handed in."""
    tops = (path.partition("/")[0].removesuffix(".py") for path in paths if path.endswith((".py", "/")))
    return tuple(sorted({top for top in tops if top.isidentifier()}))


def _below(files: Files, folder: str) -> dict[str, bytes]:
    prefix = folder.rstrip("/") + "/"
    return {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}


def _line(record: dict[str, Any]) -> str:
    if ("test" in record and record["when"] == "call") or record.get("outcome") not in (None, "passed"):
        name = record.get("test") or record.get("collecting") or "the tests"
        return f"{record['outcome']:8} {name} {record['error']}".rstrip() + "\n"
    return ""
