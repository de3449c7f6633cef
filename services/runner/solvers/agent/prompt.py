"""What an agent is told before its first turn, and when it forgets its tools."""

from __future__ import annotations

from collections.abc import Collection

from assay.contracts.tasks import Limits, PublicTask, Sample, Tool
from services.runner.models import ChatMessage

_LISTED_BYTES = 2_000
NUDGE = (
    "You called no tool. Go on with a tool, or call submit when you are done; another message without ends your work."
)


def agent_prompt(
    task: PublicTask, sample: Sample, workspace: Collection[str], limits: Limits, told: str
) -> list[ChatMessage]:
    """Instructions, which files there are, what is handed in, and what ``told`` says of the tools."""
    texts = (task.instructions, sample.input, _files(workspace), _ends(task, limits), told)
    user = ChatMessage(role="user", content="\n\n".join(stripped for text in texts if (stripped := text.strip())))
    return [ChatMessage(role="system", content=task.system), user] if task.system else [user]


def _files(workspace: Collection[str]) -> str:
    if not workspace:
        return "You work in the folder /workspace, which is empty."
    return f"You work in the folder /workspace, which holds:\n{_listed(sorted(workspace), chr(10))}"


def _ends(task: PublicTask, limits: Limits) -> str:
    """The limits a model can count itself."""
    counted = [
        f"{count} {name}" for name, count in (("turns", limits.turns), ("tool calls", limits.tool_calls)) if count
    ]
    bounds = f" You have {' and '.join(counted)}." if counted else ""
    submit = " Call submit when you are done." if Tool.SUBMIT in task.tools else ""
    return f"Of your work these files are handed in: {_listed(task.outputs, ', ')}.{submit}{bounds}"


def _listed(paths: Collection[str], between: str) -> str:
    """As many as there is room for."""
    shown: list[str] = []
    size = 0
    for path in paths:
        size += len(path.encode()) + len(between)
        if size > _LISTED_BYTES:
            return between.join([*shown, f"... and {len(paths) - len(shown)} more"])
        shown.append(path)
    return between.join(shown)
