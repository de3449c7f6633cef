"""The limits of a sandbox: sizes that follow from its spec, and what enforces each limit."""

from __future__ import annotations

from assay.contracts.tasks import SandboxSpec

MIB = 1 << 20
OVERHEAD_TASKS = 24
_SHM_MIB = 64
_OVERHEAD_MIB = 192
"""For init, and for inodes, pipes and page tables in the kernel."""
INIT_LIMITS = {
    "memory": "init sums proportional memory (anonymous and shared) every 25 ms and kills; backed up by RLIMIT_DATA",
    "cpu": "init sums the CPU time of all processes every 25 ms and kills; backed up by RLIMIT_CPU per process",
    "processes": "init counts tasks every 25 ms and kills; backed up by RLIMIT_NPROC at 16 more",
    "open_files": "RLIMIT_NOFILE",
    "output": "the host drops output above the limit, at 50 MB/s at most",
    "network": "a network namespace with loopback only; seccomp on socket families",
}
"""What enforces the limits of every sandbox that runs ``init.py``, in words."""
CGROUP_LIMITS = {
    "memory": "init sums proportional memory every 25 ms and kills; backed up by a control group",
    "processes": f"init counts tasks every 25 ms and kills; backed up by a control group at {OVERHEAD_TASKS} more",
}
"""Replaces entries of ``INIT_LIMITS`` where there is a cgroup."""


def shm_mib(spec: SandboxSpec) -> int:
    """The size of /dev/shm."""
    return min(_SHM_MIB, spec.workspace_mb)


def memory_limit_bytes(spec: SandboxSpec) -> int:
    """The host memory that a sandbox may use: its memory limit, its file systems when full, and overhead."""
    return (spec.memory_mb + 2 * spec.workspace_mb + shm_mib(spec) + _OVERHEAD_MIB) * MIB
