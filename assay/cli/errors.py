"""How a command fails.

CommandFailed           its text goes to stderr, and its exit code ends the process
  BadUsage              the user named something that does not exist, or gave an invalid value

Exit codes: 0 success, 1 failure (also: nothing of the run was graded), 2 bad usage, 3 the run ended with attempts that
did not pass (--strict), 130 interrupted.
"""

from __future__ import annotations

OK, FAILED, USAGE, STRICT, INTERRUPTED = 0, 1, 2, 3, 130


class CommandFailed(Exception):
    """What went wrong and what to do next, for the user."""

    exit_code = FAILED


class BadUsage(CommandFailed):
    exit_code = USAGE
