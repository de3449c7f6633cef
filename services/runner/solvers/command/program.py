"""The program that is the agent: it runs once, in the task's sandbox, until it exits or reaches a limit."""

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
from services.runner.solvers.outputs import open_sandbox, submit_outputs, write_command_output, write_workspace
from services.runner.solvers.prompts import program_prompt
from services.runner.solvers.workspace_snapshot import snapshot_on_exit
from services.runner.task_bundles import TaskBundle
from services.runner.text import clean, to_bytes
from services.runner.tries.try_context import TryContext

MODEL_FOLDER, TASK_FOLDER = "/assay/model", "/assay/task"
INSTRUCTIONS = "instructions.md"
_MAX_SECONDS = 86_400.0
"""The attempt's clock ends the program; the sandbox's does not pause while a provider is waited for."""


async def solve(try_: TryContext, bundle: TaskBundle) -> ArtifactRef:
    """The bundle of outputs. Raises what ``TryContext.turn`` raises, LimitReached, AnswerUnusable or SandboxError."""
    instructions = program_prompt(bundle.task, bundle.sample(try_.ticket.sample_id))
    spec = structs.replace(bundle.task.sandbox, wall_seconds=_MAX_SECONDS)
    with Transcript(try_.tail, try_, try_.clock) as transcript:
        async with open_proxy(try_, transcript) as proxy:
            mounts = (
                FolderMount(path=MODEL_FOLDER, folder=proxy.folder),
                FilesMount(path=TASK_FOLDER, files={INSTRUCTIONS: to_bytes(instructions)}),
            )
            async with open_sandbox(try_, spec, mounts) as sandbox, snapshot_on_exit(try_, bundle, sandbox):
                await write_workspace(sandbox, bundle)
                try:
                    await _run(try_, bundle.task.command, sandbox, proxy)
                    await transcript.add(StepKind.END, "the program ended")
                except BaseException as error:
                    await transcript.add_limit(error)
                    raise
                finally:
                    await transcript.write_to(try_.artifacts)
                return await submit_outputs(try_, bundle, sandbox)


async def _run(try_: TryContext, argv: Sequence[str], sandbox: Sandbox, proxy: ModelProxy) -> None:
    """Raises AnswerUnusable if the program fails, or the error that ended the try before the program did."""
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
    await write_command_output(try_, result)
    if proxy.stream_failure:
        raise proxy.stream_failure
    if result.exit_code or result.killed_by:
        raise AnswerUnusable(f"the program {_reason(result)}")


def _environment(try_: TryContext, sandbox: Sandbox, proxy: ModelProxy) -> dict[str, str]:
    """The names are documented in docs/tasks.md."""
    return {
        "ASSAY_MODEL_SOCKET": sandbox.locate(f"{MODEL_FOLDER}/{SOCKET}"),
        "ASSAY_INSTRUCTIONS": sandbox.locate(f"{TASK_FOLDER}/{INSTRUCTIONS}"),
        "OPENAI_API_KEY": proxy.token,
        "OPENAI_MODEL": try_.ticket.model.name,
    }


def _reason(result: CommandResult) -> str:
    if result.killed_by:
        return f"exceeded its {result.killed_by} limit"
    lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return clean(f"exited with code {result.exit_code}" + (f": {lines[-1]}" if lines else ""), 500)
