"""A question set as one task: a sample per row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from assay.catalog.importers.answers import (
    NoAnswer,
    answer_for,
    compiled,
    expected_part,
    fields_of,
    guessed_check,
    labels_of,
)
from assay.catalog.importers.choices import Choices, choices_of, how_answers_are_given, right_option
from assay.catalog.importers.columns import find_columns
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut, subset, subset_note
from assay.catalog.importers.question_options import AnswersAre, QuestionCheck, QuestionOptions
from assay.catalog.importers.question_task import question_task
from assay.catalog.importers.samples import SampleWriter
from assay.catalog.importers.table import Row, Table, cell
from assay.catalog.importers.telemetry import telemetry_questions
from assay.catalog.tasks.texts import MAX_LINES, MAX_SAMPLES_BYTES

_LABELS = (QuestionCheck.CHOICE, QuestionCheck.CLASSIFICATION)


@dataclass(frozen=True, slots=True)
class Question:
    """A row with its expected answer, and its own options if it has any."""

    row: Row
    answer: Any
    choices: Choices | None


def question_set(table: Table, name: str, options: QuestionOptions, tag: str) -> ImportPlan:
    """``name`` is the set's, from which the task's id and title are made. Raises ImportFailed."""
    if options.check is QuestionCheck.TELEMETRY:
        table, options = telemetry_questions(table, options)
    found = find_columns(table, options)
    questions, left_out = _questions(table, found.options)
    options, answers, notes = _decided(questions, found.options)
    writer = SampleWriter(options)
    for question in questions:
        try:
            writer.add(question.row, _expected(question, options, answers), question.choices)
        except NoAnswer as reason:
            left_out.append(LeftOut(what=question.row.place, why=str(reason)))
    if not writer.samples:
        reasons = "; ".join(dict.fromkeys(each.why for each in left_out[:100]))
        raise ImportFailed(f"{table.file}: no row can be used: {reasons}")
    samples = subset(writer.samples, options.limit, options.seed)
    task = question_task(options, name, tag, samples, table.file)
    _check_size(task, table.file)
    notes += subset_note(len(writer.samples), options, "samples")
    return ImportPlan(
        title=options.title or name,
        tasks=(task,),
        left_out=(*table.left_out, *left_out),
        notes=(*table.notes, *found.notes, *notes),
    )


def _questions(table: Table, options: QuestionOptions) -> tuple[list[Question], list[LeftOut]]:
    pattern = compiled(options.expected_pattern, "--expected-pattern")
    questions: list[Question] = []
    left_out: list[LeftOut] = []
    for row in table.rows:
        try:
            answer = expected_part(cell(row.values, options.expected), pattern)
            questions.append(Question(row, answer, _choices(row, options)))
        except NoAnswer as reason:
            left_out.append(LeftOut(what=row.place, why=str(reason)))
    if not questions:
        reasons = "; ".join(dict.fromkeys(each.why for each in left_out[:100]))
        raise ImportFailed(f"{table.file}: no row can be used: {reasons}; choose other columns by options")
    return questions, left_out


def _choices(row: Row, options: QuestionOptions) -> Choices | None:
    if not options.options_columns:
        return None
    found = choices_of(row.values, options.options_columns)
    if found is None:
        raise NoAnswer("does not have from 2 to 26 options")
    return found


def _decided(
    questions: list[Question], options: QuestionOptions
) -> tuple[QuestionOptions, AnswersAre | None, tuple[str, ...]]:
    """The check with what it needs, how answers name options, and the guesses made."""
    values = [question.answer for question in questions]
    has_options = bool(options.options or options.options_columns)
    check = options.check or (QuestionCheck.CHOICE if has_options else guessed_check(values))
    notes = () if options.check else (f"answers are graded by the check {check.value!r} (--check)",)
    if options.options_columns:
        _refuse_other_check(check, "--options-column")
        answers = options.answers or how_answers_are_given([(q.answer, q.choices) for q in questions if q.choices])
        longest = max(len(question.choices.texts) for question in questions if question.choices)
        letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:longest])
        notes += () if options.answers else (f"the expected column names options by {answers.value} (--answers)",)
        return replace(options, check=check, options=letters), answers, notes
    if check in _LABELS and not options.options:
        labels = labels_of(values)
        if not 2 <= len(labels) <= 100:
            raise ImportFailed(
                f"check {check.value!r} needs 2 to 100 options, not {len(labels)}; list them by --options"
            )
        return replace(options, check=check, options=labels), None, (*notes, f"the options are {', '.join(labels)}")
    if check in _LABELS:
        own = Choices(options.options, options.options)
        answers = options.answers or how_answers_are_given([(value, own) for value in values])
        if answers.value.startswith("index") and not options.answers:
            notes += (f"the expected column has numbers of options, read as {answers.value} (--answers)",)
        return replace(options, check=check), answers, notes
    if options.options:
        _refuse_other_check(check, "--options")
    if check is QuestionCheck.JSON_FIELDS and not options.fields:
        fields = fields_of(values)
        return replace(options, check=check, fields=fields), None, (*notes, f"the fields are {', '.join(fields)}")
    if check is QuestionCheck.REGEX and not options.pattern:
        raise ImportFailed("check 'regex' needs --pattern")
    return replace(options, check=check), None, notes


def _refuse_other_check(check: QuestionCheck, option: str) -> None:
    if check not in _LABELS:
        raise ImportFailed(f"{option} is only for --check choice and classification, not {check.value}")


def _expected(question: Question, options: QuestionOptions, answers: AnswersAre | None) -> Any:
    """Raises NoAnswer."""
    assert options.check is not None
    if answers is None:
        return answer_for(options.check, question.answer, options)
    choices = question.choices or Choices(options.options, options.options)
    index = right_option(question.answer, choices, answers)
    if index is None:
        raise NoAnswer("its expected answer is not among the options")
    return options.options[index]


def _check_size(task: ImportedTask, file: str) -> None:
    samples = task.files["samples.jsonl"]
    count = samples.count(b"\n")
    if count > MAX_LINES:
        raise ImportFailed(f"{file}: has {count} samples, more than {MAX_LINES}; take some by --limit")
    if len(samples) > MAX_SAMPLES_BYTES:
        raise ImportFailed(
            f"{file}: its samples have {len(samples)} bytes, more than {MAX_SAMPLES_BYTES}; take some by --limit"
        )
