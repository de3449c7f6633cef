"""One compilation in a sandbox that exists for nothing else, with generous limits that are not those of the tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import Command, CommandResult, SandboxProvider
from services.judge.bridge.toolchain import ensure_programs

_CPU_SECONDS = 300.0
_WALL_SECONDS = 600.0
_MEMORY_MIB = 2048
_WORKSPACE_MIB = 1024
_OUTPUT_BYTES = 200_000
MAX_PROGRAM_BYTES = 100_000_000
_SIGNS = ("error", ".go:", "undefined reference", "multiple definition")
"""In lines of a compiler or linker that say what is wrong."""
_MESSAGE_LINES, _MESSAGE_CHARACTERS = 3, 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """``command`` runs in the folder of ``files`` and makes the files ``outputs`` in it. ``required`` are programs
    that the sandbox must have. ``prepared`` is a build without submitted code whose outputs are
    added to the files."""

    files: Files
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    outputs: tuple[str, ...]
    required: tuple[str, ...]
    prepared: Build | None = None


class CompileFailed(Exception):
    """``str`` has the compiler's first errors; ``output`` is all that it printed."""

    def __init__(self, message: str, output: bytes = b"") -> None:
        super().__init__(message)
        self.output = output


async def compiled(build: Build, spec: SandboxSpec, provider: SandboxProvider) -> Files:
    """The outputs. Raises CompileFailed, SandboxError, or FilesRefused for files that do not fit."""
    async with provider.open(_with_limits(spec)) as sandbox:
        await ensure_programs(sandbox, build.required)
        await sandbox.write(build.files)
        result = await sandbox.run(Command(argv=build.command, env=build.environment, output_bytes=_OUTPUT_BYTES))
        if result.killed_by or result.exit_code != 0:
            raise CompileFailed(_message(result), result.stdout + result.stderr)
        made = await sandbox.read(build.outputs)
    for name in build.outputs:
        if len(made.get(name, b"")) > MAX_PROGRAM_BYTES:
            raise CompileFailed(f"the program has more than {MAX_PROGRAM_BYTES} bytes")
        if name not in made:
            raise CompileFailed(f"{build.command[0]} made no file {name}", result.stdout + result.stderr)
    return {name: made[name] for name in build.outputs}


def _with_limits(spec: SandboxSpec) -> SandboxSpec:
    return msgspec.structs.replace(
        spec,
        memory_mb=max(spec.memory_mb, _MEMORY_MIB),
        cpu_seconds=_CPU_SECONDS,
        wall_seconds=_WALL_SECONDS,
        processes=max(spec.processes, 256),
        open_files=max(spec.open_files, 1024),
        workspace_mb=max(spec.workspace_mb, _WORKSPACE_MIB),
        output_bytes=max(spec.output_bytes, _OUTPUT_BYTES),
        services=(),
    )


def _message(result: CommandResult) -> str:
    if result.killed_by:
        return f"the compiler exceeded its {result.killed_by} limit"
    lines = (result.stderr + b"\n" + result.stdout).decode("utf-8", "replace").splitlines()
    errors = [line.strip() for line in lines if any(sign in line for sign in _SIGNS)]
    chosen = errors or [line.strip() for line in lines if line.strip()]
    text = "; ".join(chosen[:_MESSAGE_LINES])[:_MESSAGE_CHARACTERS] or f"exit code {result.exit_code}"
    return "".join(each if each.isprintable() else "?" for each in text)
