"""How long the prompts of a task can get: what a run reserves money for before an attempt at it begins.

The runner makes the prompts (services/runner/solvers/prompts.py), and its tests hold every task's prompts against this
bound.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from assay.catalog.folder import below
from assay.catalog.task import Task
from assay.contracts.tasks import Solver

_BACKTICKS = re.compile(rb"`{3,}")
_PARAGRAPH_BYTES = 2
_AROUND_A_FILE_BYTES = 64
_HOW_TO_ANSWER_BYTES = 512
AGENT_BYTES = 12_288
"""The tools, what a provider says of them, which files there are, and what to do: of an agent's first request. For its
other requests the runner asks for more money as it needs it."""


def prompt_bytes(task: Task, sample_ids: Collection[str]) -> int:
    """UTF-8 bytes that all messages of a prompt have at most, for the longest of these samples."""
    manifest = task.manifest
    chosen = frozenset(sample_ids)
    inputs = [_bytes(sample.input) for sample in manifest.samples if sample.sample_id in chosen]
    texts = _bytes(manifest.system) + _bytes(manifest.instructions) + _PARAGRAPH_BYTES + max(inputs, default=0)
    if manifest.solver in (Solver.AGENT, Solver.COMMAND):
        return texts + AGENT_BYTES
    return texts + (_files_bytes(task) if manifest.solver is Solver.FILES else 0)


def _files_bytes(task: Task) -> int:
    """The workspace, each file in a fence longer than any inside, and how files are handed in."""
    shown = sum(_shown_bytes(path, content) for path, content in below(task.files, "workspace").items())
    outputs = [_bytes(path) + _PARAGRAPH_BYTES for path in task.manifest.outputs]
    return shown + sum(outputs) + max(outputs, default=0) + _HOW_TO_ANSWER_BYTES


def _shown_bytes(path: str, content: bytes) -> int:
    fence = max(map(len, _BACKTICKS.findall(content)), default=2) + 1
    return _bytes(path) + len(content) + 2 * fence + _AROUND_A_FILE_BYTES


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
