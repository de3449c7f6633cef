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
from services.runner.solvers.command.proxy import SOCKET, Proxy, open_proxy
from services.runner.solvers.outputs import hand_in, lay_out, open_sandbox, read_outputs
from services.runner.solvers.workspace_snapshot import remaining
from services.runner.text import clean, to_bytes
from services.runner.tries.artifacts import TEXT, Opened
from services.runner.tries.try_context import Try

MODEL_FOLDER, TASK_FOLDER = "/assay/model", "/assay/task"
INSTRUCTIONS = "instructions.md"
_LONGEST_SECONDS = 86_400.0
"""The attempt's own clock ends the program; the sandbox's would not stand still while a provider is waited for."""


async def solve(attempt: Try, opened: Opened) -> ArtifactRef:
    """The bundle handed in. Raises what ``Try.turn`` raises, LimitReached, AnswerUnusable or SandboxError."""
    sample = opened.sample(attempt.ticket.sample_id)
    told = "\n\n".join(text for text in (opened.task.instructions.strip(), sample.input.strip()) if text)
    spec = structs.replace(opened.task.sandbox, wall_seconds=_LONGEST_SECONDS)
    with Transcript(attempt.listener, attempt, attempt.clock) as transcript:
        async with open_proxy(attempt, transcript) as proxy:
            mounts = (
                FolderMount(path=MODEL_FOLDER, folder=proxy.folder),
                FilesMount(path=TASK_FOLDER, files={INSTRUCTIONS: to_bytes(told)}),
            )
            async with open_sandbox(attempt, spec, mounts) as sandbox, remaining(attempt, opened, sandbox):
                await lay_out(sandbox, opened)
                try:
                    await _run(attempt, opened.task.command, sandbox, proxy)
                    await transcript.add(StepKind.END, "the program ended")
                except BaseException as error:
                    await transcript.end(error)
                    raise
                finally:
                    await transcript.keep(attempt.kept)
                return await hand_in(attempt, opened, await read_outputs(sandbox, opened))


async def _run(attempt: Try, argv: Sequence[str], sandbox: Sandbox, proxy: Proxy) -> None:
    """Raises AnswerUnusable when the program does not end well, and what ended the try before it did."""
    await attempt.listener.step("starting the program")
    running = asyncio.create_task(sandbox.run(Command(argv=argv, env=_environment(attempt, sandbox, proxy))))
    try:
        await asyncio.wait((running, proxy.ended), return_when=asyncio.FIRST_COMPLETED)
        if proxy.ended.done():
            proxy.ended.result()
        result = running.result()
    finally:
        running.cancel()
        await asyncio.wait((running,))
    await attempt.kept.keep("stdout.txt", result.stdout, TEXT, truncated=result.stdout_truncated)
    await attempt.kept.keep("stderr.txt", result.stderr, TEXT, truncated=result.stderr_truncated)
    if result.warning:
        attempt.notes.append(result.warning)
    if proxy.broken_off:
        raise proxy.broken_off
    if result.exit_code or result.killed_by:
        raise AnswerUnusable(f"the program {_why(result)}")


def _environment(attempt: Try, sandbox: Sandbox, proxy: Proxy) -> dict[str, str]:
    """All that the program is told besides its files."""
    return {
        "ASSAY_MODEL_SOCKET": sandbox.locate(f"{MODEL_FOLDER}/{SOCKET}"),
        "ASSAY_INSTRUCTIONS": sandbox.locate(f"{TASK_FOLDER}/{INSTRUCTIONS}"),
        "OPENAI_API_KEY": proxy.token,
        "OPENAI_MODEL": attempt.ticket.model.name,
    }


def _why(result: CommandResult) -> str:
    if result.killed_by:
        return f"went over its {result.killed_by} limit"
    lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return clean(f"ended with exit code {result.exit_code}" + (f": {lines[-1]}" if lines else ""), 500)
