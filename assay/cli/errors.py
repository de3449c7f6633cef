"""How a command fails.

CommandFailed           its text goes to stderr, and its exit code ends the program
  BadUsage              what was asked for does not exist or makes no sense

Exit codes: 0 all is well; 1 the tool could not do it; 2 usage; 3 the run ended, but something in it failed (--strict).
"""

from __future__ import annotations

OK, FAILED, USAGE, STRICT, INTERRUPTED = 0, 1, 2, 3, 130


class CommandFailed(Exception):
    """What went wrong and what to do next, in words for the user."""

    exit_code = FAILED


class BadUsage(CommandFailed):
    exit_code = USAGE
