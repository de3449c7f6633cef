"""What a bubblewrap sandbox looks like from inside, as arguments to ``bwrap``.

Two ways to the same room. An ordinary user gets a user namespace, in which no further ones can be made; whoever is root
on the machine does not, for there too the kernel would take commands for the owner of its own files. Root needs none:
process 1 keeps the four capabilities it takes to start, end and weigh processes of another user (a fifth, to empty the
bounding set, it gives up), and every command runs as a host user of its own that owns nothing. Root without the right
to mount starts bwrap as such a user.
"""

from __future__ import annotations

import marshal
import os
import secrets
from collections.abc import Iterator
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path, PurePosixPath

from assay.contracts.tasks import SandboxSpec
from assay.files import check_files, check_path
from assay.sandbox.errors import ProviderUnavailable, SpecUnsupported
from assay.sandbox.host import host
from assay.sandbox.pipes import memory_file
from assay.sandbox.protocol import WORKSPACE, FilesMount, FolderMount, Mounts

INSIDE = "/run/inside.pyc"
"""Where process 1's program is, compiled already, for compiling takes a good part of its start."""
INSIDE_USER = 1000
_CHANGES_USERS = (1 << 6) | (1 << 7)
"""CAP_SETGID and CAP_SETUID."""
_MOUNTS = 1 << 21
"""CAP_SYS_ADMIN."""
_MIB = 1 << 20
_SHM_MIB = 64
_MOUNT_FILES = 400
"""Each is a descriptor handed to bwrap, and 1024 is a usual limit of those."""
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")


def command_user() -> int:
    """The host user that commands run as when we may choose one, fresh for each sandbox; 0 when we may not."""
    users = int(_users()[2])
    if os.geteuid() != 0 or not _capable(_CHANGES_USERS | _MOUNTS) or users < 65_534:
        return 0
    return _fresh_user(users)


def bwrap_user() -> int:
    """The host user that bwrap must be where ``command_user`` may not be chosen; 0 for the one we are. Raises
    ProviderUnavailable where commands could only be the machine's root."""
    _, outside, users = _users()
    if os.geteuid() != 0 or outside != "0":
        return 0
    if not _capable(_CHANGES_USERS):
        raise ProviderUnavailable(
            "this process is root and cannot become anybody else, and root's sandboxes could change the machine: "
            "run it as an ordinary user, or let it keep CAP_SETUID, CAP_SETGID and CAP_SYS_ADMIN"
        )
    return _fresh_user(int(users))


def _users() -> list[str]:
    """The first of our users, who that is outside our namespace, and how many there are."""
    return Path("/proc/self/uid_map").read_text().split()[:3]


def _capable(mask: int) -> bool:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("CapEff:")[2].split()[0], 16) & mask == mask


def _fresh_user(users: int) -> int:
    return (1 << 30) + secrets.randbelow(1 << 29) if users > 1 << 31 else 61_184 + secrets.randbelow(4_000)


class Profile:
    """The arguments for one sandbox, and the descriptors they name; ``close`` when bwrap has its own."""

    def __init__(self, spec: SandboxSpec, mounts: Mounts, user: int) -> None:
        if spec.network:
            raise SpecUnsupported("bubblewrap can give all of the host's network or none, so it gives none")
        if spec.needs_docker:
            raise SpecUnsupported(f"bubblewrap cannot give {spec.needs_docker}, which the task needs: choose docker")
        self.descriptors: list[int] = []
        try:
            self.arguments = [
                *_privileges(user),
                *_folders(),
                *host().programs,
                *self._files(),
                *_writable(spec),
                *(argument for mount in mounts for argument in self._mount(mount)),
                *("--remount-ro", "/", "--chdir", WORKSPACE, "--clearenv"),
                *(word for name, value in host().environment.items() for word in ("--setenv", name, value)),
            ]
        except BaseException:
            self.close()
            raise

    def file(self, content: bytes) -> str:
        descriptor = memory_file(content)
        self.descriptors.append(descriptor)
        return str(descriptor)

    def close(self) -> None:
        while self.descriptors:
            os.close(self.descriptors.pop())

    def _files(self) -> Iterator[str]:
        for path in _SYSTEM_FILES:
            yield from ("--ro-bind-try", path, path)
        user = f"sandbox:x:{INSIDE_USER}:{INSIDE_USER}::{WORKSPACE}:/bin/sh\n".encode()
        for path, content in (
            ("/etc/passwd", user),
            ("/etc/group", f"sandbox:x:{INSIDE_USER}:\n".encode()),
            (INSIDE, _program()),
            ("/etc/hosts", b"127.0.0.1 localhost sandbox\n::1 localhost\n"),
        ):
            yield from ("--perms", "0644", "--file", self.file(content), path)

    def _mount(self, mount: FilesMount | FolderMount) -> Iterator[str]:
        check_path(mount.path.removeprefix("/"))
        for parent in reversed(PurePosixPath(mount.path).parents[:-1]):
            yield from ("--perms", "0755", "--dir", str(parent))
        if isinstance(mount, FolderMount):
            yield from ("--ro-bind", str(mount.folder.resolve()), mount.path)
            return
        check_files(mount.files)
        if len(mount.files) > _MOUNT_FILES:
            raise SpecUnsupported(f"{len(mount.files)} files at {mount.path}, more than {_MOUNT_FILES}")
        yield from ("--perms", "0755", "--tmpfs", mount.path)
        for path, content in mount.files.items():
            yield from ("--perms", "0444", "--file", self.file(content), f"{mount.path}/{path}")
        yield from ("--remount-ro", mount.path)


@cache
def _program() -> bytes:
    """``inside.py`` for this very interpreter, which is also the one that runs it; the header is without a date."""
    source = Path(__file__).with_name("inside.py")
    code = compile(source.read_bytes(), source.name, "exec", dont_inherit=True)
    return MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def _privileges(user: int) -> Iterator[str]:
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--hostname", "sandbox", "--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL")
    if user:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_SETPCAP"):
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--disable-userns", "--uid", str(INSIDE_USER), "--gid", str(INSIDE_USER))


def _folders() -> Iterator[str]:
    for folder in ("/etc", "/opt", "/run"):
        yield from ("--perms", "0755", "--dir", folder)


def _writable(spec: SandboxSpec) -> Iterator[str]:
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from host().kernel
    workspace_bytes = spec.workspace_mb * _MIB
    for folder, size_bytes, mode in (
        ("/dev/shm", min(_SHM_MIB * _MIB, workspace_bytes), "1777"),
        ("/tmp", workspace_bytes, "1777"),
        (WORKSPACE, workspace_bytes, "0777"),
    ):
        yield from ("--size", str(size_bytes), "--perms", mode, "--tmpfs", folder)
    yield from ("--remount-ro", "/dev")
