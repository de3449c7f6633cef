"""The arguments for ``bwrap``, which define what the sandbox sees.

There are two ways to the same isolation. An ordinary user gets a user namespace in which no others can be created. A
user who is root on the machine does not, because the kernel would treat commands in it as the owner of root's files. As
root, init keeps the four capabilities that it needs to start, kill and measure processes of another user (it drops a
fifth after emptying the bounding set), and every sandbox runs commands as a host user of its own that owns nothing. A
root user without permission to mount starts bwrap as such a user, with a user namespace.
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
from assay.sandbox.bubblewrap.host_system import host_system
from assay.sandbox.errors import ProviderUnavailable, SpecUnsupported
from assay.sandbox.init.programs import init_programs
from assay.sandbox.limits import MIB, shm_mib
from assay.sandbox.pipes import memory_file
from assay.sandbox.protocol import WORKSPACE, FilesMount, FolderMount, Mounts

INIT_PATH = "/run/init.pyc"
"""Init's program, compiled in advance because compilation takes much of its start time."""
SANDBOX_UID = 1000
_CAN_SET_IDS = (1 << 6) | (1 << 7)
"""CAP_SETGID and CAP_SETUID."""
_CAN_MOUNT = 1 << 21
"""CAP_SYS_ADMIN."""
_MOUNT_FILES = 400
"""Each file is a descriptor passed to bwrap, and the usual limit is 1024."""
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")


def command_user() -> int:
    """A fresh host user for the sandbox's commands; 0 if this process may not use other users."""
    users = int(_user_map()[2])
    if os.geteuid() != 0 or not _has_capabilities(_CAN_SET_IDS | _CAN_MOUNT) or users < 65_534:
        return 0
    return _fresh_user(users)


def bwrap_user() -> int:
    """The host user to run bwrap as if ``command_user`` returned 0; 0 for the current one. Raises
    ProviderUnavailable if commands could only run as the machine's root."""
    _, outside, users = _user_map()
    if os.geteuid() != 0 or outside != "0":
        return 0
    if not _has_capabilities(_CAN_SET_IDS):
        raise ProviderUnavailable(
            "this process is root but cannot switch to another user, so code in a sandbox could change the machine: "
            "run it as an ordinary user, or grant it CAP_SETUID, CAP_SETGID and CAP_SYS_ADMIN"
        )
    return _fresh_user(int(users))


def _user_map() -> list[str]:
    """The first user id of our namespace, its id outside, and the number of ids."""
    return Path("/proc/self/uid_map").read_text().split()[:3]


def _has_capabilities(mask: int) -> bool:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("CapEff:")[2].split()[0], 16) & mask == mask


def _fresh_user(users: int) -> int:
    return (1 << 30) + secrets.randbelow(1 << 29) if users > 1 << 31 else 61_184 + secrets.randbelow(4_000)


class BwrapArguments:
    """The arguments for one sandbox and the descriptors they refer to; call ``close`` once bwrap has started."""

    def __init__(self, spec: SandboxSpec, mounts: Mounts, user: int) -> None:
        if spec.network:
            raise SpecUnsupported("bubblewrap can only share the host's whole network, so it supports none")
        if spec.needs_containers:
            raise SpecUnsupported(f"the task needs {spec.needs_containers}, which bubblewrap cannot give: use docker")
        self.descriptors: list[int] = []
        try:
            self.arguments = [
                *_isolation(user),
                *_base_folders(),
                *host_system().system_arguments,
                *_toolchains(other_user=not user and bwrap_user() != 0),
                *self._system_files(),
                *_writable(spec),
                *(argument for mount in mounts for argument in self._mount(mount)),
                *("--remount-ro", "/", "--chdir", WORKSPACE, "--clearenv"),
                *(word for name, value in host_system().environment.items() for word in ("--setenv", name, value)),
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

    def _system_files(self) -> Iterator[str]:
        for path in _SYSTEM_FILES:
            yield from ("--ro-bind-try", path, path)
        user = f"sandbox:x:{SANDBOX_UID}:{SANDBOX_UID}::{WORKSPACE}:/bin/sh\n".encode()
        for path, content in (
            ("/etc/passwd", user),
            ("/etc/group", f"sandbox:x:{SANDBOX_UID}:\n".encode()),
            (INIT_PATH, _compiled_init()),
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
            raise SpecUnsupported(
                f"too many files to mount at {mount.path}: {len(mount.files)} of at most {_MOUNT_FILES}"
            )
        yield from ("--perms", "0755", "--tmpfs", mount.path)
        for path, content in mount.files.items():
            yield from ("--perms", "0444", "--file", self.file(content), f"{mount.path}/{path}")
        yield from ("--remount-ro", mount.path)


@cache
def _compiled_init() -> bytes:
    """``init.py`` compiled for this interpreter, which also runs it; the header contains no timestamp."""
    code = compile(init_programs()["init.py"], "init.py", "exec", dont_inherit=True)
    return MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def _isolation(user: int) -> Iterator[str]:
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--hostname", "sandbox", "--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL")
    if user:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_SETPCAP"):
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--disable-userns", "--uid", str(SANDBOX_UID), "--gid", str(SANDBOX_UID))


def _toolchains(other_user: bool) -> Iterator[str]:
    for toolchain in host_system().toolchains:
        yield from toolchain.arguments(other_user)


def _base_folders() -> Iterator[str]:
    for folder in ("/etc", "/opt", "/run"):
        yield from ("--perms", "0755", "--dir", folder)


def _writable(spec: SandboxSpec) -> Iterator[str]:
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from host_system().proc_arguments
    workspace_bytes = spec.workspace_mb * MIB
    for folder, size_bytes, mode in (
        ("/dev/shm", shm_mib(spec) * MIB, "1777"),
        ("/tmp", workspace_bytes, "1777"),
        (WORKSPACE, workspace_bytes, "0777"),
    ):
        yield from ("--size", str(size_bytes), "--perms", mode, "--tmpfs", folder)
    yield from ("--remount-ro", "/dev")
