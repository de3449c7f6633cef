"""``metric``: a number compared with thresholds."""

from __future__ import annotations

from msgspec import structs

from assay.answers.json_reader import last_object
from assay.contracts.checks import Metric, name_of
from assay.contracts.sandboxspec import Place
from assay.sandbox import FilesMount
from services.judge.checks.check_result import CheckScore, TextLog, failed
from services.judge.checks.program import NOT_STARTED, limit_problem, program_logs, run_program
from services.judge.checks.thresholds import threshold_score
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext, OutputUnsuitable
from services.judge.readers.finite import finite, parse_finite
from services.judge.readers.json_path import at_path
from services.judge.readers.number_reader import read_number


async def check(check: Metric, context: GradingContext) -> CheckScore:
    text, logs = await _scorer_output(check, context) if check.scorer else (context.text(check), {})
    value = await _value(check, context, text)
    if value is None:
        return structs.replace(failed("the text does not contain the number to compare").with_evidence(text), logs=logs)
    score = threshold_score(
        value, check.thresholds, lower_is_better=check.lower_is_better, interpolate=check.interpolate
    )
    message = "" if score == 1.0 else f"the metric is {value:g}, which scores {score:g}"
    result = CheckScore(passed=score == 1.0, score=score, message=message, metrics={name_of(check): value}, logs=logs)
    return result.with_evidence(text, "\n".join(f"{each.value:g}: {each.score:g}" for each in check.thresholds))


async def _scorer_output(check: Metric, context: GradingContext) -> tuple[str, dict[str, TextLog]]:
    """What the hidden program prints about the submitted files. It is trusted, because no submitted code runs there."""
    mounts = [FilesMount(path="/tests", files=context.hidden_folder("tests"))]
    result = await run_program(context, Place.TESTS, context.files(check), check.scorer, mounts=mounts)
    if problem := limit_problem(result):
        raise OutputUnsuitable(f"the scorer did not end: {problem}")
    if result.exit_code in NOT_STARTED:
        raise HiddenBundleInvalid(f"scorer {check.scorer[0]!r} cannot be started in the task's sandbox")
    if result.exit_code != 0:
        raise OutputUnsuitable(f"the scorer could not score the submission: exit code {result.exit_code}")
    return result.stdout.decode("utf-8", "replace"), program_logs(result)


async def _value(check: Metric, context: GradingContext, text: str) -> float | None:
    if check.field:
        document = last_object(text, (check.field.partition(".")[0],))
        return finite(at_path(document, check.field))
    if check.pattern:
        found = await context.tools.regex.find(check.pattern, text)
        return None if found is None else parse_finite(found)
    return read_number(text).value
