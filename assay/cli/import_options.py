"""Options of `assay import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.catalog.importers.question_options import AnswersAre, QuestionCheck
from assay.contracts.tasks import Difficulty

Source = Annotated[Path, typer.Argument(metavar="PATH", help="The benchmark's file or folder.")]

# --- of every format

Prefix = Annotated[
    str, typer.Option("--prefix", metavar="TEXT", help="How ids of tasks begin. Default: by format, such as mbpp.")
]
Category = Annotated[str, typer.Option("--category", metavar="NAME", help="Default: questions, or coding.")]
DifficultyOption = Annotated[
    Difficulty | None,
    typer.Option("--difficulty", metavar="LEVEL", help="trivial, easy, medium, hard or expert. Default: the format's."),
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="Take N at random (0 = all).")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Of the random choice: the same N, the same choice.")]
Into = Annotated[
    Path | None,
    typer.Option("--into", metavar="DIR", help="Catalogue to write to, created if needed. Default: the active one."),
]
Suite = Annotated[str, typer.Option("--suite", metavar="ID", help="Also write a suite that lists the tasks.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace existing tasks that have other content.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only report what would be written.")]
Grade = Annotated[
    bool,
    typer.Option("--grade", help="Grade references, no-ops and cheats, and leave out tasks that grade them wrongly."),
]
Solve = Annotated[
    bool,
    typer.Option(
        "--solve", help="Run each task's solution in its container for a reference, and grade (implies --grade)."
    ),
]

# --- of question sets

Task = Annotated[str, typer.Option("--task", metavar="ID", help="Id of the task. Default: the file's name.")]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="Title of the task. Default: the file's name.")]
Language = Annotated[str, typer.Option("--language", metavar="NAME", help="Language of the questions, such as en.")]
Instructions = Annotated[
    str, typer.Option("--instructions", metavar="TEXT|@FILE", help="What the model shall do. Default: by check.")
]
Input = Annotated[
    str,
    typer.Option("--input", metavar="COLUMN", help="Column of the question; COLUMN.PART for a part of a nested value."),
]
TemplateOption = Annotated[
    str,
    typer.Option("--template", metavar="TEXT|@FILE", help=r"The question made of columns: 'Q: {question}\n{choices}'."),
]
Expected = Annotated[str, typer.Option("--expected", metavar="COLUMN", help="Column of the expected answer.")]
ExpectedPattern = Annotated[
    str,
    typer.Option(
        "--expected-pattern", metavar="REGEX", help="Take only its first group from the expected answer: '#### (.*)'."
    ),
]
Id = Annotated[
    str, typer.Option("--id", metavar="COLUMN", help="Column that identifies samples. Default: row numbers.")
]
Check = Annotated[
    QuestionCheck | None,
    typer.Option(
        "--check",
        metavar="KIND",
        help="exact, choice, classification, numeric, regression, json_fields, telemetry or regex. Default: by the "
        "answers.",
    ),
]
Options = Annotated[
    str, typer.Option("--options", metavar="A,B,C", help="The options of every question, or the classes.")
]
OptionsColumn = Annotated[
    str,
    typer.Option(
        "--options-column", metavar="COLUMN,COLUMN", help="Column with each question's options, or a column per option."
    ),
]
Answers = Annotated[
    AnswersAre | None,
    typer.Option(
        "--answers",
        metavar="FORM",
        help="How an option is named as expected: letter, text, index0 or index1. Default: what fits all rows.",
    ),
]
Fields = Annotated[str, typer.Option("--fields", metavar="A,B,C", help="For json_fields: the fields to compare.")]
Pattern = Annotated[str, typer.Option("--pattern", metavar="REGEX", help="For regex: what an answer must match.")]
Tolerance = Annotated[
    float, typer.Option("--tolerance", metavar="X", min=0, help="For numeric and regression: the allowed deviation.")
]
IgnoreCase = Annotated[bool, typer.Option("--ignore-case", help="For exact, json_fields and regex.")]
Columns = Annotated[
    str, typer.Option("--columns", metavar="A,B,C", help="CSV without a header: the names of the columns.")
]
Delimiter = Annotated[
    str,
    typer.Option("--delimiter", metavar="CHAR", help=r"CSV: what separates columns, \t for tabs. Default: a guess."),
]
Split = Annotated[str, typer.Option("--split", metavar="NAME", help="hub: which part of the dataset.")]
Config = Annotated[str, typer.Option("--config", metavar="NAME", help="hub: which of the dataset's configurations.")]
Revision = Annotated[
    str, typer.Option("--revision", metavar="NAME", help="hub: a branch, tag or commit, to import the same again.")
]

# --- of results

Results = Annotated[Path, typer.Argument(metavar="PATH", help="The log or output, or a folder of them.")]
Score = Annotated[
    str,
    typer.Option(
        "--score", metavar="NAME", help="Which scorer or metric counts. Default: the headline metric, or the first."
    ),
]
Filter = Annotated[
    str, typer.Option("--filter", metavar="NAME", help="Which filter's answers count. Default: the first in the file.")
]
ScoreScale = Annotated[
    str,
    typer.Option("--scale", metavar="LOW,HIGH", help="Lowest and highest score, if they are not 0 and 1: 1,10."),
]
PassScore = Annotated[
    float, typer.Option("--pass-score", metavar="X", help="Score from 0 to 1 from which a result counts as passed.")
]
Model = Annotated[str, typer.Option("--model", metavar="NAME", help="Name of the model. Default: the one in the file.")]
ResultsSuite = Annotated[
    str,
    typer.Option("--suite", metavar="ID", help="Suite of the runs, after imported/. Default: the task's name."),
]
RunName = Annotated[str, typer.Option("--name", metavar="TEXT", help="Name of the runs. Default: that of the tasks.")]
OnlyReport = Annotated[bool, typer.Option("--dry-run", help="Only report what would be imported.")]


def listed(text: str) -> tuple[str, ...]:
    """``A,B`` as a tuple."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
