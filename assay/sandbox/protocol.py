"""What every sandbox provides, whichever provider made it.

Inside, the workspace is at ``/workspace`` and mounts are at their ``path``; ``Sandbox.locate`` translates these paths
for providers without a file system of their own. Everything that comes out of a sandbox is untrusted data.
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
from assay.sandbox.errors import SandboxStarved

WORKSPACE = "/workspace"
"""The writable folder that persists between commands."""


class Limit(StrEnum):
    """The limit that ended a command."""

    WALL = "wall"
    CPU = "cpu"
    MEMORY = "memory"
    PROCESSES = "processes"
    FILES = "files"
    """Too many inodes. A full workspace kills nothing: writes fail with ENOSPC."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program to run. Its environment is ``env`` plus a neutral PATH, HOME, LANG and TMPDIR; nothing is inherited
    from the host. ``argv[0]`` is looked up on that PATH, which always has ``python3``."""

    argv: Sequence[str]
    env: dict[str, str] = field(default_factory=dict[str, str])
    stdin: bytes = b""
    cwd: str = "."
    """Relative to the workspace."""
    timeout_seconds: float | None = None
    """Capped by the spec's ``wall_seconds``, which is also the default."""
    output_bytes: int | None = None
    """Bytes kept of stdout and of stderr each; defaults to the spec's. The rest is dropped while the command goes
    on."""


@dataclass(frozen=True, kw_only=True)
class ResourceUse:
    """What a command used, together with the commands of the same sandbox that ran at the same time.
    ``runnable_seconds`` is how long at least one of their tasks ran or waited for a CPU."""

    cpu_seconds: float = 0.0
    runnable_seconds: float = 0.0
    peak_memory_bytes: int = 0

    def __add__(self, other: ResourceUse) -> ResourceUse:
        """Of two commands, one after the other."""
        return ResourceUse(
            cpu_seconds=self.cpu_seconds + other.cpu_seconds,
            runnable_seconds=self.runnable_seconds + other.runnable_seconds,
            peak_memory_bytes=max(self.peak_memory_bytes, other.peak_memory_bytes),
        )

    def starved(self, elapsed_seconds: float) -> bool:
        """Whether it lacked a CPU for much of its time: it got less than half a CPU while it could have used one, and
        what it missed is a quarter of the time or more. A program that sleeps or waits for another is not starved."""
        missed = self.runnable_seconds - self.cpu_seconds
        return self.cpu_seconds < 0.5 * self.runnable_seconds and missed >= 0.25 * elapsed_seconds


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended. As in a shell, exit code 127 means that the program was not found and 126 that it could
    not be executed."""

    exit_code: int
    """Negative if a signal ended it: minus the signal's number."""
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_dropped_bytes: int = 0
    stderr_dropped_bytes: int = 0
    killed_by: Limit | None = None
    duration_seconds: float = 0.0
    warning: str = ""
    """Set if the sandbox does not isolate; to be included in the attempt's result."""
    used: ResourceUse = ResourceUse()
    """Zeros if the provider does not measure it."""
    starved: bool = False
    """Its wall limit ended it, although it had lacked a CPU for much of the time: that says nothing about the
    program."""

    def raise_if_starved(self) -> None:
        """Raises SandboxStarved."""
        if self.starved:
            raise SandboxStarved(
                f"the host is too busy: a program got {self.used.cpu_seconds:.1f} s of CPU in "
                f"{self.duration_seconds:.0f} s, although it was ready to run for {self.used.runnable_seconds:.0f} s"
            )

    @property
    def stdout_truncated(self) -> bool:
        return self.stdout_dropped_bytes > 0

    @property
    def stderr_truncated(self) -> bool:
        return self.stderr_dropped_bytes > 0

    @property
    def timed_out(self) -> bool:
        return self.killed_by is Limit.WALL


def cut_note(kept: bytes, dropped_bytes: int, limit: str) -> bytes:
    """A line for the end of a log of which ``dropped_bytes`` were dropped because of ``limit``; empty if none were."""
    if not dropped_bytes:
        return b""
    text = f"[output cut: the first {len(kept):,} of {len(kept) + dropped_bytes:,} bytes are kept ({limit})]\n"
    return (b"\n" if kept and not kept.endswith(b"\n") else b"") + text.encode()


@dataclass(frozen=True, kw_only=True)
class FilesMount:
    """Read-only files at an absolute path such as ``/tests``."""

    path: str
    files: Files


@dataclass(frozen=True, kw_only=True)
class FolderMount:
    """A host folder, mounted read-only at a neutral path, for example site-packages at ``/opt/packages``. Files that
    are not world-readable on the host may be unreadable inside."""

    path: str
    folder: Path


Mounts = Sequence[FilesMount | FolderMount]


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a provider works on this host. ``reason`` says why not and what to do about it; ``limits`` says what
    enforces each limit."""

    provider: str
    available: bool
    reason: str = ""
    limits: dict[str, str] = field(default_factory=dict[str, str])
    warning: str = ""


class SandboxProcess(Protocol):
    """A running process with a line-based channel. Its lines are untrusted."""

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Writes to its stdin; ``last`` then closes it. Does nothing if the process has ended."""
        ...

    async def read_line(self, max_bytes: int = 1_000_000) -> bytes:
        """The next line of stdout including its newline; ``b""`` at the end. Raises LineTooLong."""
        ...

    async def wait(self) -> CommandResult:
        """Waits for its end; the result's ``stdout`` is what was not read as lines."""
        ...

    async def kill(self) -> None:
        """Kills it and its descendants, and waits for its end. Idempotent."""
        ...


class Sandbox(Protocol):
    """An isolated environment for one attempt or one grading."""

    async def usage(self) -> ResourceUse | None:
        """What the commands running now have used. None if the provider does not measure it, or does not get to it
        within some seconds."""
        ...

    @property
    def connections(self) -> Sequence[Connection]:
        """Network connections that have ended so far."""
        ...

    async def write(self, files: Files) -> None:
        """Writes into the workspace, replacing existing files. Raises FilesRefused if they do not fit."""
        ...

    async def run(self, command: Command) -> CommandResult:
        """Runs a command until it ends or exceeds a limit."""
        ...

    async def read(self, patterns: Sequence[str]) -> Files:
        """The regular files of the workspace that match the patterns; links and devices are skipped. Raises
        FilesRefused if there are too many, they exceed the spec's ``workspace_mb`` or have unsafe names."""
        ...

    async def start(self, command: Command) -> SandboxProcess:
        """Starts a process without waiting for its end; its time limit applies all the same. ``command.stdin`` is
        written first and stdin stays open."""
        ...

    def locate(self, path: str) -> str:
        """How commands inside must spell an absolute path of the sandbox (``/workspace/a``, or a mount's)."""
        ...


class SandboxProvider(Protocol):
    """Makes sandboxes. ``name`` is the name users select it by."""

    name: str

    def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AbstractAsyncContextManager[Sandbox]:
        """A fresh sandbox. Leaving the context kills every process in it and deletes its workspace."""
        ...

    async def check(self) -> Availability:
        """Tries to use a sandbox; for ``assay doctor`` and the start of a worker."""
        ...
