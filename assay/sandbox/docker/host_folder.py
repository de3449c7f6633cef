"""The host folder of a container: the socket to its init, init's programs, and files to mount."""

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
from assay.sandbox.docker.container_config import PROGRAMS
from assay.sandbox.docker.folder_copies import make_readable, path_for_daemon
from assay.sandbox.errors import SandboxNotStarted, SpecUnsupported
from assay.sandbox.init.programs import init_programs
from assay.sandbox.protocol import FilesMount, FolderMount, Mounts

PREFIX = "assay-sandbox-"
_HOSTS = "127.0.0.1 localhost sandbox\n::1 localhost\n"
_ACCEPT_SECONDS = 20.0


class HostFolder:
    """Accessible to this user only; the container sees only what is mounted from it. The first process to connect is
    init, because nothing else runs before it has connected, and the socket is removed then."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.programs = self.path / "programs"
        self.hosts = self.programs / "hosts"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def prepare(self, mounts: Mounts, spec: SandboxSpec, *, separate_kernel: bool) -> list[tuple[Path, str]]:
        """Returns host folders and where to mount them. The names of services resolve to the sandbox's own loopback.
        ``separate_kernel`` is the runtime's."""
        self.programs.mkdir()
        for name, program in init_programs().items():
            (self.programs / name).write_bytes(program)
        (self.programs / "rules").write_bytes(seccomp.program())
        self.hosts.write_text(_HOSTS + "".join(f"127.0.0.1 {service.name}\n" for service in spec.services))
        if separate_kernel:
            (self.programs / "separate-kernel").write_text("1")
        if spec.egress:
            (self.programs / "egress").write_text(str(EGRESS_PORT))
        self._listener.bind(str(self.programs / "socket"))
        self._listener.listen(1)
        self._listener.setblocking(False)
        for path in self.programs.iterdir():
            path.chmod(0o666 if path.is_socket() else 0o444)
        mounted = [(self._mount_source(mount, number), mount.path) for number, mount in enumerate(mounts)]
        return [(self.programs, PROGRAMS), (self.hosts, "/etc/hosts"), *mounted]

    async def accept(self) -> socket.socket:
        """The socket to init once it has connected. Raises TimeoutError."""
        async with asyncio.timeout(_ACCEPT_SECONDS):
            control, _ = await asyncio.get_running_loop().sock_accept(self._listener)
        self._listener.close()
        (self.programs / "socket").unlink()
        return control

    def remove(self) -> None:
        self._listener.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def _mount_source(self, mount: FilesMount | FolderMount, number: int) -> Path:
        check_path(mount.path.removeprefix("/"))
        if isinstance(mount, FolderMount):
            if not mount.folder.is_dir():
                raise SpecUnsupported(f"cannot mount {mount.folder} at {mount.path}: the folder does not exist")
            return path_for_daemon(mount.folder.resolve())
        check_files(mount.files)
        folder = self.path / f"mount{number}"
        write_folder(folder, mount.files)
        make_readable(folder)
        return folder


def new_folder() -> HostFolder:
    try:
        return HostFolder()
    except OSError as error:
        raise SandboxNotStarted(f"cannot create a folder for the sandbox: {error}") from error
