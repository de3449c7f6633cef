"""The configuration of a sandbox's container: the same isolation as bubblewrap's, in Docker's terms.

Init already runs as an unprivileged user: a host user of the container's own, without capabilities or a way to gain
privileges. The daemon's limits back up those of ``init.py``, which are lower and reported by name.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.types import LogConfig, Mount

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.errors import SpecUnsupported
from assay.sandbox.init.init_protocol import BASE_ENVIRONMENT, INODES, init_arguments
from assay.sandbox.limits import MIB, OVERHEAD_TASKS, memory_limit_bytes, shm_mib
from assay.sandbox.protocol import WORKSPACE

PROGRAMS = "/run/assay"
_MASKED_PATHS = [
    *(f"/proc/{name}" for name in ("acpi", "asound", "kcore", "keys", "latency_stats", "scsi", "sched_debug")),
    *(f"/proc/{name}" for name in ("timer_list", "timer_stats", "interrupts", "cmdline", "kallsyms", "modules")),
    *(f"/sys/{name}" for name in ("block", "bus", "class", "dev", "devices", "firmware", "hypervisor", "kernel")),
    *(f"/sys/{name}" for name in ("module", "power", "fs/bpf", "fs/btrfs", "fs/ext4", "fs/xfs", "fs/pstore")),
]
"""Details of the machine. The container's own cgroup stays readable."""


def container_config(
    daemon: Daemon, spec: SandboxSpec, image: str, binds: Sequence[tuple[Path, str]], runtime: str = ""
) -> dict[str, Any]:
    """The body of the request that creates it. An empty ``runtime`` means the daemon's default."""
    if spec.network:
        raise SpecUnsupported("a container's network cannot be isolated, so containers get none")
    user = 20_000 + secrets.randbelow(40_000) if daemon.remaps_users else (1 << 30) + secrets.randbelow(1 << 29)
    client = daemon.client
    return client.create_container_config(
        image,
        ["-I", "-S", "-B", f"{PROGRAMS}/container_init.py", *init_arguments(spec, 0)],
        entrypoint=["python3"],
        hostname="sandbox",
        user=f"{user}:{user}",
        working_dir="/",
        network_disabled=True,
        environment=BASE_ENVIRONMENT,
        host_config=_host_config(client, spec, binds) | ({"Runtime": runtime} if runtime else {}),
    )


def _host_config(client: APIClient, spec: SandboxSpec, binds: Sequence[tuple[Path, str]]) -> dict[str, Any]:
    memory = memory_limit_bytes(spec)
    config = client.create_host_config(
        network_mode="none",
        ipc_mode="private",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        mem_limit=memory,
        memswap_limit=memory,
        pids_limit=spec.processes + OVERHEAD_TASKS,
        shm_size=shm_mib(spec) * MIB,
        tmpfs={WORKSPACE: _tmpfs(spec, "0777"), "/tmp": _tmpfs(spec, "1777")},
        mounts=[Mount(target, str(source), type="bind", read_only=True) for source, target in binds],
        log_config=LogConfig(type="json-file", config={"max-size": "100k", "max-file": "1"}),
        init=False,
    )
    return config | {"MaskedPaths": _MASKED_PATHS}


def _tmpfs(spec: SandboxSpec, mode: str) -> str:
    return f"rw,exec,nosuid,nodev,size={spec.workspace_mb * MIB},nr_inodes={2 * INODES},mode={mode}"
