"""How a command fails.

CommandFailed           its text goes to stderr, and its exit code ends the process
  BadUsage              the user named something that does not exist, or gave an invalid value

Exit codes: 0 success, 1 failure (also: nothing of the run was graded, or one of its models was stopped), 2 bad usage,
3 the run ended with attempts that did not pass (--strict), 130 interrupted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.contracts.problems import Problem

OK, FAILED, USAGE, STRICT, INTERRUPTED = 0, 1, 2, 3, 130


class CommandFailed(Exception):
    """What went wrong and what to do next, for the user. ``problem`` is the gateway's, if it refused a request."""

    exit_code = FAILED
    code = "failed"

    def __init__(self, text: str, problem: Problem | None = None) -> None:
        super().__init__(text)
        self.problem = problem


class BadUsage(CommandFailed):
    exit_code = USAGE
    code = "usage"


def error_document(text: str, code: str, exit_code: int, problem: Problem | None = None) -> str:
    """What --json prints: one line of JSON. ``code`` is the problem's, or ``usage`` or ``failed``."""
    from json import dumps

    from msgspec import to_builtins

    document = {"error": text, "code": problem.code if problem else code, "exit_code": exit_code}
    return dumps({**document, "problem": to_builtins(problem)} if problem else document)
