"""What a model is told: the task's own words, the workspace where there is one, and how to answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.contracts.tasks import PublicTask, Sample
from assay.files import Files
from services.runner.models import ChatMessage

_FENCES = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)


def answer_prompt(task: PublicTask, sample: Sample) -> list[ChatMessage]:
    """Instructions and the sample's input as one message."""
    return _messages(task, _paragraphs(task.instructions, sample.input))


def files_prompt(task: PublicTask, sample: Sample, workspace: Files) -> list[ChatMessage]:
    """Instructions, every file of the workspace, and how files are handed in."""
    shown = [_shown(path, content) for path, content in sorted(workspace.items())]
    files = _paragraphs("The files you start from:", *shown) if shown else ""
    return _messages(task, _paragraphs(task.instructions, sample.input, files, _how_to_answer(task.outputs)))


def _messages(task: PublicTask, text: str) -> list[ChatMessage]:
    system = [ChatMessage(role="system", content=task.system)] if task.system else []
    return [*system, ChatMessage(role="user", content=text)]


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(stripped for text in texts if (stripped := text.strip()))


def _shown(path: str, content: bytes) -> str:
    """``path`` and the content in a fence longer than any inside; of what is no text only the size."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"{path}\n(binary, {len(content)} bytes, not shown)"
    longest = max((len(fence) for fence in _FENCES.findall(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{path}\n{fence}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _how_to_answer(outputs: Sequence[str]) -> str:
    names = ", ".join(outputs)
    example = next((path for path in outputs if not path.endswith("/") and "*" not in path), "path/of/file")
    return (
        f"Hand in {names}. Write each file whole in a fenced block, with its path on the line before:\n\n"
        f"{example}\n```\n(the whole file)\n```\n\n"
        "Instead of whole files you may hand in one unified diff in a ```diff block."
    )
