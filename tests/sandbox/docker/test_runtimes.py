"""Which Docker daemons are safe to use, and which runtime sandboxes get."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.sandboxspec import SandboxSpec, Service
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.daemon_check import unsafe_reason
from assay.sandbox.docker.runtimes import Runtime, RuntimeSelector, available_runtimes
from assay.sandbox.errors import SandboxNotStarted

SOUND = {"OSType": "linux", "SecurityOptions": ["name=seccomp,profile=default"], "DefaultRuntime": "runc"}


@pytest.mark.parametrize("version", ["1.1.12", "1.2.5", "v1.3.0-rc.1", "2.0.0", "1.1.5+ds1-1+deb12u1", "", "4fccb38a"])
def test_safe_runtimes_are_accepted(version: str) -> None:
    assert unsafe_reason(SOUND | {"RuncCommit": {"ID": version}}) == ""


@pytest.mark.parametrize("version", ["1.1.11", "1.1.5", "v1.0.0-rc93", "0.1.1"])
def test_unsafe_runc_versions_are_refused(version: str) -> None:
    found = unsafe_reason(SOUND | {"RuncCommit": {"ID": version}})
    assert version in found and "1.1.12" in found


def test_runcs_version_is_ignored_for_another_runtime() -> None:
    assert unsafe_reason(SOUND | {"DefaultRuntime": "runsc", "RuncCommit": {"ID": "1.0.0"}}) == ""


def test_a_daemon_without_seccomp_is_refused() -> None:
    assert "seccomp" in unsafe_reason(SOUND | {"SecurityOptions": []})


def test_a_daemon_for_another_os_is_refused() -> None:
    assert "windows" in unsafe_reason(SOUND | {"OSType": "windows"})


RUNTIMES = {"runc": {"path": "runc"}, "runsc": {"path": "/usr/local/bin/runsc"}}


def test_gvisor_is_detected_from_the_daemons_info() -> None:
    gvisor = Runtime(name="runsc", separate_kernel=True)
    assert available_runtimes(SOUND | {"Runtimes": {"runc": {"path": "runc"}}}) == (Runtime(), None)
    assert available_runtimes(SOUND) == (Runtime(), None)
    assert available_runtimes(SOUND | {"Runtimes": RUNTIMES}) == (Runtime(), gvisor)
    assert available_runtimes(SOUND | {"Runtimes": RUNTIMES, "DefaultRuntime": "runsc"}) == (
        Runtime(name="runc"),
        gvisor,
    )


class DaemonWithInfo(Daemon):
    """A daemon with the given info."""

    def __init__(self, info: dict[str, Any]) -> None:
        super().__init__()
        self.info = info


async def test_gvisor_is_used_if_a_sandbox_starts_under_it() -> None:
    tried: list[Runtime] = []

    async def probe(runtime: Runtime) -> None:
        tried.append(runtime)

    chosen = RuntimeSelector(DaemonWithInfo(SOUND | {"Runtimes": RUNTIMES}), probe)
    service = Service(name="db", image="db", ports=(1,))
    assert [(await chosen.runtime_for(SandboxSpec())).name for _ in range(2)] == ["runsc", "runsc"]
    assert await chosen.runtime_for(SandboxSpec(services=(service,))) == Runtime(), "gVisor's network cannot be shared"
    assert await chosen.runtime_for(SandboxSpec(egress=("a.example",))) == Runtime()
    assert len(tried) == 1 and (await chosen.describe()).startswith("gVisor")


async def test_the_hosts_kernel_is_used_if_gvisor_does_not_work() -> None:
    async def probe(runtime: Runtime) -> None:
        raise SandboxNotStarted("no sockets of the host's: --host-uds is off")

    chosen = RuntimeSelector(DaemonWithInfo(SOUND | {"Runtimes": RUNTIMES, "DefaultRuntime": "runsc"}), probe)
    assert await chosen.runtime_for(SandboxSpec()) == Runtime(name="runc")
    assert "--host-uds" in await chosen.describe()
