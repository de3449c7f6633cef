"""Subcommands are imported when they are called, so ``assay --help`` loads none of them."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

COMMANDS = {
    "demo": "Benchmark three models on this machine and serve the dashboard.",
    "up": "Start the whole system on this machine and serve until Ctrl-C.",
    "run": "Run tasks against models and follow the run until it ends.",
    "watch": "Follow a run until it ends.",
    "runs": "List, show, pause, cancel, change and restart runs.",
    "attempts": "List and show attempts, their logs and their checks.",
    "regrade": "Grade the stored outputs of a run again, without asking any model.",
    "reviews": "Decide what models and programs could not.",
    "artifacts": "List, download and clean up artifacts of attempts.",
    "report": "Write a report on runs in Markdown.",
    "leaderboard": "Compare models.",
    "costs": "Show costs by model, task, day, run or call.",
    "limits": "Show and set spending limits.",
    "prices": "Show, set and check model prices.",
    "tasks": "List, describe, create and validate tasks.",
    "import": "Import tasks of other benchmarks, or results of other frameworks.",
    "suites": "List and show suites of tasks.",
    "models": "List, test, add, change and remove models.",
    "judges": "Compare models that grade with people.",
    "doctor": "Check that this machine has what Assay needs.",
    "consumers": "Give external programs read-only access to facts on NATS.",
    "workers": "Write the settings of a worker on another host.",
    "serve": "Run one service, configured by environment variables.",
}
"""Each key is a module of ``assay.cli.commands`` with an ``app``."""


class LazyGroup(TyperGroup):
    """Knows each subcommand's name and one-line help; ``resolve_command`` loads the rest."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=about, short_help=about) for name, about in COMMANDS.items()}

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        name, known, rest = super().resolve_command(ctx, args)
        return name, known and load(str(name)), rest

    def invoke(self, ctx: typer.Context) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _in_our_words(error)
            raise


def load(name: str) -> Any:
    """The real command."""
    command = get_command(import_module(f"assay.cli.commands.{name}").app)
    command.name = name
    for each in (command, *getattr(command, "commands", {}).values()):
        _complete_help(each)
    gc.freeze()  # these objects live as long as the process, so the collector need not scan them
    return command


def _complete_help(command: Any) -> None:
    """Lists of commands give each one's first sentence in full, and arguments go without their Python type."""
    command.short_help = (command.help or "").partition(". ")[0].rstrip(".") + "."
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda ctx: ""  # pyright: ignore[reportUnknownLambdaType]


def _in_our_words(error: typer.BadParameter) -> str:
    """Typer passes pydantic's wording on."""
    errors = getattr(error.__cause__, "errors", None)
    if errors is None:
        return error.message
    from assay.validation.pydantic_errors import sentence

    return "; ".join(sentence(each) for each in errors())
