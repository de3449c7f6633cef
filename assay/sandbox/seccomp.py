"""The seccomp filter of sandboxes: as a BPF program for bubblewrap and for init in a container, and as a Docker profile
for service containers.

Denied calls answer EPERM, or ENOSYS where programs then fall back to another call: namespaces, mounts, tracing, keys,
BPF, io_uring, kernel modules, memory that no limit counts (memfd, System V), other processes' limits and priorities,
and sockets other than Unix, IPv4, IPv6 and netlink routes (a vsock would bypass the network namespace, and the kernel
broadcasts device events into every network namespace owned by root). Foreign calling conventions (32-bit, x32) are
denied entirely. Numbers: Linux ``unistd_64.h`` and ``asm-generic/unistd.h``.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD = 0, 4, 16, 24, 32
_NAMESPACES = 0x7E020080
"""CLONE_NEW* for user, pid, net, ipc, uts, cgroup, mount and time namespaces."""
_FAMILIES, _NETLINK = (1, 2, 10), 16
_SERVICE_CALLS = frozenset(
    {"clone", "clone3", "socket", "memfd_create", "shmget", "msgget", "semget", "prlimit64", "setpriority"}
    | {"sched_setscheduler", "sched_setparam", "sched_setattr", "ioprio_set"}
)
"""Calls that services may make although sandboxes may not, or only in part: databases share memory between their
processes, and the container's cgroup and namespaces confine all of it."""

_Numbers = dict[str, int]

# fmt: off
_SHARED: _Numbers = {
    "pidfd_getfd": 438, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "memfd_secret": 447, "clone3": 435, "process_madvise": 440, "open_tree_attr": 467, "kexec_file_load": 320,
}
_X86_64: _Numbers = _SHARED | {
    "ptrace": 101, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
    "keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
    "acct": 163, "swapon": 167, "swapoff": 168, "reboot": 169, "quotactl": 179, "syslog": 103, "fanotify_init": 300,
    "memfd_create": 319, "shmget": 29, "msgget": 68, "semget": 64, "clone": 56, "socket": 41, "prlimit64": 302,
    "setpriority": 141, "sched_setscheduler": 144, "sched_setparam": 142, "sched_setattr": 314, "ioprio_set": 251,
    "iopl": 172, "ioperm": 173, "modify_ldt": 154, "migrate_pages": 256, "move_pages": 279,
}
_AARCH64: _Numbers = _SHARED | {
    "ptrace": 117, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
    "keyctl": 219, "add_key": 217, "request_key": 218, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
    "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "name_to_handle_at": 264,
    "open_by_handle_at": 265, "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104,
    "acct": 89, "swapon": 224, "swapoff": 225, "reboot": 142, "quotactl": 60, "syslog": 116, "fanotify_init": 262,
    "memfd_create": 279, "shmget": 194, "msgget": 186, "semget": 190, "clone": 220, "socket": 198, "prlimit64": 261,
    "setpriority": 140, "sched_setscheduler": 119, "sched_setparam": 118, "sched_setattr": 274, "ioprio_set": 30,
    "migrate_pages": 238, "move_pages": 239, "kexec_file_load": 294,
}
# fmt: on
_MACHINES: dict[str, tuple[int, _Numbers]] = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
_OWN_PROCESS_CALLS = ("sched_setscheduler", "sched_setparam", "sched_setattr", "prlimit64")


@cache
def program(machine: str | None = None, *, ip: bool = True) -> bytes:
    """For the machine's native calls; without ``ip``, sockets for IPv4 and IPv6 are denied too. Empty on architectures
    whose numbers are unknown, where nothing is filtered."""
    if (machine or platform.machine()) not in _MACHINES:
        return b""
    architecture, numbers = _MACHINES[machine or platform.machine()]
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        _deny(errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_GREATER_EQUAL, 0, 1, 0x40000000),
        _deny(errno.ENOSYS),
    ]
    for name, number in numbers.items():
        body = _body(name, _FAMILIES if ip else _FAMILIES[:1])
        code += [(_JUMP_EQUAL, 0, len(body), number), *body]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in code)


def service_rules() -> dict[str, Any]:
    """A Docker seccomp profile that denies the same calls except those in ``_SERVICE_CALLS``."""
    names = sorted({*_X86_64, *_AARCH64} - _SERVICE_CALLS)
    flags = [1 << bit for bit in range(32) if _NAMESPACES >> bit & 1]
    families = [number for number in range(_NETLINK) if number not in _FAMILIES]
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            _denied(names, errno.EPERM),
            _denied(["clone3"], errno.ENOSYS),
            *(_denied(["clone"], errno.EPERM, (0, "SCMP_CMP_MASKED_EQ", flag, flag)) for flag in flags),
            *(_denied(["socket"], errno.EAFNOSUPPORT, (0, "SCMP_CMP_EQ", family, 0)) for family in families),
            _denied(["socket"], errno.EAFNOSUPPORT, (0, "SCMP_CMP_EQ", _NETLINK, 0), (2, "SCMP_CMP_NE", 0, 0)),
            _denied(["socket"], errno.EAFNOSUPPORT, (0, "SCMP_CMP_GT", _NETLINK, 0)),
        ],
    }


def _denied(names: list[str], number: int, *arguments: tuple[int, str, int, int]) -> dict[str, Any]:
    """All argument conditions must hold; each is an index, a comparison and its two values."""
    conditions = [dict(zip(("index", "op", "value", "valueTwo"), argument, strict=True)) for argument in arguments]
    return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": number, "args": conditions}


def _body(name: str, families: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """The filter's instructions for one call, after its number has matched."""
    if name in ("clone3", "memfd_create"):
        return [_deny(errno.ENOSYS)]
    if name == "clone":
        return [(_LOAD, 0, 0, _FIRST), (_JUMP_ANY_BIT, 0, 1, _NAMESPACES), _deny(errno.EPERM), _allow()]
    if name == "socket":
        allowed = [(_JUMP_EQUAL, len(families) + 3 - at, 0, family) for at, family in enumerate(families)]
        routes = [(_JUMP_EQUAL, 0, 2, _NETLINK), (_LOAD, 0, 0, _THIRD), (_JUMP_EQUAL, 1, 0, 0)]
        return [(_LOAD, 0, 0, _FIRST), *allowed, *routes, _deny(errno.EAFNOSUPPORT), _allow()]
    if name in _OWN_PROCESS_CALLS:
        return [(_LOAD, 0, 0, _FIRST), (_JUMP_EQUAL, 1, 0, 0), _deny(errno.EPERM), _allow()]
    if name in ("setpriority", "ioprio_set"):
        kind = 0 if name == "setpriority" else 1
        return [
            (_LOAD, 0, 0, _FIRST),
            (_JUMP_EQUAL, 0, 2, kind),
            (_LOAD, 0, 0, _SECOND),
            (_JUMP_EQUAL, 1, 0, 0),
            _deny(errno.EPERM),
            _allow(),
        ]
    return [_deny(errno.EPERM)]


def _deny(number: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERRNO | number)


def _allow() -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ALLOW)
