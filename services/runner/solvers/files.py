"""Solver ``files``: the model writes whole files or a unified diff; the declared outputs are handed in.

What the model wrote is written, and its diff applied, in a sandbox with the task's limits: ``git apply`` is a large
program fed by somebody we do not trust. Only then are the declared outputs read back, as data. One way for all
answers, also those of whole files, so that there is one behaviour to rely on; it costs some 20 ms. The sandbox is
opened after the answer is there, so that none stands idle while a model thinks.
"""

from __future__ import annotations

import asyncio

from assay.artifacts import BUNDLE_MEDIA_TYPE, pack
from assay.contracts.artifacts import ArtifactRef
from assay.files import Files, FilesRefused, matches
from assay.sandbox import Command, CommandResult, Sandbox
from services.runner.errors import AnswerUnusable, HostUnfit
from services.runner.solvers.answer_parser import FilesAnswer, read_answer
from services.runner.solvers.patch_parser import Patch, read_patch
from services.runner.solvers.prompts import files_prompt
from services.runner.solvers.workspace_snapshot import keep_patch, remaining
from services.runner.text import clean, to_bytes
from services.runner.tries.artifacts import TEXT, Opened
from services.runner.tries.try_context import Try

_NO_SUCH_PROGRAM = 127
_GIT_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_DIR": "/nonexistent"}


async def solve(attempt: Try, opened: Opened) -> ArtifactRef:
    """The bundle handed in. Raises AnswerUnusable for an answer that nothing can be made of, or SandboxError."""
    sample = opened.sample(attempt.ticket.sample_id)
    text, _ = await attempt.ask(files_prompt(opened.task, sample, opened.workspace))
    answer = await asyncio.to_thread(read_answer, text, opened.task.outputs, opened.workspace.keys())
    await attempt.listener.step("writing the files")
    return await hand_in(attempt, opened, answer)


async def hand_in(attempt: Try, opened: Opened, answer: FilesAnswer) -> ArtifactRef:
    """Carries the answer out and keeps the declared outputs as a bundle, and what changed as ``patch.diff``."""
    outputs = opened.task.outputs
    patch = await asyncio.to_thread(read_patch, answer.patch) if answer.patch else None
    written = {*answer.files, *(patch.paths if patch else ())}
    left = sorted(path for path in written if not matches(path, outputs))
    if written and len(left) == len(written):
        raise AnswerUnusable(
            f"the answer writes {_listed(left)}, and none of the outputs asked for: {_listed(outputs)}"
        )
    if left:
        attempt.notes.append(f"not asked for, and left behind: {_listed(left)}")
    try:
        handed_in = await _carry_out(attempt, opened, answer.files, patch)
        data = pack(handed_in)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files cannot be taken: {error}") from error
    return await attempt.kept.keep("output.bundle", data, BUNDLE_MEDIA_TYPE)


async def _carry_out(attempt: Try, opened: Opened, files: Files, patch: Patch | None) -> Files:
    async with (
        attempt.sandboxes.open(opened.task.sandbox.at(None)) as sandbox,
        remaining(attempt, opened, sandbox),
    ):
        await sandbox.write(opened.workspace)
        if patch:
            await _apply(attempt, sandbox, patch)
        await sandbox.write(files)
        handed_in = await sandbox.read(opened.task.outputs)
        await keep_patch(attempt, opened, handed_in)
        return handed_in


async def _apply(attempt: Try, sandbox: Sandbox, patch: Patch) -> None:
    argv = ("git", "apply", "--verbose", "--whitespace=nowarn", f"-p{patch.strip}", "-")
    result = await sandbox.run(Command(argv=argv, stdin=to_bytes(patch.text), env=_GIT_ENVIRONMENT))
    await attempt.kept.keep("stdout.txt", result.stdout, TEXT, truncated=result.stdout_truncated)
    await attempt.kept.keep("stderr.txt", result.stderr, TEXT, truncated=result.stderr_truncated)
    if result.warning:
        attempt.notes.append(result.warning)
    if result.exit_code == _NO_SUCH_PROGRAM:
        raise HostUnfit("there is no git on this machine to apply the model's diff with; install git")
    if result.exit_code or result.killed_by:
        raise AnswerUnusable(f"the diff does not apply: {_why(result)}")


def _why(result: CommandResult) -> str:
    if result.killed_by:
        return f"git went over its {result.killed_by} limit"
    lines = [line for line in result.stderr.decode("utf-8", "replace").splitlines() if line.startswith("error: ")]
    told = [line.removeprefix("error: ") for line in lines if not line.startswith("error: while searching")]
    return clean("; ".join(told) or f"git ended with {result.exit_code}", 500)


def _listed(paths: tuple[str, ...] | list[str]) -> str:
    return clean(", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else ""), 300)
