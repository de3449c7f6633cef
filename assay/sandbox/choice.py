"""Choosing a provider by its name, or by what a task needs and this host has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.errors import ProviderUnavailable, ProviderUnknown
from assay.sandbox.protocol import Availability, Mounts, Sandbox, SandboxProvider


def open_sandbox_provider(name: str = "bubblewrap") -> SandboxProvider:
    """The provider of that name. ``process`` isolates nothing, so it is never chosen unless named."""
    if name not in _MAKERS:
        raise ProviderUnknown(f"no sandbox provider {name!r}; there are {', '.join(PROVIDERS)}")
    return _MAKERS[name]()


class ChosenProvider:
    """For each sandbox the one that can give it: Docker where an image is named, else bubblewrap where it works, else
    Docker. What works is looked up once."""

    name = "auto"

    def __init__(self, bubblewrap: SandboxProvider | None = None, docker: SandboxProvider | None = None) -> None:
        self._providers = {"bubblewrap": bubblewrap, "docker": docker}
        self._found: dict[str, Availability] = {}
        self._looking = asyncio.Lock()

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        provider = await self._for(spec)
        async with provider.open(spec, mounts=mounts) as sandbox:
            yield sandbox

    async def check(self) -> Availability:
        """As that of the provider a plain sandbox gets."""
        bubblewrap = await self._look("bubblewrap")
        if bubblewrap.available:
            return bubblewrap
        docker = await self._look("docker")
        if docker.available:
            return docker
        reason = f"bubblewrap: {bubblewrap.reason}; docker: {docker.reason}"
        return Availability(provider=self.name, available=False, reason=reason)

    async def _for(self, spec: SandboxSpec) -> SandboxProvider:
        names = ("docker",) if spec.image else ("bubblewrap", "docker")
        for name in names:
            if (await self._look(name)).available:
                return self._provider(name)
        reasons = "; ".join(f"{name}: {self._found[name].reason}" for name in names)
        wanted = f"the task needs the image {spec.image}" if spec.image else "the task needs a sandbox"
        raise ProviderUnavailable(f"{wanted}, and this host cannot give it ({reasons})")

    async def _look(self, name: str) -> Availability:
        """What does not work is looked up again, for it may by then."""
        async with self._looking:
            if name not in self._found or not self._found[name].available:
                try:
                    self._found[name] = await self._provider(name).check()
                except ProviderUnavailable as error:
                    self._found[name] = Availability(provider=name, available=False, reason=str(error))
            return self._found[name]

    def _provider(self, name: str) -> SandboxProvider:
        found = self._providers[name] or open_sandbox_provider(name)
        self._providers[name] = found
        return found


def _bubblewrap() -> SandboxProvider:
    from assay.sandbox.bubblewrap import BubblewrapProvider

    return BubblewrapProvider()


def _docker() -> SandboxProvider:
    try:
        from assay.sandbox.docker import DockerProvider
    except ImportError as error:
        raise ProviderUnavailable("Docker's SDK is not installed: pip install 'assay[sandbox]'") from error
    return DockerProvider()


def _process() -> SandboxProvider:
    from assay.sandbox.process import ProcessProvider

    return ProcessProvider()


_MAKERS: dict[str, Callable[[], SandboxProvider]] = {
    "auto": ChosenProvider,
    "bubblewrap": _bubblewrap,
    "docker": _docker,
    "process": _process,
}
PROVIDERS = tuple(_MAKERS)
