"""``--include-tests``: adds a task's hidden tests to its instructions."""

from __future__ import annotations

import re

import msgspec

from assay.catalog.tasks.bundles import Bundles
from assay.catalog.tasks.task import Task
from assay.contracts.codec import canonical, decode
from assay.contracts.tasks import PublicTask
from assay.files import Files

_TESTS = "tests/"
_BACKTICKS = re.compile("`{3,}")
_HEAD = "These are the tests that will grade your work:"


def tests_text(task: Task) -> str:
    """The hidden tests as text for a prompt; empty for a task that is not graded by tests."""
    files = {path: content for path, content in task.files.items() if path.startswith(_TESTS)}
    return (
        "\n\n".join((_HEAD, *(_file_text(path, content) for path, content in sorted(files.items())))) if files else ""
    )


def with_tests_shown(bundles: Bundles, text: str) -> Files:
    """The public bundle with ``text`` appended to the instructions."""
    task = decode(PublicTask, bundles.public["task.json"])
    shown = msgspec.structs.replace(task, instructions=f"{task.instructions.rstrip()}\n\n{text}")
    return {**bundles.public, "task.json": canonical(shown)}


def _file_text(path: str, content: bytes) -> str:
    try:
        text = content.decode().rstrip("\n")
    except UnicodeDecodeError:
        return f"{path}\n(binary, {len(content)} bytes, not shown)"
    fence = "`" * (max((len(found) for found in _BACKTICKS.findall(text)), default=2) + 1)
    return f"{path}\n{fence}\n{text}\n{fence}"
