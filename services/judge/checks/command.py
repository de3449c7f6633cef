"""``command``: a program run with the submitted files exits and prints as expected."""

from __future__ import annotations

import re

from msgspec import structs

from assay.contracts.checks import CommandCheck, Tolerance
from assay.contracts.sandboxspec import Place
from assay.sandbox import CommandResult
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.checks.numeric import within
from services.judge.checks.program import limit_problem, program_logs, run_program
from services.judge.grading.context import GradingContext
from services.judge.readers.difference import difference
from services.judge.readers.text_normalizer import normalize_values

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


async def check(check: CommandCheck, context: GradingContext) -> CheckScore:
    files = {**context.files(check), **context.hidden_folder(check.inputs)}
    result = await run_program(context, Place.CANDIDATE, files, check.command, check.stdin)
    expected = _expected_output(check, context)
    printed = result.stdout.decode("utf-8", "replace")
    score = await _compare(check, context, result, printed, expected)
    shown = "" if score.passed or expected is None else difference(expected, printed)
    score = score.with_evidence(printed, check.stdout_pattern if expected is None else expected, shown)
    return structs.replace(score, logs=program_logs(result), used=result.used)


async def _compare(
    check: CommandCheck, context: GradingContext, result: CommandResult, printed: str, expected: str | None
) -> CheckScore:
    if problem := limit_problem(result):
        return failed(problem)
    if result.exit_code != check.exit_code:
        return failed(f"the program ended with exit code {result.exit_code}, not {check.exit_code}")
    if result.stdout_truncated:
        return failed("the program printed more than the limit of its output")
    if expected is not None and not same_output(check, printed, expected):
        return failed("the program's output is not the expected one")
    if check.stdout_pattern and await context.tools.regex.search(check.stdout_pattern, printed) is not True:
        return failed("the program's output does not match the pattern")
    return passed()


def _expected_output(check: CommandCheck, context: GradingContext) -> str | None:
    if check.stdout_file:
        return context.hidden_file(check.stdout_file).decode("utf-8", "replace")
    return check.stdout


def same_output(check: CommandCheck, printed: str, expected: str) -> bool:
    """Line by line, without spaces at the ends of lines; numbers within the tolerance, if there is one."""
    given, wanted = (_lines(normalize_values(text, check)) for text in (printed, expected))
    if given == wanted:
        return True
    tolerance = check.tolerance
    if tolerance is None or len(given) != len(wanted):
        return False
    return all(_close(one, other, tolerance) for one, other in zip(given, wanted, strict=True))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n")]


def _close(given: str, wanted: str, tolerance: Tolerance) -> bool:
    """The same text around numbers that are close."""
    if _NUMBER.split(given) != _NUMBER.split(wanted):
        return False
    numbers = zip(_NUMBER.findall(given), _NUMBER.findall(wanted), strict=True)
    return all(one == other or within(float(one), float(other), tolerance) for one, other in numbers)
