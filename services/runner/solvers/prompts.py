"""Prompts: the task's instructions, the files of the workspace, and the format of the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.contracts.tasks import PublicTask, Sample
from assay.files import Files
from services.runner.models import ChatMessage, Image

_FENCES = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)


def answer_prompt(task: PublicTask, sample: Sample, images: Sequence[Image] = ()) -> list[ChatMessage]:
    """Instructions and the sample's input in one message, with the images."""
    return messages(task, paragraphs(task.instructions, sample.input), images)


def files_prompt(task: PublicTask, sample: Sample, workspace: Files, images: Sequence[Image] = ()) -> list[ChatMessage]:
    """Instructions, every file of the workspace, and how to write files in the answer."""
    attached = {image.name: image for image in images}
    shown = [_file(path, content, attached.get(f"workspace/{path}")) for path, content in sorted(workspace.items())]
    files = paragraphs("The files you start from:", *shown) if shown else ""
    return messages(task, paragraphs(task.instructions, sample.input, files, _answer_format(task.outputs)), images)


def program_prompt(task: PublicTask, sample: Sample) -> str:
    """What the program of solver ``command`` gets as its instructions."""
    return paragraphs(task.instructions, sample.input)


def messages(task: PublicTask, text: str, images: Sequence[Image] = ()) -> list[ChatMessage]:
    """The task's system message, if it has one, and ``text`` as the user's, with the images."""
    system = [ChatMessage(role="system", content=task.system)] if task.system else []
    return [*system, ChatMessage(role="user", content=text, images=tuple(images))]


def paragraphs(*texts: str) -> str:
    """Those that are not blank, with blank lines between them."""
    return "\n\n".join(stripped for text in texts if (stripped := text.strip()))


def _file(path: str, content: bytes, image: Image | None) -> str:
    """The path, and the content in a fence longer than any inside; of a binary file only its size. ``image``: the file
    is sent as an image."""
    if image:
        return f"{path}\n({image.media_type}, {len(content)} bytes, attached to this message)"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"{path}\n(binary, {len(content)} bytes, not shown)"
    longest = max((len(fence) for fence in _FENCES.findall(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{path}\n{fence}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _answer_format(outputs: Sequence[str]) -> str:
    names = ", ".join(outputs)
    example = next((path for path in outputs if not path.endswith("/") and "*" not in path), "path/of/file")
    return (
        f"Hand in {names}. Write each file whole in a fenced block, with its path on the line before:\n\n"
        f"{example}\n```\n(the whole file)\n```\n\n"
        "Instead of whole files you may hand in one unified diff in a ```diff block."
    )
