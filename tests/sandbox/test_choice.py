"""Which provider a sandbox is made by, and what a host says that lacks it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox, open_sandbox_provider
from assay.sandbox.choice import PROVIDERS, ChosenProvider
from assay.sandbox.errors import ProviderUnavailable, ProviderUnknown, SpecUnsupported


class Counted:
    """A provider that is or is not there, and counts what is asked of it."""

    def __init__(self, name: str, *, available: bool = True) -> None:
        self.name, self.available = name, available
        self.checks = self.opened = 0

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        self.opened += 1
        yield cast("Sandbox", None)

    async def check(self) -> Availability:
        self.checks += 1
        return Availability(provider=self.name, available=self.available, reason="" if self.available else "gone")


IMAGE = SandboxSpec(image="assay/sandbox-polyglot:latest")


@pytest.mark.parametrize(
    ("bubblewrap", "docker", "spec", "chosen"),
    [
        (True, True, SandboxSpec(), "bubblewrap"),
        (True, False, SandboxSpec(), "bubblewrap"),
        (False, True, SandboxSpec(), "docker"),
        (True, True, IMAGE, "docker"),
    ],
)
async def test_the_need_and_the_host_decide(bubblewrap: bool, docker: bool, spec: SandboxSpec, chosen: str) -> None:
    providers = {
        "bubblewrap": Counted("bubblewrap", available=bubblewrap),
        "docker": Counted("docker", available=docker),
    }
    provider = ChosenProvider(**providers)
    for _ in range(2):
        async with provider.open(spec):
            pass
    assert {name: made.opened for name, made in providers.items() if made.opened} == {chosen: 2}
    assert providers[chosen].checks == 1


async def test_what_works_for_neither_is_refused_with_both_reasons() -> None:
    provider = ChosenProvider(Counted("bubblewrap", available=False), Counted("docker", available=False))
    with pytest.raises(ProviderUnavailable, match="bubblewrap: gone; docker: gone"):
        async with provider.open(SandboxSpec()):
            pass
    assert not (await provider.check()).available


async def test_an_image_without_docker_is_refused_by_name() -> None:
    provider = ChosenProvider(Counted("bubblewrap"), Counted("docker", available=False))
    assert (await provider.check()).provider == "bubblewrap"
    with pytest.raises(ProviderUnavailable, match=r"assay/sandbox-polyglot:latest.*docker: gone"):
        async with provider.open(IMAGE):
            pass


async def test_docker_that_came_up_later_is_found() -> None:
    docker = Counted("docker", available=False)
    provider = ChosenProvider(Counted("bubblewrap"), docker)
    with pytest.raises(ProviderUnavailable):
        async with provider.open(IMAGE):
            pass
    docker.available = True
    async with provider.open(IMAGE):
        assert docker.opened == 1


@pytest.mark.parametrize("name", ["bubblewrap", "process"])
async def test_those_without_images_say_so(name: str) -> None:
    with pytest.raises(SpecUnsupported, match="sandbox-polyglot"):
        async with open_sandbox_provider(name).open(IMAGE):
            pass


def test_every_name_has_a_provider_and_no_other() -> None:
    assert [open_sandbox_provider(name).name for name in PROVIDERS] == list(PROVIDERS)
    with pytest.raises(ProviderUnknown, match="bubblewrap"):
        open_sandbox_provider("chroot")
