"""What the host sends to ``init.py``, in the exact format that it parses."""

from __future__ import annotations

from assay.contracts.tasks import SandboxSpec
from assay.files import Files, check_path
from assay.sandbox.protocol import WORKSPACE, Command

INODES = 100_000
"""The limit for each of the workspace, /tmp and /dev/shm."""
BASE_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": WORKSPACE,
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}


def init_arguments(spec: SandboxSpec, user: int) -> list[str]:
    """The command line of ``init.py`` after the socket's descriptor."""
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


def run_payload(command: Command, environment: dict[str, str]) -> bytes:
    """NUL-separated: working folder, number of variables, ``NAME=value`` each, then the arguments. Raises ValueError
    if one of them contains a NUL."""
    cwd = WORKSPACE if command.cwd in ("", ".") else "/".join((WORKSPACE, *check_path(command.cwd)))
    parts = [cwd, str(len(environment)), *(f"{name}={value}" for name, value in environment.items()), *command.argv]
    if not command.argv or any("\0" in word for word in parts):
        raise ValueError("a command needs at least one argument, and none may contain a NUL character")
    return "\0".join(parts).encode("utf-8", "surrogateescape")


def write_payload(files: Files) -> bytes:
    """For each file: length of the path, length of the content (8 bytes each), path, content."""
    return b"".join(_entry(path.encode(), content) for path, content in files.items())


def _entry(path: bytes, content: bytes) -> bytes:
    return b"".join((len(path).to_bytes(8, "big"), len(content).to_bytes(8, "big"), path, content))
