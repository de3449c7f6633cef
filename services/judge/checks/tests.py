"""``tests``: hidden pytest tests of the submitted code. Exactly the expected tests must run and pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from assay.contracts.checks import Tests
from assay.contracts.results import TestOutput
from assay.files import FilesRefused
from assay.sandbox import cut_note
from services.judge.audit import flags_of_tests
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.checks.check_result import CheckScore, TextLog, failed
from services.judge.grading.context import GradingContext

_PASSED = [("setup", "passed"), ("call", "passed"), ("teardown", "passed")]


async def check(check: Tests, context: GradingContext) -> CheckScore:
    """Its logs are ``judge.stdout`` (one line per test) and ``judge.stderr`` (the candidate's output)."""
    files, task = context.files(check), context.hidden.task
    tests = context.hidden_folder(check.path)
    if not files:
        return failed("none of the declared output files was submitted")
    paths = tuple(dict.fromkeys([*files, *(output for output in task.outputs if "*" not in output)]))
    run = TestRun(
        tests=tests,
        files=files,
        paths=paths,
        modules=module_names(paths),
        framework=check.framework,
        driver=context.hidden_folder(check.driver),
        build=check.build,
        command=check.command,
        sandbox=task.sandbox,
        sandbox_kind=context.sandbox_kind,
        run_id=context.run_id,
    )
    try:
        run_log = await context.tools.test_executor.run(run)
    except FilesRefused as error:
        return failed(f"the submitted files cannot be written to a sandbox: {error}")
    score = evaluate(check.expected, run_log)
    flags = flags_of_tests(run_log, passed=score.passed)
    return structs.replace(score, logs=_logs(run_log), used=run_log.used, flags=flags)


def _logs(run_log: TestRunLog) -> dict[str, TextLog]:
    lines = "".join(map(_line, run_log.records)) + (run_log.abort_reason and f"! {run_log.abort_reason}\n")
    printed = run_log.candidate_output
    printed += cut_note(printed, run_log.dropped_bytes, "the limit of judge.stderr")
    stderr = TextLog(data=printed, truncated=run_log.dropped_bytes > 0)
    return {"judge.stdout": TextLog(data=lines.encode()), "judge.stderr": stderr}


def evaluate(expected: tuple[str, ...], run_log: TestRunLog) -> CheckScore:
    """Passes if exactly the expected tests ran and each passed all its phases once."""
    phases = _phases_by_test(run_log.records)
    passing = {name for name, outcomes in phases.items() if outcomes == _PASSED}
    passed_count = sum(name in passing for name in expected)
    unexpected = [name for name in phases if name not in expected]
    missing = [name for name in expected if name not in phases]
    problems = [run_log.abort_reason] if run_log.abort_reason else []
    problems += [record["error"] for record in run_log.records if "collecting" in record]
    problems += [f"{_count(missing, 'expected test')} did not run"] if missing else []
    problems += [f"{_count(unexpected, 'unexpected test')} ran"] if unexpected else []
    complete = passed_count == len(expected) and not problems
    score = passed_count / len(expected) if not unexpected else 0.0
    message = "" if complete else _message(passed_count, expected, problems, run_log)
    text = "; ".join(filter(None, (message, run_log.warning)))
    return CheckScore(passed=complete, score=score, message=text, tests=_test_outputs(run_log.records))


def _phases_by_test(records: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for record in records:
        if "test" in record:
            found.setdefault(record["test"], []).append((record["when"], record["outcome"]))
    return found


def _test_outputs(records: list[dict[str, Any]]) -> tuple[TestOutput, ...]:
    """One entry per test: the phase that did not pass, or else its call."""
    found: dict[str, TestOutput] = {}
    for record in records:
        if "test" not in record or (record["when"] != "call" and record["outcome"] == "passed"):
            continue
        output = TestOutput(
            name=record["test"],
            outcome=record["outcome"],
            error=record["error"],
            message=record.get("message", ""),
            seconds=record["seconds"],
        )
        if output.name not in found or found[output.name].outcome == "passed":
            found[output.name] = output
    return tuple(found.values())


def _message(passed_count: int, expected: tuple[str, ...], problems: list[str], run_log: TestRunLog) -> str:
    errors = Counter(
        record["error"] for record in run_log.records if record.get("outcome") == "failed" and "test" in record
    )
    frequent = [f"{error} ({count}x)" if count > 1 else error for error, count in errors.most_common(3)]
    parts = [f"{passed_count} of {len(expected)} tests passed", *dict.fromkeys(problems), *frequent]
    return "; ".join(part for part in parts if part)[:500]


def _count(names: list[str], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"


def module_names(paths: Sequence[str]) -> tuple[str, ...]:
    """The top-level modules and packages among these files."""
    tops = (path.partition("/")[0].removesuffix(".py") for path in paths if path.endswith((".py", "/")))
    return tuple(sorted({top for top in tops if top.isidentifier()}))


def _line(record: dict[str, Any]) -> str:
    if ("test" in record and record["when"] == "call") or record.get("outcome") not in (None, "passed"):
        name = record.get("test") or record.get("collecting") or "the tests"
        return f"{record['outcome']:8} {name} {record['error']}".rstrip() + "\n"
    return ""
