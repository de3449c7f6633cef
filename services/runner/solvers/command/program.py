"""The program that is the agent: started once, in the task's sandbox, until it ends or may go on no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.tail import StepKind
from assay.sandbox import Command, CommandResult, FilesMount, FolderMount, Sandbox
from services.runner.errors import AnswerUnusable
from services.runner.solvers.agent.transcript import Transcript
from services.runner.solvers.command.proxy import SOCKET, ModelProxy, open_proxy
from services.runner.solvers.outputs import open_sandbox, read_outputs, write_outputs, write_workspace
from services.runner.solvers.workspace_snapshot import snapshot_on_exit
from services.runner.text import clean, to_bytes
from services.runner.tries.artifacts import TEXT, TaskBundle
from services.runner.tries.try_context import TryContext

MODEL_FOLDER, TASK_FOLDER = "/assay/model", "/assay/task"
INSTRUCTIONS = "instructions.md"
_LONGEST_SECONDS = 86_400.0
"""The attempt's own clock ends the program; the sandbox's would not stand still while a provider is waited for."""


async def solve(try_: TryContext, opened: TaskBundle) -> ArtifactRef:
    """The bundle handed in. Raises what ``Try.turn`` raises, LimitReached, AnswerUnusable or SandboxError."""
    sample = opened.sample(try_.ticket.sample_id)
    told = "\n\n".join(text for text in (opened.task.instructions.strip(), sample.input.strip()) if text)
    spec = structs.replace(opened.task.sandbox, wall_seconds=_LONGEST_SECONDS)
    with Transcript(try_.tail, try_, try_.clock) as transcript:
        async with open_proxy(try_, transcript) as proxy:
            mounts = (
                FolderMount(path=MODEL_FOLDER, folder=proxy.folder),
                FilesMount(path=TASK_FOLDER, files={INSTRUCTIONS: to_bytes(told)}),
            )
            async with open_sandbox(try_, spec, mounts) as sandbox, snapshot_on_exit(try_, opened, sandbox):
                await write_workspace(sandbox, opened)
                try:
                    await _run(try_, opened.task.command, sandbox, proxy)
                    await transcript.add(StepKind.END, "the program ended")
                except BaseException as error:
                    await transcript.add_limit(error)
                    raise
                finally:
                    await transcript.write_to(try_.artifacts)
                return await write_outputs(try_, opened, await read_outputs(sandbox, opened))


async def _run(try_: TryContext, argv: Sequence[str], sandbox: Sandbox, proxy: ModelProxy) -> None:
    """Raises AnswerUnusable when the program does not end well, and what ended the try before it did."""
    await try_.tail.step("starting the program")
    running = asyncio.create_task(sandbox.run(Command(argv=argv, env=_environment(try_, sandbox, proxy))))
    try:
        await asyncio.wait((running, proxy.ended), return_when=asyncio.FIRST_COMPLETED)
        if proxy.ended.done():
            proxy.ended.result()
        result = running.result()
    finally:
        running.cancel()
        await asyncio.wait((running,))
    await try_.artifacts.write("stdout.txt", result.stdout, TEXT, truncated=result.stdout_truncated)
    await try_.artifacts.write("stderr.txt", result.stderr, TEXT, truncated=result.stderr_truncated)
    if result.warning:
        try_.notes.append(result.warning)
    if proxy.stream_failure:
        raise proxy.stream_failure
    if result.exit_code or result.killed_by:
        raise AnswerUnusable(f"the program {_why(result)}")


def _environment(try_: TryContext, sandbox: Sandbox, proxy: ModelProxy) -> dict[str, str]:
    """All that the program is told besides its files."""
    return {
        "ASSAY_MODEL_SOCKET": sandbox.locate(f"{MODEL_FOLDER}/{SOCKET}"),
        "ASSAY_INSTRUCTIONS": sandbox.locate(f"{TASK_FOLDER}/{INSTRUCTIONS}"),
        "OPENAI_API_KEY": proxy.token,
        "OPENAI_MODEL": try_.ticket.model.name,
    }


def _why(result: CommandResult) -> str:
    if result.killed_by:
        return f"went over its {result.killed_by} limit"
    lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return clean(f"ended with exit code {result.exit_code}" + (f": {lines[-1]}" if lines else ""), 500)
