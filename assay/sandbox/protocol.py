"""What every sandbox can do, whatever it is made of.

Paths inside: the workspace is ``/workspace``, mounts are where their ``path`` says; ``Sandbox.locate`` gives the path
as commands must spell it. All that comes out of a sandbox is untrusted data.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from assay.contracts.sandboxspec import Connection, SandboxSpec
from assay.files import Files

WORKSPACE = "/workspace"
"""The only folder that lasts from one command to the next and can be written."""


class Limit(StrEnum):
    """Which limit ended a command."""

    WALL = "wall"
    CPU = "cpu"
    MEMORY = "memory"
    PROCESSES = "processes"
    FILES = "files"
    """Too many inodes. A full workspace kills nothing: writes inside fail with ENOSPC."""
    OUTPUT = "output"


@dataclass(frozen=True, kw_only=True)
class Command:
    """One program to run. It sees ``env`` and a neutral PATH, HOME, LANG and TMPDIR, and nothing of the host's
    environment. ``argv[0]`` is looked up on that PATH; ``python3`` is always there."""

    argv: Sequence[str]
    env: dict[str, str] = field(default_factory=dict[str, str])
    stdin: bytes = b""
    cwd: str = "."
    """Relative to the workspace."""
    timeout_seconds: float | None = None
    """None or more than the spec's ``wall_seconds`` means the spec's."""
    output_bytes: int | None = None
    """Kept of stdout and of stderr, each; None means the spec's. The rest is dropped, and ten times as much kills."""


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended. That it could not be started (no such program) is exit code 127 or 126, as in a shell."""

    exit_code: int
    """Negative: the signal it died of."""
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    killed_by: Limit | None = None
    duration_seconds: float = 0.0
    warning: str = ""
    """Not empty when the sandbox does not isolate: carry it into the attempt's result."""

    @property
    def timed_out(self) -> bool:
        return self.killed_by is Limit.WALL


@dataclass(frozen=True, kw_only=True)
class FilesMount:
    """Files that code inside can read and not write, at an absolute path such as ``/tests``."""

    path: str
    files: Files


@dataclass(frozen=True, kw_only=True)
class FolderMount:
    """A host folder, read-only and under a neutral name, for example site-packages at ``/opt/packages``. What is not
    readable by everyone on the host may not be readable inside."""

    path: str
    folder: Path


Mounts = Sequence[FilesMount | FolderMount]


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a provider works on this host: ``reason`` says why not and what to do, ``limits`` who enforces what."""

    provider: str
    available: bool
    reason: str = ""
    limits: dict[str, str] = field(default_factory=dict[str, str])
    warning: str = ""


class SandboxProcess(Protocol):
    """A live process with a byte channel. Its lines are claims by the code inside, not facts."""

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Into its stdin; ``last`` closes it after. Writing to a process that is gone does nothing."""
        ...

    async def read_line(self, max_bytes: int = 1_000_000) -> bytes:
        """The next line of stdout with its newline; ``b""`` at the end. Raises LineTooLong."""
        ...

    async def wait(self) -> CommandResult:
        """Until it ends; ``stdout`` is what nobody read."""
        ...

    async def kill(self) -> None:
        """End it and what it started, at once. Killing twice, or what has ended, does nothing."""
        ...


class Sandbox(Protocol):
    """One attempt's, or one judgement's, closed room."""

    @property
    def connections(self) -> Sequence[Connection]:
        """To the outside, those that have ended by now."""
        ...

    async def write(self, files: Files) -> None:
        """Into the workspace, replacing files of the same path. Raises FilesRefused when they do not fit."""
        ...

    async def run(self, command: Command) -> CommandResult:
        """To its end, or to its limit."""
        ...

    async def read(self, patterns: Sequence[str]) -> Files:
        """The workspace's regular files that the patterns cover; links and devices are left out.
        Raises FilesRefused for more than the spec's ``workspace_mb``, for too many, or for unsound names."""
        ...

    async def start(self, command: Command) -> SandboxProcess:
        """Without waiting for its end; its time limit holds all the same. ``command.stdin`` is written first and stdin
        stays open."""
        ...

    def locate(self, path: str) -> str:
        """An absolute path of the sandbox (``/workspace/a``, a mount's) as commands inside must spell it."""
        ...


class SandboxProvider(Protocol):
    """Makes sandboxes. ``name`` is what people choose it by."""

    name: str

    def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AbstractAsyncContextManager[Sandbox]:
        """A fresh sandbox; leaving the context ends every process in it and forgets its workspace."""
        ...

    async def check(self) -> Availability:
        """For ``assay doctor`` and at a worker's start."""
        ...
