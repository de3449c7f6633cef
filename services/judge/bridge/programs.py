"""What runs in the two sandboxes of a test run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import Command, FilesMount, FolderMount, Sandbox

PROGRAMS = "/opt/judge"
TESTS = "/tests"
MOVE_CHANNEL = 'exec "$@" 3<&0 4>&1 </dev/null 1>&2'
"""For a shell: the channel gets other descriptors, and what the program prints goes to stderr."""
MAX_OUTPUT_BYTES = 256_000
"""Kept of what the candidate prints, over all its restarts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """The specs of the two sandboxes, as the task has them."""

    candidate: SandboxSpec
    tests: SandboxSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxProgram:
    """What runs in one sandbox, connected to the judge by its stdin and stdout. ``files`` are written to the
    workspace. ``required`` are programs that the sandbox must have."""

    spec: SandboxSpec
    mounts: tuple[FilesMount | FolderMount, ...] = ()
    files: Files = field(default_factory=dict[str, bytes])
    required: tuple[str, ...] = ()
    command: Callable[[Sandbox], Command]


@dataclass(frozen=True, kw_only=True, slots=True)
class TestPrograms:
    """Both sides of a test run."""

    __test__ = False

    candidate: SandboxProgram
    tests: SandboxProgram


def python_command(sandbox: Sandbox, program: str) -> Command:
    """Runs a line of Python that can import ``bridge``."""
    programs = sandbox.locate(PROGRAMS)
    argv = ["python3", "-I", "-B", "-c", f"import sys; sys.path.append({programs!r}); {program}"]
    return Command(argv=argv, output_bytes=MAX_OUTPUT_BYTES)
