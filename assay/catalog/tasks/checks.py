"""Validates a task's checks: each fits the solver, names files that exist, and can be passed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assay.catalog.tasks.folder import files_in
from assay.catalog.tasks.manifest import TaskManifest
from assay.catalog.tasks.rubrics import rubric_mistakes
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.checks import (
    AnyCheck,
    Check,
    Choice,
    Classification,
    CommandCheck,
    ContentCheck,
    Exact,
    FilePresent,
    Intervals,
    JsonFields,
    Metric,
    Numeric,
    PlantCheck,
    ReferenceOutput,
    Regression,
    Rubric,
    Rule,
    RuleKind,
    Rules,
    Sql,
    Telemetry,
    Tests,
    Threshold,
    kind_of,
)
from assay.contracts.sandboxspec import Place
from assay.files import Files, matches
from assay.validation.did_you_mean import closest

MAX_PATTERN = 10_000
Mistake = tuple[FieldPath, str]
_FILES_ONLY = (FilePresent, CommandCheck, Sql, Tests, PlantCheck)
_NUMBERS = (
    *(RuleKind.AT_LEAST, RuleKind.AT_MOST, RuleKind.MIN_LENGTH, RuleKind.MAX_LENGTH),
    *(RuleKind.MIN_WORDS, RuleKind.MAX_WORDS),
)


def runs_submitted_code(check: Check) -> bool:
    """Whether submitted code could act while it is graded, so that the task needs cheats."""
    return isinstance(check, Tests | CommandCheck) or (isinstance(check, Sql) and bool(check.before))


def needs_expected(check: Check) -> bool:
    """Whether the check compares with the sample's ``expected``."""
    if isinstance(check, ReferenceOutput | Classification | Regression):
        return not check.reference
    if isinstance(check, Rubric):
        return check.show_expected or check.pairwise
    return isinstance(check, Exact | Choice | Numeric | Telemetry | JsonFields | Intervals)


def check_checks(manifest: TaskManifest, files: Files, document: Document) -> None:
    for index, check in enumerate(manifest.checks):
        for place, message in _mistakes(check, manifest, files):
            document.add_mistake(("checks", index, *place), message)


def _mistakes(check: AnyCheck, manifest: TaskManifest, files: Files) -> Iterator[Mistake]:
    yield from _fits_solver(check, manifest)
    yield from _hidden_files(check, files)
    yield from _patterns(check)
    for kind, rule in _RULES:
        if isinstance(check, kind):
            yield from rule(check, manifest)


def _fits_solver(check: Check, manifest: TaskManifest) -> Iterator[Mistake]:
    solver, submits_files = manifest.solver.value, manifest.solver.hands_in_files
    if not submits_files and (isinstance(check, _FILES_ONLY) or (isinstance(check, Metric) and check.scorer)):
        yield ("kind",), f"check {kind_of(check)!r} grades files, but solver {solver!r} submits an answer"
        return
    if not isinstance(check, ContentCheck) or (isinstance(check, CommandCheck | Metric) and _has_own_text(check)):
        return
    if submits_files and not check.file:
        yield ("file",), f"is missing; name the output whose content check {kind_of(check)!r} grades"
    elif submits_files and not matches(check.file, manifest.outputs):
        near = closest(check.file, manifest.outputs)
        yield ("file",), f"{check.file!r} is not among the outputs" + (f"; did you mean {near!r}?" if near else "")
    elif not submits_files and check.file:
        yield ("file",), f"is only allowed for solvers that submit files, but solver {solver!r} submits an answer"


def _has_own_text(check: CommandCheck | Metric) -> bool:
    """The text is the output of a program."""
    return isinstance(check, CommandCheck) or bool(check.scorer)


def _hidden_files(check: Check, files: Files) -> Iterator[Mistake]:
    for name in ("reference", "stdout_file"):
        path = getattr(check, name, "")
        if path and path not in files:
            yield (name,), f"the task has no file {path!r}" + _near(path, files)
    folder = getattr(check, "inputs", "")
    if folder and not files_in(files, folder):
        yield ("inputs",), f"the task has no files in {folder!r}"
    for index, query in enumerate(check.queries if isinstance(check, Sql) else ()):
        if query.rows_file and query.rows_file not in files:
            yield (
                ("queries", index, "rows_file"),
                f"the task has no file {query.rows_file!r}" + _near(query.rows_file, files),
            )


def _near(path: str, files: Files) -> str:
    near = closest(path, list(files_in(files, "tests")) and [f"tests/{each}" for each in files_in(files, "tests")])
    return f"; did you mean {near!r}?" if near else ""


def _patterns(check: Check) -> Iterator[Mistake]:
    """The judge searches with a time limit, in a process of its own; a pattern is only compiled here."""
    ignore_case = bool(getattr(check, "ignore_case", False))
    for name in ("pattern", "stdout_pattern"):
        if problem := pattern_mistake(getattr(check, name, ""), ignore_case):
            yield (name,), problem
    for index, rule in enumerate(check.rules if isinstance(check, Rules) else ()):
        pattern = rule.value if rule.rule is RuleKind.MATCHES and isinstance(rule.value, str) else ""
        if problem := pattern_mistake(pattern, ignore_case):
            yield ("rules", index, "value"), problem


