"""What a service's container is made with: its image, as little power as that needs, and the sandbox's own network.

It has no network but the sandbox's, which is a loopback that nothing leads to or from, so that there is no address at
which anybody else could reach it (decision 17).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.types import LogConfig, Mount

from assay.contracts.sandboxspec import Service
from assay.sandbox.docker.owner import HOLDER
from assay.sandbox.seccomp import service_rules

_MIB = 1 << 20
_SHM_MIB = 64
_CPU_SHARES = 512
"""Half of what others get where all want it: nobody counts a service's time."""
_SMALL = "rw,exec,nosuid,nodev,size=64m,mode=1777"
_SCRATCH = ("/tmp", "/run")


def sidecar(client: APIClient, service: Service, network_of: str, hosts: Path) -> dict[str, Any]:
    """The body of the request that makes it; ``network_of`` is the sandbox's container."""
    return client.create_container_config(
        service.image,
        list(service.command) or None,
        environment=service.environment,
        labels={HOLDER: network_of},
        host_config=_host_config(client, service, network_of, hosts),
    )


def _host_config(client: APIClient, service: Service, network_of: str, hosts: Path) -> dict[str, Any]:
    memory = (service.memory_mb + service.data_mb * len(service.data)) * _MIB
    data = f"rw,nosuid,nodev,size={service.data_mb * _MIB},mode=1777"
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
        shm_size=_SHM_MIB * _MIB,
        tmpfs=dict.fromkeys(_SCRATCH, _SMALL) | dict.fromkeys(service.data, data),
        mounts=[Mount("/etc/hosts", str(hosts), type="bind", read_only=True)],
        log_config=LogConfig(type="json-file", config={"max-size": "100k", "max-file": "1"}),
    )
