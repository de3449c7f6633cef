"""Runs a program for a check, and says in words why it did not end well."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.sandboxspec import Place
from assay.files import Files, FilesRefused
from assay.sandbox import Command, CommandResult, Mounts
from services.judge.checks.check_result import TextLog
from services.judge.grading.context import GradingContext, OutputUnsuitable

NOT_STARTED = (126, 127)
"""Exit codes of programs that do not exist or cannot be executed."""


async def run_program(
    context: GradingContext, place: Place, files: Files, argv: Sequence[str], stdin: str = "", mounts: Mounts = ()
) -> CommandResult:
    """In a fresh sandbox. Raises SandboxError, or OutputUnsuitable if the submitted files do not fit."""
    try:
        async with context.sandbox(place, files, mounts) as sandbox:
            result = await sandbox.run(Command(argv=argv, stdin=stdin.encode()))
    except FilesRefused as error:
        raise OutputUnsuitable(f"the submitted files cannot be written to a sandbox: {error}") from error
    result.raise_if_starved()
    return result


def limit_problem(result: CommandResult) -> str:
    """Empty if no limit ended the program."""
    return f"the program exceeded its {result.killed_by} limit" if result.killed_by else ""


def program_logs(result: CommandResult) -> dict[str, TextLog]:
    """``judge.stdout`` and ``judge.stderr``."""
    return {
        "judge.stdout": TextLog(data=result.stdout, truncated=result.stdout_truncated),
        "judge.stderr": TextLog(data=result.stderr, truncated=result.stderr_truncated),
    }
