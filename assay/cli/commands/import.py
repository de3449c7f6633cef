"""``assay import``."""  # noqa: N999

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from assay.catalog.importers.errors import ColumnNeeded
from assay.catalog.importers.plan import ImportPlan, TaskOptions
from assay.catalog.importers.question_options import QuestionOptions
from assay.cli import import_options as options
from assay.cli.errors import BadUsage
from assay.cli.import_options import listed
from assay.cli.import_results import Sending, import_results, results_options
from assay.cli.import_tasks import Destination, import_plan
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.embedded.environment import with_dotenv

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["import"])


@app.command("csv", help="Import a question set from CSV, TSV or another delimited file.")
@app.command("jsonl", help="Import a question set from JSON Lines or a JSON array, also compressed by gzip.")
@app.command("parquet", help="Import a question set from a Parquet file.")
@app.command("hub", help="Import a question set from the Hugging Face hub: PATH is OWNER/NAME. Uses HF_TOKEN.")
def import_questions(
    context: typer.Context,
    path: options.Source,
    question: options.Input = "",
    expected: options.Expected = "",
    template: options.TemplateOption = "",
    expected_pattern: options.ExpectedPattern = "",
    identifier: options.Id = "",
    check: options.Check = None,
    choices: options.Options = "",
    options_column: options.OptionsColumn = "",
    answers: options.Answers = None,
    json_fields: options.Fields = "",
    pattern: options.Pattern = "",
    tolerance: options.Tolerance = 0.0,
    ignore_case: options.IgnoreCase = False,
    task: options.Task = "",
    title: options.Title = "",
    category: options.Category = "",
    difficulty: options.DifficultyOption = None,
    language: options.Language = "",
    instructions: options.Instructions = "",
    columns: options.Columns = "",
    delimiter: options.Delimiter = "",
    split: options.Split = "test",
    config: options.Config = "",
    revision: options.Revision = "",
    prefix: options.Prefix = "",
    limit: options.Limit = 0,
    seed: options.Seed = 0,
    into: options.Into = None,
    suite: options.Suite = "",
    replace_: options.Replace = False,
    dry_run: options.DryRun = False,
    grade: options.Grade = False,
    json: Json = False,
) -> None:
    given, tag = context.params, str(context.info_name)
    chosen = _question_options(given, guess=json or not sys.stdin.isatty())
    import_plan(lambda: _read_questions(tag, path, chosen), tag, path, _destination(given))


def _import_problems(
    context: typer.Context,
    path: options.Source,
    prefix: options.Prefix = "",
    category: options.Category = "",
    difficulty: options.DifficultyOption = None,
    limit: options.Limit = 0,
    seed: options.Seed = 0,
    into: options.Into = None,
    suite: options.Suite = "",
    replace_: options.Replace = False,
    dry_run: options.DryRun = False,
    grade: options.Grade = False,
    json: Json = False,
) -> None:
    given, tag = context.params, str(context.info_name)
    module = import_module(f"assay.catalog.importers.{_PROBLEMS[tag][0]}")
    chosen = TaskOptions(**_given(given, TaskOptions))
    import_plan(lambda: module.read(path, chosen), tag, path, _destination(given))


@app.command("harbor", help="Import tasks of Harbor or Terminal-Bench: the folder of one, or a folder of many.")
def import_harbor(
    context: typer.Context,
    path: options.Source,
    solve: options.Solve = False,
    prefix: options.Prefix = "",
    category: options.Category = "",
    difficulty: options.DifficultyOption = None,
    limit: options.Limit = 0,
    seed: options.Seed = 0,
    into: options.Into = None,
    suite: options.Suite = "",
    replace_: options.Replace = False,
    dry_run: options.DryRun = False,
    grade: options.Grade = False,
    json: Json = False,
) -> None:
    given = {**context.params, "grade": grade or solve}
    chosen = TaskOptions(**_given(given, TaskOptions))
    import_plan(lambda: _read_harbor(path, chosen, solve), "harbor", path, _destination(given))


