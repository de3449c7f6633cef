"""The host's folder of one container: the socket to its process 1, that one's programs, and files to mount."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from pathlib import Path

from assay.contracts.sandboxspec import EGRESS_PORT, SandboxSpec
from assay.files import check_files, check_path
from assay.files.folders import write_folder
from assay.sandbox import seccomp
from assay.sandbox.docker.profile import PROGRAMS
from assay.sandbox.errors import SandboxNotStarted, SpecUnsupported
from assay.sandbox.protocol import FilesMount, FolderMount, Mounts

PREFIX = "assay-sandbox-"
_PROGRAMS = (Path(__file__).parent.with_name("inside.py"), Path(__file__).with_name("process1.py"))
_HOSTS = "127.0.0.1 localhost sandbox\n::1 localhost\n"
_ACCEPT_SECONDS = 20.0


class HostFolder:
    """Open to nobody but this user; a container sees only what is mounted of it. Whoever connects first is process 1,
    for nothing else is started before it has, and nobody can after."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.programs = self.path / "programs"
        self.hosts = self.programs / "hosts"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def fill(self, mounts: Mounts, spec: SandboxSpec, *, apart: bool) -> list[tuple[Path, str]]:
        """Folders of the host, and where they are mounted. Services' names are the sandbox's own address. ``apart`` is
        the kernel's."""
        self.programs.mkdir()
        for program in _PROGRAMS:
            shutil.copyfile(program, self.programs / program.name)
        (self.programs / "rules").write_bytes(seccomp.program())
        self.hosts.write_text(_HOSTS + "".join(f"127.0.0.1 {service.name}\n" for service in spec.services))
        if apart:
            (self.programs / "apart").write_text("1")
        if spec.egress:
            (self.programs / "egress").write_text(str(EGRESS_PORT))
        self._listener.bind(str(self.programs / "socket"))
        self._listener.listen(1)
        self._listener.setblocking(False)
        for path in self.programs.iterdir():
            path.chmod(0o666 if path.is_socket() else 0o444)
        given = [(self._source(mount, number), mount.path) for number, mount in enumerate(mounts)]
        return [(self.programs, PROGRAMS), (self.hosts, "/etc/hosts"), *given]

    async def accept(self) -> socket.socket:
        """Process 1's end, once it is there. TimeoutError when it does not come."""
        async with asyncio.timeout(_ACCEPT_SECONDS):
            control, _ = await asyncio.get_running_loop().sock_accept(self._listener)
        self._listener.close()
        (self.programs / "socket").unlink()
        return control

    def remove(self) -> None:
        self._listener.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def _source(self, mount: FilesMount | FolderMount, number: int) -> Path:
        check_path(mount.path.removeprefix("/"))
        if isinstance(mount, FolderMount):
            if not mount.folder.is_dir():
                raise SpecUnsupported(f"cannot mount {mount.folder} at {mount.path}: there is no such folder")
            return mount.folder.resolve()
        check_files(mount.files)
        folder = self.path / f"mount{number}"
        write_folder(folder, mount.files)
        _readable(folder)
        return folder


def new_folder() -> HostFolder:
    try:
        return HostFolder()
    except OSError as error:
        raise SandboxNotStarted(f"no folder for a sandbox: {error}") from error


def _readable(folder: Path) -> None:
    """For everyone, whatever this process's umask is."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
