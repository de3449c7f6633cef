"""Selecting a provider by name, or by the task's needs, the run's request and this host's abilities."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from pydantic import ValidationError

from assay.contracts.sandboxes import AUTO, SandboxKind, kinds_for, usable_kinds
from assay.contracts.tasks import SandboxSpec
from assay.sandbox.errors import ProviderUnavailable, ProviderUnknown
from assay.sandbox.metrics import open_measured
from assay.sandbox.protocol import Availability, Mounts, Sandbox, SandboxProvider
from assay.sandbox.warm_pool import WarmPool

_AUTO = (SandboxKind.BUBBLEWRAP, SandboxKind.DOCKER)
_DOCKER_SOCKET = Path("/var/run/docker.sock")


def open_sandbox_provider(name: str = "bubblewrap", warm_pool: WarmPool | None = None) -> SandboxProvider:
    """The provider with that name. ``process`` does not isolate, so it must be named explicitly. ``warm_pool`` is
    for providers that are slow to start."""
    if name not in _FACTORIES:
        raise ProviderUnknown(f"unknown sandbox provider {name!r}; known are {', '.join(PROVIDERS)}")
    return _FACTORIES[name](warm_pool or WarmPool())


class AutoProvider:
    """For each sandbox, uses the best of the ``allowed`` kinds that can provide it and works here. A kind that works
    is checked once; one that does not is checked again each time, because it may work by then."""

    name = AUTO

    def __init__(
        self,
        allowed: Sequence[str] = _AUTO,
        providers: Mapping[str, SandboxProvider] | None = None,
        warm_pool: WarmPool | None = None,
    ) -> None:
        self.allowed, self._warm_pool = tuple(allowed), warm_pool
        self._providers = dict(providers or {})
        self._checks: dict[str, Availability] = {}
        self._locks = {name: asyncio.Lock() for name in self.allowed}

    def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AbstractAsyncContextManager[Sandbox]:
        return self.restricted_to("").open(spec, mounts=mounts)

    def restricted_to(self, kind: str) -> SandboxProvider:
        """The same selection, restricted to the kind that a run requests."""
        return _RestrictedProvider(self, kind)

    async def check(self) -> Availability:
        """Checks the provider that a sandbox without special needs would get."""
        names = usable_kinds(self.allowed, kinds_for(SandboxSpec()))
        for name in names:
            if (await self._check_kind(name)).available:
                return self._checks[name]
        return Availability(provider=self.name, available=False, reason=self._reasons(names))

    async def recheck(self, *, missing_only: bool = False) -> tuple[str, ...]:
        """The allowed kinds that work here now; ``missing_only`` does not check again those that worked."""
        return tuple(
            [name for name in self.allowed if (await self._check_kind(name, recheck=not missing_only)).available]
        )

    def last_check(self, name: str) -> Availability | None:
        """The result of the last check of one kind."""
        return self._checks.get(name)

    async def choose(self, spec: SandboxSpec, kind: str) -> SandboxProvider:
        """Raises ProviderUnavailable with the reason for each suitable kind."""
        names = usable_kinds(self.allowed, kinds_for(spec), kind)
        for name in names:
            if (await self._check_kind(name)).available:
                return self._provider(name)
        raise ProviderUnavailable(
            f"{_requirement(spec, kind)}, which this host cannot provide ({self._reasons(names)})"
        )

    def _reasons(self, names: Sequence[str]) -> str:
        reasons = "; ".join(f"{name}: {self._checks[name].reason}" for name in names)
        return reasons or f"its operator allows {', '.join(self.allowed)}"

    async def _check_kind(self, name: str, *, recheck: bool = False) -> Availability:
        """A kind whose check hangs delays neither other kinds nor those known to work."""
        if not recheck and self._known_available(name):
            return self._checks[name]
        async with self._locks[name]:
            if recheck or not self._known_available(name):
                try:
                    provider = await asyncio.to_thread(self._provider, name)  # Docker's SDK is slow to import
                    self._checks[name] = await provider.check()
                except ProviderUnavailable as error:
                    self._checks[name] = Availability(provider=name, available=False, reason=str(error))
            return self._checks[name]

    def _known_available(self, name: str) -> bool:
        return name in self._checks and self._checks[name].available

    def _provider(self, name: str) -> SandboxProvider:
        provider = self._providers.get(name) or open_sandbox_provider(name, self._warm_pool)
        self._providers[name] = provider
        return provider


class _RestrictedProvider:
    name = AUTO

    def __init__(self, selector: AutoProvider, kind: str) -> None:
        self._selector, self._kind = selector, kind

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        provider = await self._selector.choose(spec, self._kind)
        async with open_measured(provider, spec, mounts) as sandbox:
            yield sandbox

    async def check(self) -> Availability:
        return await self._selector.check()


def provider_for_setting(setting: str, warm_pool: WarmPool | None = None) -> AutoProvider:
    """From the setting ``ASSAY_SANDBOX``: kinds separated by commas; ``auto`` means bubblewrap and Docker.
    Kubernetes must be named, because it spends the resources of a cluster."""
    allowed: dict[str, None] = {}
    for name in filter(None, (part.strip() for part in setting.split(","))):
        if name not in PROVIDERS:
            raise ProviderUnknown(f"unknown sandbox provider {name!r}; known are {', '.join(PROVIDERS)}")
        allowed |= dict.fromkeys(_AUTO if name == AUTO else (name,))
    if not allowed:
        raise ProviderUnknown(f"ASSAY_SANDBOX names no sandbox provider; known are {', '.join(PROVIDERS)}")
    return AutoProvider(tuple(allowed), warm_pool=warm_pool)


def restrict_to_kind(provider: SandboxProvider, kind: str) -> SandboxProvider:
    """Restricts the provider to the kind a run requests, if it can choose."""
    return provider.restricted_to(kind) if isinstance(provider, AutoProvider) else provider


def _requirement(spec: SandboxSpec, kind: str) -> str:
    requested = f" in {kind}" if kind not in ("", AUTO) else ""
    return f"the task needs {spec.needs_docker or spec.needs_containers or 'a sandbox'}{requested}"


def _bubblewrap(_: WarmPool) -> SandboxProvider:
    from assay.sandbox.bubblewrap import BubblewrapProvider

    return BubblewrapProvider()


def _docker(warm_pool: WarmPool) -> SandboxProvider:
    if not os.environ.get("DOCKER_HOST") and not _DOCKER_SOCKET.exists():  # saves importing the SDK
        raise ProviderUnavailable(f"no Docker daemon found: {_DOCKER_SOCKET} does not exist and DOCKER_HOST is not set")
    try:
        from assay.sandbox.docker import DockerProvider
    except ImportError as error:
        raise ProviderUnavailable("Docker's SDK is not installed: pip install 'assay[sandbox]'") from error
    return DockerProvider(warm_pool=warm_pool)


def _kubernetes(warm_pool: WarmPool) -> SandboxProvider:
    try:
        from assay.sandbox.kubernetes import KubernetesProvider, KubernetesSettings
    except ImportError as error:
        raise ProviderUnavailable("the Kubernetes client is not installed: pip install 'assay[sandbox]'") from error
    try:
        settings = KubernetesSettings()
    except ValidationError as error:
        found = error.errors()[0]
        name = f"ASSAY_KUBERNETES_{'_'.join(map(str, found['loc'])).upper()}"
        raise ProviderUnavailable(f"{name} cannot be used: {found['msg']}") from error
    return KubernetesProvider(settings, warm_pool=warm_pool)


def _process(_: WarmPool) -> SandboxProvider:
    from assay.sandbox.process import ProcessProvider

    return ProcessProvider()


_FACTORIES: dict[str, Callable[[WarmPool], SandboxProvider]] = {
    "auto": lambda warm_pool: AutoProvider(warm_pool=warm_pool),
    "bubblewrap": _bubblewrap,
    "docker": _docker,
    "kubernetes": _kubernetes,
    "process": _process,
}
PROVIDERS = tuple(_FACTORIES)
