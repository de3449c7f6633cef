"""Solver ``files``: the model writes whole files or a unified diff; the declared outputs are submitted.

Files are written and diffs are applied in a sandbox with the task's limits, because the input of ``git apply`` is not
trusted; then the declared outputs are read back as data. Answers with whole files take the same path, which costs about
20 ms, so that there is only one behaviour. The sandbox is opened after the model has answered, so it never idles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assay.contracts.artifacts import ArtifactRef
from assay.files import FilesRefused, matches
from assay.sandbox import Command, CommandResult, Sandbox
from services.runner.errors import AnswerUnusable, HostProgramMissing
from services.runner.solvers.answer_parser import FilesAnswer, parse_answer
from services.runner.solvers.outputs import submit_outputs, write_command_output
from services.runner.solvers.patch_parser import Patch, parse_patch
from services.runner.solvers.prompts import files_prompt
from services.runner.solvers.workspace_snapshot import snapshot_on_exit
from services.runner.task_bundles import TaskBundle
from services.runner.text import clean, to_bytes
from services.runner.tries.try_context import TryContext

_NO_SUCH_PROGRAM = 127
_GIT_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_DIR": "/nonexistent"}


async def solve(try_: TryContext, bundle: TaskBundle) -> ArtifactRef:
    """The bundle of outputs. Raises AnswerUnusable, or SandboxError."""
    sample = bundle.sample(try_.ticket.sample_id)
    text, _ = await try_.ask(files_prompt(bundle.task, sample, bundle.workspace))
    answer = await asyncio.to_thread(parse_answer, text, bundle.task.outputs, bundle.workspace.keys())
    await try_.tail.step("writing the files")
    return await apply_answer(try_, bundle, answer)


async def apply_answer(try_: TryContext, bundle: TaskBundle, answer: FilesAnswer) -> ArtifactRef:
    """Applies the answer to the workspace; stores the declared outputs as a bundle, and the changes as
    ``patch.diff``."""
    outputs = bundle.task.outputs
    patch = await asyncio.to_thread(parse_patch, answer.patch) if answer.patch else None
    written = {*answer.files, *(patch.paths if patch else ())}
    undeclared = sorted(path for path in written if not matches(path, outputs))
    if written and len(undeclared) == len(written):
        raise AnswerUnusable(
            f"the answer writes {_list(undeclared)}, but none of the declared outputs: {_list(outputs)}"
        )
    if undeclared:
        try_.notes.append(f"ignored files that are not declared outputs: {_list(undeclared)}")
    try:
        async with (
            try_.sandboxes.open(bundle.task.sandbox.at(None)) as sandbox,
            snapshot_on_exit(try_, bundle, sandbox),
        ):
            await sandbox.write(bundle.workspace)
            if patch:
                await _apply(try_, sandbox, patch)
            await sandbox.write(answer.files)
            return await submit_outputs(try_, bundle, sandbox)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files are not allowed: {error}") from error


async def _apply(try_: TryContext, sandbox: Sandbox, patch: Patch) -> None:
    argv = ("git", "apply", "--verbose", "--whitespace=nowarn", f"-p{patch.strip}", "-")
    result = await sandbox.run(Command(argv=argv, stdin=to_bytes(patch.text), env=_GIT_ENVIRONMENT))
    await write_command_output(try_, result)
    if result.exit_code == _NO_SUCH_PROGRAM:
        raise HostProgramMissing("git is not installed on this machine, but is needed to apply the model's diff")
    if result.exit_code or result.killed_by:
        raise AnswerUnusable(f"the diff does not apply: {_reason(result)}")


def _reason(result: CommandResult) -> str:
    if result.killed_by:
        return f"git exceeded its {result.killed_by} limit"
    lines = [line for line in result.stderr.decode("utf-8", "replace").splitlines() if line.startswith("error: ")]
    errors = [line.removeprefix("error: ") for line in lines if not line.startswith("error: while searching")]
    return clean("; ".join(errors) or f"git exited with code {result.exit_code}", 500)


def _list(paths: Sequence[str]) -> str:
    return clean(", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else ""), 300)