@app.command("inspect", help="Import results of Inspect: a log (.eval or .json), or a folder with logs.")
def import_inspect(
    context: typer.Context,
    path: options.Results,
    score: options.Score = "",
    scale: options.ScoreScale = "",
    pass_score: options.PassScore = 1.0,
    model: options.Model = "",
    suite: options.ResultsSuite = "",
    name: options.RunName = "",
    dry_run: options.OnlyReport = False,
    server: Server = "",
    json: Json = False,
) -> None:
    _import_results("inspect.log", context, Sending(server=server, dry_run=dry_run, json=json))


@app.command("lm-eval", help="Import results of lm-eval: its output folder, a results file or a samples file.")
def import_lm_eval(
    context: typer.Context,
    path: options.Results,
    score: options.Score = "",
    filter_: options.Filter = "",
    scale: options.ScoreScale = "",
    pass_score: options.PassScore = 1.0,
    model: options.Model = "",
    suite: options.ResultsSuite = "",
    name: options.RunName = "",
    dry_run: options.OnlyReport = False,
    server: Server = "",
    json: Json = False,
) -> None:
    _import_results("lm_eval.output", context, Sending(server=server, dry_run=dry_run, json=json))


def _import_results(reader: str, context: typer.Context, sending: Sending) -> None:
    path: Path = context.params["path"]
    chosen = results_options(context.params)
    module = import_module(f"assay.catalog.importers.results.{reader}")
    import_results(lambda: module.read(path, chosen), str(context.info_name), path, sending)


def _read_harbor(path: Path, chosen: TaskOptions, solve: bool) -> ImportPlan:
    module = import_module("assay.catalog.importers.harbor.folder")
    if not solve:
        return module.read(path, chosen)
    return import_module("assay.cli.import_solve").solve(module.read_unsolved(path, chosen))


_PROBLEMS = {
    "glue": (
        "glue.folder",
        "Import GLUE: the folder with CoLA, SST-2 and the others, or nyu-mll/glue of the hub.",
    ),
    "humaneval": ("humaneval", "Import HumanEval, or problems in its format: JSON Lines, also compressed by gzip."),
    "mbpp": ("mbpp", "Import MBPP: its JSON Lines, or the sanitized JSON array."),
    "exercism": ("exercism.track", "Import a track of Exercism: that of python, javascript, bash, go, rust or cpp."),
}
"""By format: its module, and the command's help."""
for _name, (_, _help) in _PROBLEMS.items():
    app.command(_name, help=_help)(_import_problems)


def _given(given: Mapping[str, Any], kind: type[TaskOptions] | type[Destination]) -> dict[str, Any]:
    """The parameters that are fields of the options."""
    return {field.name: given[field.name] for field in fields(kind) if field.name in given}


def _question_options(given: Mapping[str, Any], *, guess: bool) -> QuestionOptions:
    chosen: dict[str, Any] = {
        **_given(given, QuestionOptions),
        "input": given["question"],
        "id": given["identifier"],
        "template": _text(given["template"], "--template"),
        "instructions": _text(given["instructions"], "--instructions"),
        "options": listed(given["choices"]),
        "options_columns": listed(given["options_column"]),
        "fields": listed(given["json_fields"]),
        "columns": listed(given["columns"]),
        "guess": guess,
        "token": with_dotenv().get("HF_TOKEN", ""),
    }
    return QuestionOptions(**chosen)


def _destination(given: Mapping[str, Any]) -> Destination:
    return Destination(**_given({**given, "replace": given["replace_"]}, Destination))


def _read_questions(tag: str, path: Path, chosen: QuestionOptions) -> ImportPlan:
    """Asks for columns, unless they are to be guessed, until there are enough."""
    module = import_module(f"assay.catalog.importers.{tag}_file")
    while True:
        try:
            return module.read(path, chosen)
        except ColumnNeeded as needed:
            if chosen.guess:
                raise
            question = f"Column of the {needed.option} ({', '.join(needed.columns)})"
            column = typer.prompt(question, default=needed.guess or None, err=True)
            chosen = replace(chosen, **{needed.option: column})


def _text(value: str, option: str) -> str:
    """The text itself, or that of ``@FILE``."""
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadUsage(f"{option}: {value[1:]} cannot be read: {error}") from error
