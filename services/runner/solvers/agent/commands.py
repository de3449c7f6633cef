"""The tools ``bash`` and ``python``: one command each, in the attempt's sandbox."""

from __future__ import annotations

from assay.sandbox import Command, CommandResult, Sandbox, cut_note
from services.runner.errors import HostProgramMissing
from services.runner.solvers.agent.definitions import Bash, Python
from services.runner.solvers.agent.tool_result import ToolError, ToolResult, truncate_middle
from services.runner.text import to_bytes

_OUTPUT_BYTES = 200_000
"""Kept of each stream before it is cut for the model; the rest is dropped."""
_OUTPUT_LIMIT = "the limit of each command"
_MAX_COMMAND_BYTES = 100_000
"""Close to the kernel's limit for one argument."""
_NO_SUCH_PROGRAM = 127


async def check_bash(sandbox: Sandbox) -> None:
    """Raises HostProgramMissing. Runs before the model can do anything, since a model could later imitate the error.
    Python is in every sandbox."""
    result = await sandbox.run(Command(argv=("bash", "-c", ":")))
    if result.exit_code == _NO_SUCH_PROGRAM:
        raise HostProgramMissing("there is no bash in this machine's sandbox; install bash")


async def run_bash(sandbox: Sandbox, call: Bash, max_seconds: float | None = None) -> ToolResult:
    """``max_seconds`` limits the command if the sandbox's own limit covers more than one."""
    if "\0" in call.command or len(to_bytes(call.command)) > _MAX_COMMAND_BYTES:
        raise ToolError(f"the command has a NUL or more than {_MAX_COMMAND_BYTES} bytes; write a script instead")
    command = to_bytes(call.command).decode()
    result = await sandbox.run(_command(("bash", "-c", command), b"", call.timeout_seconds, max_seconds))
    return _tool_result(result)


async def run_python(sandbox: Sandbox, call: Python, max_seconds: float | None = None) -> ToolResult:
    result = await sandbox.run(_command(("python3", "-"), to_bytes(call.code), call.timeout_seconds, max_seconds))
    return _tool_result(result)


def _command(argv: tuple[str, ...], stdin: bytes, timeout_seconds: float | None, max_seconds: float | None) -> Command:
    seconds = min((it for it in (timeout_seconds, max_seconds) if it is not None), default=None)
    return Command(argv=argv, stdin=stdin, timeout_seconds=seconds, output_bytes=_OUTPUT_BYTES)


def _tool_result(result: CommandResult) -> ToolResult:
    stdout_note = cut_note(result.stdout, result.stdout_dropped_bytes, _OUTPUT_LIMIT)
    stderr_note = cut_note(result.stderr, result.stderr_dropped_bytes, _OUTPUT_LIMIT)
    stderr = _part(result.stderr, stderr_note)
    parts = [
        _part(result.stdout, stdout_note),
        f"stderr:\n{stderr}" if stderr else "",
        f"[killed: exceeded its {result.killed_by} limit]" if result.killed_by else "",
        f"[exit code {result.exit_code}]",
    ]
    return ToolResult(
        text="\n".join(part for part in parts if part),
        killed=result.killed_by is not None,
        warning=result.warning,
        stdout=result.stdout + stdout_note,
        stderr=result.stderr + stderr_note,
        truncated=result.stdout_truncated or result.stderr_truncated,
    )


def _part(output: bytes, note: bytes) -> str:
    text = truncate_middle(output.decode("utf-8", "replace").rstrip("\n"))
    return f"{text}\n{note.decode().strip()}" if note else text
