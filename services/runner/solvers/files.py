"""Solver ``files``: the model writes whole files or a patch; the declared outputs are submitted.

The answer is applied to the workspace as data (answer_parser.py). The result is written into a sandbox with the task's
limits, from which the outputs are read back: the same limits hold as for files that programs write. The sandbox is
opened after the model has answered, so it never idles.
"""

from __future__ import annotations

import asyncio

from assay.contracts.artifacts import ArtifactRef
from assay.files import FilesRefused
from services.runner.errors import AnswerUnusable
from services.runner.solvers.answer_parser import FilesAnswer, parse_answer
from services.runner.solvers.outputs import submit_outputs
from services.runner.solvers.prompts import files_prompt
from services.runner.solvers.workspace_snapshot import snapshot_on_exit
from services.runner.task_bundles import TaskBundle
from services.runner.tries.try_context import TryContext


async def solve(try_: TryContext, bundle: TaskBundle) -> ArtifactRef:
    """The bundle of outputs. Raises AnswerUnusable, or SandboxError."""
    sample = bundle.sample(try_.ticket.sample_id)
    prompt = files_prompt(bundle.task, sample, bundle.workspace, bundle.images_of(sample))
    text, _ = await try_.ask(prompt)
    answer = await asyncio.to_thread(parse_answer, text, bundle.task.outputs, bundle.workspace)
    await try_.tail.step("writing the files")
    return await apply_answer(try_, bundle, answer)


async def apply_answer(try_: TryContext, bundle: TaskBundle, answer: FilesAnswer) -> ArtifactRef:
    """Stores the declared outputs of the changed workspace as a bundle, and the changes as ``patch.diff``."""
    try_.notes += answer.notes
    kept = {path: content for path, content in bundle.workspace.items() if path not in answer.deleted}
    try:
        async with (
            try_.sandboxes.open(bundle.task.sandbox.at(None)) as sandbox,
            snapshot_on_exit(try_, bundle, sandbox),
        ):
            await sandbox.write({**kept, **answer.files})
            return await submit_outputs(try_, bundle, sandbox)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files are not allowed: {error}") from error
