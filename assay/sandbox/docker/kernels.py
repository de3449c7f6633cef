"""Under which kernel a sandbox runs: gVisor's, if the daemon has it and a sandbox starts there, else the host's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.errors import SandboxError

_GVISOR, _PLAIN = "runsc", "runc"
_AGAIN_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """``runtime`` is the daemon's name, empty for its default. ``apart``: system calls meet a kernel of the sandbox's
    own, which lets no descriptor out, and whose network nobody can share."""

    runtime: str = ""
    apart: bool = False


HOSTS = Kernel()
Trial = Callable[[Kernel], Awaitable[None]]
"""A sandbox under it, used once; raises SandboxError where that does not work."""


def kernels(info: Mapping[str, Any]) -> tuple[Kernel, Kernel | None]:
    """The host's, and gVisor's if the daemon that says this of itself has it."""
    runtimes = info.get("Runtimes") or {}
    plain = Kernel(runtime=_PLAIN) if info.get("DefaultRuntime") == _GVISOR and _PLAIN in runtimes else HOSTS
    return plain, Kernel(runtime=_GVISOR, apart=True) if _GVISOR in runtimes else None


class Kernels:
    """``forced`` is used for everything, for tests."""

    def __init__(self, daemon: Daemon, trial: Trial, forced: Kernel | None = None) -> None:
        self._daemon, self._trial, self._forced = daemon, trial, forced
        self._trying = asyncio.Lock()
        self._refused, self._again_seconds = "", 0.0
        self._works = False

    async def kernel_of(self, spec: SandboxSpec) -> Kernel:
        if self._forced:
            return self._forced
        plain, gvisor = kernels(await self._daemon.ask(lambda: self._daemon.info))
        if gvisor is None or spec.services or spec.egress:
            return plain
        return plain if await self._refusal(gvisor) else gvisor

    async def told(self) -> str:
        """For people: which, and why."""
        _, gvisor = kernels(await self._daemon.ask(lambda: self._daemon.info))
        if gvisor is None:
            return "the host's, behind seccomp; gVisor's, if the daemon had the runtime runsc"
        if refusal := await self._refusal(gvisor):
            return f"the host's, behind seccomp; the daemon has runsc, but a sandbox does not work under it: {refusal}"
        return "gVisor's (runsc), but the host's where there are services or a way out"

    async def _refusal(self, kernel: Kernel) -> str:
        """Tried once, and after a failure again now and then, for the host may only have been busy."""
        async with self._trying:
            if not self._works and time.monotonic() >= self._again_seconds:
                try:
                    await self._trial(kernel)
                    self._works, self._refused = True, ""
                except SandboxError as error:
                    self._refused = str(error) or type(error).__name__
                    self._again_seconds = time.monotonic() + _AGAIN_SECONDS
            return self._refused
