"""An upper bound for a task's prompts: money for it is reserved before an attempt starts.

The runner builds prompts in services/runner/solvers/prompts.py; its tests compare every task's prompts with this
bound.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from assay.catalog.tasks.folder import files_in
from assay.catalog.tasks.images import image_paths, without_image_content
from assay.catalog.tasks.task import Task
from assay.contracts.tasks import Solver

_BACKTICKS = re.compile(rb"`{3,}")
_PARAGRAPH_BYTES = 2
_FILE_FRAME_BYTES = 64
_ANSWER_FORMAT_BYTES = 512
AGENT_PROMPT_BYTES = 12_288
"""Tool definitions, the list of files and the instructions in an agent's first request. For later requests, the runner
extends its grant as needed."""


def prompt_bytes(task: Task, sample_ids: Collection[str]) -> int:
    """The maximum size in UTF-8 bytes of the text of all messages of a prompt, over these samples."""
    manifest = task.manifest
    chosen = frozenset(sample_ids)
    inputs = [_bytes(sample.input) for sample in manifest.samples if sample.sample_id in chosen]
    texts = _bytes(manifest.system) + _bytes(manifest.instructions) + _PARAGRAPH_BYTES + max(inputs, default=0)
    if manifest.solver in (Solver.AGENT, Solver.COMMAND):
        return texts + AGENT_PROMPT_BYTES
    return texts + (_files_bytes(task) if manifest.solver is Solver.FILES else 0)


def image_count(task: Task, sample_ids: Collection[str]) -> int:
    """The highest number of images in a prompt, over these samples."""
    chosen = frozenset(sample_ids)
    samples = [sample for sample in task.manifest.samples if sample.sample_id in chosen]
    return max((len(image_paths(task.manifest, sample)) for sample in samples), default=0)


def _files_bytes(task: Task) -> int:
    """The workspace, each file in a fence longer than any fence inside, and the output format. An image is only
    named."""
    texts = without_image_content(task.manifest, task.files)
    shown = sum(_shown_bytes(path, content) for path, content in files_in(texts, "workspace").items())
    outputs = [_bytes(path) + _PARAGRAPH_BYTES for path in task.manifest.outputs]
    return shown + sum(outputs) + max(outputs, default=0) + _ANSWER_FORMAT_BYTES


def _shown_bytes(path: str, content: bytes) -> int:
    fence = max(map(len, _BACKTICKS.findall(content)), default=2) + 1
    return _bytes(path) + len(content) + 2 * fence + _FILE_FRAME_BYTES


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
