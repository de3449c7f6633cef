"""What comes of a tool call, as the model is told it: never more than it can read."""

from __future__ import annotations

from dataclasses import dataclass

MAX_CHARACTERS = 12_000


class ToolRefused(Exception):
    """The tool cannot do that; the text tells the model why and what it may do instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """``failed``: the tool could not do it, which is another thing than a command that ends with an error. ``killed``:
    a limit ended it, and all else in the sandbox. ``warning`` is for the attempt's result. ``stdout`` and ``stderr``
    are what a command printed, as far as it was kept."""

    text: str
    failed: bool = False
    submitted: bool = False
    killed: bool = False
    warning: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False


def capped(text: str, most: int = MAX_CHARACTERS) -> str:
    """Its beginning and its end, where it is too long."""
    if len(text) <= most:
        return text
    head, tail = text[: most // 2], text[-(most // 2) :]
    return f"{head}\n[... {len(text) - len(head) - len(tail)} characters left out ...]\n{tail}"
