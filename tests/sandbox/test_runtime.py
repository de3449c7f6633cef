"""Which Docker daemons are fit to hold anything in, and under which kernel."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.sandboxspec import SandboxSpec, Service
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.kernels import Kernel, Kernels, kernels
from assay.sandbox.docker.runtime import weakness
from assay.sandbox.errors import SandboxNotStarted

SOUND = {"OSType": "linux", "SecurityOptions": ["name=seccomp,profile=default"], "DefaultRuntime": "runc"}


@pytest.mark.parametrize("version", ["1.1.12", "1.2.5", "v1.3.0-rc.1", "2.0.0", "1.1.5+ds1-1+deb12u1", "", "4fccb38a"])
def test_runtimes_that_hold(version: str) -> None:
    assert weakness(SOUND | {"RuncCommit": {"ID": version}}) == ""


@pytest.mark.parametrize("version", ["1.1.11", "1.1.5", "v1.0.0-rc93", "0.1.1"])
def test_runtimes_that_let_code_out_are_refused_by_version(version: str) -> None:
    found = weakness(SOUND | {"RuncCommit": {"ID": version}})
    assert version in found and "1.1.12" in found


def test_another_runtime_is_not_judged_by_runcs_version() -> None:
    assert weakness(SOUND | {"DefaultRuntime": "runsc", "RuncCommit": {"ID": "1.0.0"}}) == ""


def test_a_daemon_that_cannot_filter_calls_is_refused() -> None:
    assert "seccomp" in weakness(SOUND | {"SecurityOptions": []})


def test_a_daemon_of_another_system_is_refused() -> None:
    assert "windows" in weakness(SOUND | {"OSType": "windows"})


RUNTIMES = {"runc": {"path": "runc"}, "runsc": {"path": "/usr/local/bin/runsc"}}


def test_gvisor_is_found_where_the_daemon_has_it() -> None:
    gvisor = Kernel(runtime="runsc", apart=True)
    assert kernels(SOUND | {"Runtimes": {"runc": {"path": "runc"}}}) == (Kernel(), None)
    assert kernels(SOUND) == (Kernel(), None)
    assert kernels(SOUND | {"Runtimes": RUNTIMES}) == (Kernel(), gvisor)
    assert kernels(SOUND | {"Runtimes": RUNTIMES, "DefaultRuntime": "runsc"}) == (Kernel(runtime="runc"), gvisor)


class Informed(Daemon):
    """One that says this of itself."""

    def __init__(self, info: dict[str, Any]) -> None:
        super().__init__()
        self.info = info


async def test_gvisor_is_used_where_a_sandbox_starts_under_it() -> None:
    tried: list[Kernel] = []

    async def trial(kernel: Kernel) -> None:
        tried.append(kernel)

    chosen = Kernels(Informed(SOUND | {"Runtimes": RUNTIMES}), trial)
    service = Service(name="db", image="db", ports=(1,))
    assert [(await chosen.kernel_of(SandboxSpec())).runtime for _ in range(2)] == ["runsc", "runsc"]
    assert await chosen.kernel_of(SandboxSpec(services=(service,))) == Kernel(), "its network cannot be shared"
    assert await chosen.kernel_of(SandboxSpec(egress=("a.example",))) == Kernel()
    assert len(tried) == 1 and (await chosen.told()).startswith("gVisor")


async def test_where_none_starts_under_it_the_hosts_kernel_is_used_and_the_reason_told() -> None:
    async def trial(kernel: Kernel) -> None:
        raise SandboxNotStarted("no sockets of the host's: --host-uds is off")

    chosen = Kernels(Informed(SOUND | {"Runtimes": RUNTIMES, "DefaultRuntime": "runsc"}), trial)
    assert await chosen.kernel_of(SandboxSpec()) == Kernel(runtime="runc")
    assert "--host-uds" in await chosen.told()
