"""What is mounted into a sandbox, read on this machine and sent to its pod. Unix sockets in a folder are passed on:
connections to them lead to the socket on this machine."""

from __future__ import annotations

import stat
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.contracts.sandboxspec import EGRESS_PORT, SandboxSpec
from assay.files import check_files, check_path
from assay.sandbox import seccomp
from assay.sandbox.errors import SandboxNotStarted, SpecUnsupported
from assay.sandbox.init.programs import init_programs
from assay.sandbox.kubernetes.pod_manifest import MOUNTS, PROGRAMS
from assay.sandbox.kubernetes.relay_protocol import CHUNK_BYTES, Frame, frame
from assay.sandbox.protocol import FilesMount, FolderMount, Mounts

_READABLE, _EXECUTABLE = 0o644, 0o755
_PAGE_BYTES = 4096
_BYTECODE = "__pycache__"


@dataclass(frozen=True, kw_only=True)
class MountedFiles:
    """``files`` and ``sockets`` are by their path relative to the mount."""

    path: str
    files: Mapping[str, bytes | Path]
    sockets: Mapping[str, Path]

    @property
    def size_bytes(self) -> int:
        """In memory, where each file takes whole pages."""
        sizes = (len(file) if isinstance(file, bytes) else file.stat().st_size for file in self.files.values())
        return sum(-(-size // _PAGE_BYTES) * _PAGE_BYTES for size in sizes)


def read_mounts(mounts: Mounts) -> list[MountedFiles]:
    """Raises SpecUnsupported if a folder does not exist, SandboxNotStarted if it cannot be read."""
    try:
        return [_read_mount(mount) for mount in mounts]
    except OSError as error:
        raise SandboxNotStarted(f"the files to mount cannot be read: {error}") from error


def mount_frames(mounts: Sequence[MountedFiles]) -> Generator[bytes]:
    """The frames that put them in place."""
    for number, mount in enumerate(mounts):
        folder = f"{MOUNTS}/{number}"
        for path, file in mount.files.items():
            content = file if isinstance(file, bytes) else file.read_bytes()
            executable = isinstance(file, Path) and file.stat().st_mode & stat.S_IXUSR
            yield from _file_frames(f"{folder}/{path}", content, _EXECUTABLE if executable else _READABLE)
        for path in mount.sockets:
            yield frame(Frame.LISTEN, 0, f"{folder}/{path}".encode())


def sockets_of(mounts: Sequence[MountedFiles]) -> dict[str, Path]:
    """Sockets on this machine by their path in the relay's container."""
    return {
        f"{MOUNTS}/{number}/{path}": socket
        for number, mount in enumerate(mounts)
        for path, socket in mount.sockets.items()
    }


def program_frames(spec: SandboxSpec, *, own_network: bool, without_ip: bool) -> Generator[bytes]:
    """The frames that put init's programs and settings in place. ``own_network`` makes it try to get a network of its
    own; ``without_ip`` denies IP sockets if it has none."""
    files = init_programs() | {"rules": seccomp.program(), "rules-without-ip": seccomp.program(ip=False)}
    files |= {"own-network": b"1"} if own_network else {}
    files |= {"without-ip": b"1"} if without_ip else {}
    files |= {"egress": str(EGRESS_PORT).encode()} if spec.egress else {}
    for name, content in files.items():
        yield from _file_frames(f"{PROGRAMS}/{name}", content, _READABLE)


def _file_frames(path: str, content: bytes, mode: int) -> Generator[bytes]:
    for at in range(0, max(1, len(content)), CHUNK_BYTES):
        yield frame(Frame.FILE, mode, path.encode() + b"\0" + content[at : at + CHUNK_BYTES])


def _read_mount(mount: FilesMount | FolderMount) -> MountedFiles:
    check_path(mount.path.removeprefix("/"))
    if isinstance(mount, FilesMount):
        check_files(mount.files)
        return MountedFiles(path=mount.path, files=mount.files, sockets={})
    if not mount.folder.is_dir():
        raise SpecUnsupported(f"cannot mount {mount.folder} at {mount.path}: the folder does not exist")
    paths = [path for path in sorted(mount.folder.rglob("*")) if _BYTECODE not in path.parts]
    relative = {str(path.relative_to(mount.folder)): path for path in paths}
    return MountedFiles(
        path=mount.path,
        files={name: path for name, path in relative.items() if path.is_file()},
        sockets={name: path for name, path in relative.items() if path.is_socket()},
    )
