"""Gives the programs of a sandbox short time slices, so that a neighbour that wakes up soon gets the CPU.

Since Linux 6.12 a running program keeps the CPU to the end of its slice, about 3 ms, whatever the CPU shares are, so a
bomb in one sandbox delays every wake-up in the next. Slices are a scheduling attribute, which children inherit
(https://man7.org/linux/man-pages/man2/sched_setattr.2.html).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

SLICE_NS = 200_000
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
"""Numbers of system calls that the C library does not wrap."""
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""Size, policy, flags, nice, priority, slice, deadline, period."""


def shorten_time_slices(pid: int) -> None:
    """Of the process and of those it starts from now on. Does nothing where the kernel does not support it. Raises
    OSError if the process is gone or hidden."""
    if pid and os.sched_getscheduler(pid) == os.SCHED_OTHER:
        nice = os.getpriority(os.PRIO_PROCESS, pid)
        attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, SLICE_NS, 0, 0)
        _system_call(_SCHED_SETATTR, pid, attributes, 0)


def time_slice_ns(pid: int) -> int:
    """The length of the process's slices; 0 if the kernel does not report it."""
    attributes = ctypes.create_string_buffer(_ATTRIBUTES.size)
    if _system_call(_SCHED_GETATTR, pid, attributes, _ATTRIBUTES.size, 0):
        return 0
    return int(_ATTRIBUTES.unpack(attributes.raw)[5])


def _system_call(numbers: dict[str, int], *arguments: object) -> int:
    """-1 on failure, also on other architectures."""
    number = numbers.get(platform.machine())
    return int(ctypes.CDLL(None).syscall(number, *arguments)) if number else -1
