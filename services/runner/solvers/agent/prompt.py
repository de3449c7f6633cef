"""The agent's first prompt, and the reminder when it calls no tool."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assay.contracts.tasks import Limits, PublicTask, Sample, Tool
from services.runner.models import ChatMessage, Image
from services.runner.solvers.prompts import messages, paragraphs

_MAX_LIST_BYTES = 2_000
NUDGE = (
    "You called no tool. Go on with a tool, or call submit when you are done; another message without ends your work."
)


def agent_prompt(
    task: PublicTask,
    sample: Sample,
    workspace: Collection[str],
    limits: Limits,
    system_text: str,
    images: Sequence[Image] = (),
) -> list[ChatMessage]:
    """Instructions, the files of the workspace, the outputs, and ``system_text`` about the tools."""
    files = () if task.plant else (_files(workspace), _handed_in(task))
    texts = (task.instructions, sample.input, *files, _end(task, limits), system_text)
    return messages(task, paragraphs(*texts), images)


def _files(workspace: Collection[str]) -> str:
    if not workspace:
        return "You work in the folder /workspace, which is empty."
    return f"You work in the folder /workspace, which holds:\n{_list(sorted(workspace), chr(10))}"


def _handed_in(task: PublicTask) -> str:
    return f"These files of your work are handed in: {_list(task.outputs, ', ')}."


def _end(task: PublicTask, limits: Limits) -> str:
    """How to finish, and the limits that a model can count itself."""
    counted = [
        f"{count} {name}" for name, count in (("turns", limits.turns), ("tool calls", limits.tool_calls)) if count
    ]
    bounds = f"You have {' and '.join(counted)}." if counted else ""
    submit = "Call submit when you are done." if Tool.SUBMIT in task.tools else ""
    return " ".join(filter(None, (submit, bounds)))


def _list(paths: Collection[str], separator: str) -> str:
    """As many as fit."""
    shown: list[str] = []
    size = 0
    for path in paths:
        size += len(path.encode()) + len(separator)
        if size > _MAX_LIST_BYTES:
            return separator.join([*shown, f"... and {len(paths) - len(shown)} more"])
        shown.append(path)
    return separator.join(shown)
