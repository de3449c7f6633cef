"""What the host sends to ``inside.py``, byte for byte as that reads it."""

from __future__ import annotations

from assay.contracts.tasks import SandboxSpec
from assay.files import Files, check_path
from assay.sandbox.protocol import WORKSPACE, Command

INODES = 100_000
"""In the workspace, in /tmp and in /dev/shm, each."""


def limits(spec: SandboxSpec, user: int) -> list[str]:
    """Its arguments, after the socket."""
    numbers = (
        user,
        spec.memory_mb << 20,
        round(spec.cpu_seconds * 1000),
        spec.processes,
        spec.open_files,
        spec.workspace_mb << 20,
        INODES,
    )
    return [str(number) for number in numbers]


def run_order(command: Command, environment: dict[str, str]) -> bytes:
    """NUL-separated: folder, number of variables, ``K=V`` each, then the arguments. ValueError for words with NULs."""
    cwd = WORKSPACE if command.cwd in ("", ".") else "/".join((WORKSPACE, *check_path(command.cwd)))
    words = [cwd, str(len(environment)), *(f"{name}={value}" for name, value in environment.items()), *command.argv]
    if not command.argv or any("\0" in word for word in words):
        raise ValueError("a command needs words, and none of them may hold a NUL")
    return "\0".join(words).encode("utf-8", "surrogateescape")


def write_order(files: Files) -> bytes:
    """For each file the lengths of path and content, 8 bytes each, then both."""
    return b"".join(_packed(path.encode(), content) for path, content in files.items())


def _packed(path: bytes, content: bytes) -> bytes:
    return b"".join((len(path).to_bytes(8, "big"), len(content).to_bytes(8, "big"), path, content))
