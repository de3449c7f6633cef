"""Chooses a sandbox's container runtime: gVisor if the daemon has it and a sandbox starts under it, otherwise the
default."""

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
_RETRY_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """``name`` is the daemon's; empty for its default. With ``separate_kernel`` system calls go to a kernel of the
    sandbox's own (gVisor), which cannot pass descriptors to the host and whose network cannot be shared."""

    name: str = ""
    separate_kernel: bool = False


HOST_RUNTIME = Runtime()
Probe = Callable[[Runtime], Awaitable[None]]
"""Uses a sandbox under the runtime; raises SandboxError if that does not work."""


def available_runtimes(info: Mapping[str, Any]) -> tuple[Runtime, Runtime | None]:
    """The one on the host's kernel, and gVisor if the daemon has it."""
    runtimes = info.get("Runtimes") or {}
    host = Runtime(name=_PLAIN) if info.get("DefaultRuntime") == _GVISOR and _PLAIN in runtimes else HOST_RUNTIME
    return host, Runtime(name=_GVISOR, separate_kernel=True) if _GVISOR in runtimes else None


class RuntimeSelector:
    """``forced`` is used for everything; for tests."""

    def __init__(self, daemon: Daemon, probe: Probe, forced: Runtime | None = None) -> None:
        self._daemon, self._probe, self._forced = daemon, probe, forced
        self._lock = asyncio.Lock()
        self._problem, self._retry_at = "", 0.0
        self._usable = False

    async def runtime_for(self, spec: SandboxSpec) -> Runtime:
        if self._forced:
            return self._forced
        host, gvisor = available_runtimes(await self._daemon.call(lambda: self._daemon.info))
        if gvisor is None or spec.services or spec.egress:
            return host
        return host if await self._check(gvisor) else gvisor

    async def describe(self) -> str:
        """Which runtime is used and why, as text."""
        _, gvisor = available_runtimes(await self._daemon.call(lambda: self._daemon.info))
        if gvisor is None:
            return "the host's, with seccomp; gVisor's would be used if the daemon had the runtime runsc"
        if problem := await self._check(gvisor):
            return f"the host's, with seccomp; the daemon has runsc, but sandboxes do not work under it: {problem}"
        return "gVisor's (runsc); the host's for sandboxes with services or egress"

    async def _check(self, runtime: Runtime) -> str:
        """Why the runtime does not work. A success is remembered; a failure is tried again after a while, because
        the host may only have been busy."""
        async with self._lock:
            if not self._usable and time.monotonic() >= self._retry_at:
                try:
                    await self._probe(runtime)
                    self._usable, self._problem = True, ""
                except SandboxError as error:
                    self._problem = str(error) or type(error).__name__
                    self._retry_at = time.monotonic() + _RETRY_SECONDS
            return self._problem
