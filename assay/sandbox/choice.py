"""Choosing a provider by its name, or by what a task needs, a run asks for and this host has."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from assay.contracts.sandboxes import AUTO, SandboxKind, kinds_for, usable_kinds
from assay.contracts.tasks import SandboxSpec
from assay.sandbox.errors import ProviderUnavailable, ProviderUnknown
from assay.sandbox.protocol import Availability, Mounts, Sandbox, SandboxProvider
from assay.sandbox.spares import Spares

_AUTO = (SandboxKind.BUBBLEWRAP, SandboxKind.DOCKER)
_DOCKER_SOCKET = Path("/var/run/docker.sock")


def open_sandbox_provider(name: str = "bubblewrap", spares: Spares | None = None) -> SandboxProvider:
    """The provider of that name. ``process`` isolates nothing, so it is never chosen unless named. ``spares`` are for
    kinds that take long to open."""
    if name not in _MAKERS:
        raise ProviderUnknown(f"no sandbox provider {name!r}; there are {', '.join(PROVIDERS)}")
    return _MAKERS[name](spares or Spares())


class ChosenProvider:
    """For each sandbox the best of the ``allowed`` kinds that can give it and work here. What works is looked up once,
    what does not again each time, for it may by then."""

    name = AUTO

    def __init__(
        self,
        allowed: Sequence[str] = _AUTO,
        providers: Mapping[str, SandboxProvider] | None = None,
        spares: Spares | None = None,
    ) -> None:
        self.allowed, self._spares = tuple(allowed), spares
        self._providers = dict(providers or {})
        self._found: dict[str, Availability] = {}
        self._looking = {name: asyncio.Lock() for name in self.allowed}

    def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AbstractAsyncContextManager[Sandbox]:
        return self.asked("").open(spec, mounts=mounts)

    def asked(self, wish: str) -> SandboxProvider:
        """The same choice among fewer: what a run asks for."""
        return _Asked(self, wish)

    async def check(self) -> Availability:
        """As that of the provider a plain sandbox gets."""
        names = usable_kinds(self.allowed, kinds_for(SandboxSpec()))
        for name in names:
            if (await self._look(name)).available:
                return self._found[name]
        return Availability(provider=self.name, available=False, reason=self._reasons(names))

    async def look_again(self, *, missing_only: bool = False) -> tuple[str, ...]:
        """The allowed kinds that work here now; ``missing_only`` believes of the others what was found before."""
        return tuple([name for name in self.allowed if (await self._look(name, again=not missing_only)).available])

    def found(self, name: str) -> Availability | None:
        """What is known of one of the kinds."""
        return self._found.get(name)

    async def choose(self, spec: SandboxSpec, wish: str) -> SandboxProvider:
        """Raises ProviderUnavailable with the reason of each kind that would have done."""
        names = usable_kinds(self.allowed, kinds_for(spec), wish)
        for name in names:
            if (await self._look(name)).available:
                return self._provider(name)
        raise ProviderUnavailable(f"{_wanted(spec, wish)}, and this host cannot give it ({self._reasons(names)})")

    def _reasons(self, names: Sequence[str]) -> str:
        told = "; ".join(f"{name}: {self._found[name].reason}" for name in names)
        return told or f"its operator allows {', '.join(self.allowed)}"

    async def _look(self, name: str, *, again: bool = False) -> Availability:
        """One kind that does not answer holds up no other, nor what is known to work."""
        if not again and self._works(name):
            return self._found[name]
        async with self._looking[name]:
            if again or not self._works(name):
                try:
                    provider = await asyncio.to_thread(self._provider, name)  # Docker's SDK takes its time to load
                    self._found[name] = await provider.check()
                except ProviderUnavailable as error:
                    self._found[name] = Availability(provider=name, available=False, reason=str(error))
            return self._found[name]

    def _works(self, name: str) -> bool:
        return name in self._found and self._found[name].available

    def _provider(self, name: str) -> SandboxProvider:
        found = self._providers.get(name) or open_sandbox_provider(name, self._spares)
        self._providers[name] = found
        return found


class _Asked:
    name = AUTO

    def __init__(self, chosen: ChosenProvider, wish: str) -> None:
        self._chosen, self._wish = chosen, wish

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        provider = await self._chosen.choose(spec, self._wish)
        async with provider.open(spec, mounts=mounts) as sandbox:
            yield sandbox

    async def check(self) -> Availability:
        return await self._chosen.check()


def chosen_provider(setting: str, spares: Spares | None = None) -> ChosenProvider:
    """Of a worker's setting ``ASSAY_SANDBOX``: kinds separated by commas, ``auto`` being bubblewrap and Docker."""
    allowed: dict[str, None] = {}
    for name in filter(None, (part.strip() for part in setting.split(","))):
        if name not in PROVIDERS:
            raise ProviderUnknown(f"no sandbox provider {name!r}; there are {', '.join(PROVIDERS)}")
        allowed |= dict.fromkeys(_AUTO if name == AUTO else (name,))
    if not allowed:
        raise ProviderUnknown(f"no sandbox provider is named; there are {', '.join(PROVIDERS)}")
    return ChosenProvider(tuple(allowed), spares=spares)


def asked_for(provider: SandboxProvider, wish: str) -> SandboxProvider:
    """The provider bound to what a run asks for, where it has a choice."""
    return provider.asked(wish) if isinstance(provider, ChosenProvider) else provider


def _wanted(spec: SandboxSpec, wish: str) -> str:
    asked = f" in {wish}" if wish not in ("", AUTO) else ""
    return f"the task needs {spec.needs_docker or 'a sandbox'}{asked}"


def _bubblewrap(_: Spares) -> SandboxProvider:
    from assay.sandbox.bubblewrap import BubblewrapProvider

    return BubblewrapProvider()


def _docker(spares: Spares) -> SandboxProvider:
    if not os.environ.get("DOCKER_HOST") and not _DOCKER_SOCKET.exists():  # nor need its SDK be loaded to be told so
        raise ProviderUnavailable(f"no Docker daemon is here: no {_DOCKER_SOCKET}, and DOCKER_HOST is not set")
    try:
        from assay.sandbox.docker import DockerProvider
    except ImportError as error:
        raise ProviderUnavailable("Docker's SDK is not installed: pip install 'assay[sandbox]'") from error
    return DockerProvider(spares=spares)


def _process(_: Spares) -> SandboxProvider:
    from assay.sandbox.process import ProcessProvider

    return ProcessProvider()


_MAKERS: dict[str, Callable[[Spares], SandboxProvider]] = {
    "auto": lambda spares: ChosenProvider(spares=spares),
    "bubblewrap": _bubblewrap,
    "docker": _docker,
    "process": _process,
}
PROVIDERS = tuple(_MAKERS)
