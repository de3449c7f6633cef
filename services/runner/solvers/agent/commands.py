"""The tools ``bash`` and ``python``: one command each, in the attempt's sandbox."""

from __future__ import annotations

from assay.sandbox import Command, CommandResult, Sandbox
from services.runner.errors import HostUnfit
from services.runner.solvers.agent.definitions import Bash, Python
from services.runner.solvers.agent.tool_result import ToolRefused, ToolResult, capped
from services.runner.text import to_bytes

_OUTPUT_BYTES = 200_000
"""Kept of each stream before it is cut for the model; ten times as much ends the command."""
_MAX_COMMAND_BYTES = 100_000
"""The kernel takes no argument much longer."""
_NO_SUCH_PROGRAM = 127


async def check_host(sandbox: Sandbox) -> None:
    """Before the model does anything: afterwards nobody could tell a host without bash from a model that pretends so.
    Python is in every sandbox. Raises HostUnfit."""
    result = await sandbox.run(Command(argv=("bash", "-c", ":")))
    if result.exit_code == _NO_SUCH_PROGRAM:
        raise HostUnfit("there is no bash in the sandbox of this machine; install bash")


async def run_bash(sandbox: Sandbox, asked: Bash, most_seconds: float | None = None) -> ToolResult:
    """``most_seconds`` bounds it where the sandbox's own limit is for more than one command."""
    if "\0" in asked.command or len(to_bytes(asked.command)) > _MAX_COMMAND_BYTES:
        raise ToolRefused(f"the command holds a NUL or more than {_MAX_COMMAND_BYTES} bytes; write a script instead")
    command = to_bytes(asked.command).decode()
    result = await sandbox.run(_command(("bash", "-c", command), b"", asked.timeout_seconds, most_seconds))
    return _shown(result)


async def run_python(sandbox: Sandbox, asked: Python, most_seconds: float | None = None) -> ToolResult:
    result = await sandbox.run(_command(("python3", "-"), to_bytes(asked.code), asked.timeout_seconds, most_seconds))
    return _shown(result)


def _command(argv: tuple[str, ...], stdin: bytes, asked_seconds: float | None, most_seconds: float | None) -> Command:
    seconds = min((it for it in (asked_seconds, most_seconds) if it is not None), default=None)
    return Command(argv=argv, stdin=stdin, timeout_seconds=seconds, output_bytes=_OUTPUT_BYTES)


def _shown(result: CommandResult) -> ToolResult:
    stderr = result.stderr.decode("utf-8", "replace")
    stdout = result.stdout.decode("utf-8", "replace")
    parts = [
        _part(stdout, result.stdout_truncated),
        f"stderr:\n{_part(stderr, result.stderr_truncated)}" if stderr else "",
        f"[ended for passing its {result.killed_by} limit]" if result.killed_by else "",
        f"[exit code {result.exit_code}]",
    ]
    return ToolResult(
        text="\n".join(part for part in parts if part),
        killed=result.killed_by is not None,
        warning=result.warning,
        stdout=result.stdout,
        stderr=result.stderr,
        truncated=result.stdout_truncated or result.stderr_truncated,
    )


def _part(text: str, truncated: bool) -> str:
    return capped(text.rstrip("\n")) + ("\n[there was more, which was not kept]" if truncated else "")