def pattern_mistake(pattern: str, ignore_case: bool) -> str:
    if len(pattern) > MAX_PATTERN:
        return f"has {len(pattern)} characters, more than {MAX_PATTERN}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(f"(?i){pattern}" if ignore_case else pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression: {error}"
    return ""


def _file_present(check: FilePresent, manifest: TaskManifest) -> Iterator[Mistake]:
    if not check.files and not check.absent:
        yield ("files",), "is missing; list the files that must be submitted"


def _command(check: CommandCheck, manifest: TaskManifest) -> Iterator[Mistake]:
    outputs = [name for name in ("stdout", "stdout_file") if getattr(check, name)]
    if len(outputs) > 1:
        yield ("stdout_file",), "is set although there is 'stdout'; keep one of them"
    if check.stdout is None and not check.stdout_file and not check.stdout_pattern and not check.trusts_exit_code:
        yield (
            (),
            "has no expected output, and submitted code can end with any exit code; set stdout, stdout_file or "
            "stdout_pattern, or trusts_exit_code: true for a program that the submission cannot influence",
        )


def _metric(check: Metric, manifest: TaskManifest) -> Iterator[Mistake]:
    if check.field and check.pattern:
        yield ("pattern",), "is set although there is 'field'; keep one of them"
    if check.scorer and check.file:
        yield ("file",), "is set although there is 'scorer', which reads all submitted files; keep one of them"


def _thresholds(check: Any, manifest: TaskManifest) -> Iterator[Mistake]:
    thresholds: Sequence[Threshold] = check.thresholds
    if not any(each.score == 1.0 for each in thresholds):
        yield ("thresholds",), "none has the score 1, so no attempt could pass"
    if len({each.value for each in thresholds}) < len(thresholds):
        yield ("thresholds",), "two have the same value"


def _sql(check: Sql, manifest: TaskManifest) -> Iterator[Mistake]:
    if bool(check.database) == bool(check.url):
        yield (), "needs either 'database', a submitted SQLite file, or 'url', a PostgreSQL service"
    if check.database and not matches(check.database, manifest.outputs):
        yield ("database",), f"{check.database!r} is not among the outputs"
    if check.database and check.before:
        yield ("before",), "is only allowed with 'url'; a submitted file is only read"
    if check.url and not any(Place.CANDIDATE in one.places for one in manifest.sandbox.services):
        yield ("url",), "needs a service in 'sandbox: {services: ...}' whose places include 'candidate'"
    for index, query in enumerate(check.queries):
        if (query.rows is None) == (not query.rows_file):
            yield ("queries", index), "needs either 'rows' or 'rows_file'"


def _classification(check: Classification, manifest: TaskManifest) -> Iterator[Mistake]:
    if check.positive and check.positive not in check.classes:
        yield ("positive",), f"{check.positive!r} is not among the classes"
    if len({name.casefold() for name in check.classes}) < len(check.classes):
        yield ("classes",), "two differ by case alone"


def _plant(check: PlantCheck, manifest: TaskManifest) -> Iterator[Mistake]:
    if manifest.plant is None:
        yield (), "needs 'plant', the scenario that the agent meets"


def _rules(check: Rules, manifest: TaskManifest) -> Iterator[Mistake]:
    if not any(rule.weight for rule in check.rules):
        yield ("rules",), "every weight is 0, so no attempt could score"
    for index, rule in enumerate(check.rules):
        if problem := _rule_mistake(rule):
            yield ("rules", index, "value"), problem


def _rule_mistake(rule: Rule) -> str:
    kind, value = rule.rule, rule.value
    if kind in (RuleKind.PRESENT, RuleKind.ABSENT):
        if value is not None:
            return f"is not used by rule {kind.value!r}"
        return "" if rule.field else f"rule {kind.value!r} needs a 'field'" if kind is RuleKind.ABSENT else ""
    if value is None:
        return f"is missing; rule {kind.value!r} compares with it"
    if kind in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"rule {kind.value!r} compares a number"
    if kind is RuleKind.ONE_OF and not (isinstance(value, list | tuple) and value):
        return "rule 'one_of' needs a list"
    return (
        "rule 'matches' needs a regular expression" if kind is RuleKind.MATCHES and not isinstance(value, str) else ""
    )


_RULES: tuple[tuple[Any, Callable[[Any, TaskManifest], Iterator[Mistake]]], ...] = (
    (FilePresent, _file_present),
    (CommandCheck, _command),
    (Metric, _metric),
    (Metric | Classification | Regression, _thresholds),
    (Sql, _sql),
    (Classification, _classification),
    (PlantCheck, _plant),
    (Rules, _rules),
    (Rubric, rubric_mistakes),
)
