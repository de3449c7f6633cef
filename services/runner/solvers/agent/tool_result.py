"""The result of a tool call, short enough for the model to read."""

from __future__ import annotations

from dataclasses import dataclass

MAX_CHARACTERS = 12_000


class ToolError(Exception):
    """The tool cannot do that. The message tells the model why, and what it can do instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """``failed``: the tool could not do it, as opposed to a command that exits with an error. ``killed``: a limit ended
    the command, and with it everything else in the sandbox. ``warning`` is for the attempt's result. ``stdout`` and
    ``stderr`` are the output of a command, within its size limit."""

    text: str
    failed: bool = False
    submitted: bool = False
    killed: bool = False
    warning: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False


def truncate_middle(text: str, max_characters: int = MAX_CHARACTERS) -> str:
    """Keeps the beginning and the end of text that is too long."""
    if len(text) <= max_characters:
        return text
    head, tail = text[: max_characters // 2], text[-(max_characters // 2) :]
    return f"{head}\n[... {len(text) - len(head) - len(tail)} characters omitted ...]\n{tail}"
