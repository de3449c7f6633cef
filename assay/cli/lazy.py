"""Sub-commands that are imported when they are called, so that ``assay --help`` loads none of them."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

COMMANDS = {
    "demo": "Benchmark three models on this machine, and serve.",
    "up": "Start everything on this machine, and serve until Ctrl-C.",
    "run": "Let models attempt tasks, and follow the run to its end.",
    "watch": "Follow a run.",
    "runs": "List, show, pause, cancel, change and restart runs.",
    "attempts": "Show attempts, and what they said and printed.",
    "artifacts": "List and fetch what attempts left; delete what nobody refers to.",
    "leaderboard": "Show how the models compare.",
    "costs": "Show what was spent, and on what.",
    "limits": "Show and set what may be spent.",
    "prices": "Show, set and check what models cost.",
    "tasks": "List, describe and validate tasks.",
    "suites": "List suites of tasks.",
    "models": "List models, and test whether one answers.",
    "doctor": "Check what Assay needs on this machine.",
    "serve": "Run one service, set up by its environment.",
}
"""Each is the module of the same name in this package, which has an ``app``."""


class LazyGroup(TyperGroup):
    """Knows the sub-commands' names and one line about each; the rest is loaded by ``resolve_command``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=about) for name, about in COMMANDS.items()}

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        name, known, rest = super().resolve_command(ctx, args)
        return name, known and load(str(name)), rest


def load(name: str) -> Any:
    """The real command."""
    command = get_command(import_module(f"assay.cli.commands.{name}").app)
    command.name = name
    gc.freeze()  # nothing of it goes before the process does, so nobody need look for what might
    return command
