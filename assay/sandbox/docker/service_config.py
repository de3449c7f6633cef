"""The configuration of a service container: its image, minimal privileges, and the sandbox's network.

Its only network is the sandbox's, a loopback without routes, so it has no address that anything else could reach
(decision 17).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.types import LogConfig, Mount

from assay.contracts.sandboxspec import Service
from assay.sandbox.docker.labels import SANDBOX_LABEL
from assay.sandbox.limits import MIB
from assay.sandbox.seccomp import service_rules

_SHM_MIB = 64
_CPU_SHARES = 512
"""Half the normal share, because no limit counts a service's CPU time."""
_SCRATCH_OPTIONS = "rw,exec,nosuid,nodev,size=64m,mode=1777"
_SCRATCH_FOLDERS = ("/tmp", "/run")


def service_config(client: APIClient, service: Service, network_of: str, hosts: Path) -> dict[str, Any]:
    """The body of the request that creates it; ``network_of`` is the sandbox's container."""
    return client.create_container_config(
        service.image,
        list(service.command) or None,
        environment=service.environment,
        labels={SANDBOX_LABEL: network_of},
        host_config=_host_config(client, service, network_of, hosts),
    )


def _host_config(client: APIClient, service: Service, network_of: str, hosts: Path) -> dict[str, Any]:
    memory = (service.memory_mb + service.data_mb * len(service.data)) * MIB
    data = f"rw,nosuid,nodev,size={service.data_mb * MIB},mode=1777"
    return client.create_host_config(
        network_mode=f"container:{network_of}",
        ipc_mode="private",
        read_only=True,
        cap_drop=["ALL"],
        cap_add=[capability.value for capability in service.capabilities],
        security_opt=["no-new-privileges:true", f"seccomp={json.dumps(service_rules())}"],
        mem_limit=memory,
        memswap_limit=memory,
        pids_limit=service.processes,
        cpu_shares=_CPU_SHARES,
        shm_size=_SHM_MIB * MIB,
        tmpfs=dict.fromkeys(_SCRATCH_FOLDERS, _SCRATCH_OPTIONS) | dict.fromkeys(service.data, data),
        mounts=[Mount("/etc/hosts", str(hosts), type="bind", read_only=True)],
        log_config=LogConfig(type="json-file", config={"max-size": "100k", "max-file": "1"}),
    )
