"""Which provider a sandbox is made by, and what a host says that lacks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox, open_sandbox_provider
from assay.sandbox.choice import PROVIDERS, ChosenProvider, asked_for, chosen_provider
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


def chosen(*providers: Counted, allowed: str = "bubblewrap,docker") -> ChosenProvider:
    return ChosenProvider(allowed.split(","), {provider.name: provider for provider in providers})


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
    provider = ChosenProvider(providers=providers)
    for _ in range(2):
        async with provider.open(spec):
            pass
    assert {name: made.opened for name, made in providers.items() if made.opened} == {chosen: 2}
    assert providers[chosen].checks == 1


async def test_what_works_for_neither_is_refused_with_both_reasons() -> None:
    provider = chosen(Counted("bubblewrap", available=False), Counted("docker", available=False))
    with pytest.raises(ProviderUnavailable, match="bubblewrap: gone; docker: gone"):
        async with provider.open(SandboxSpec()):
            pass
    assert not (await provider.check()).available


async def test_an_image_without_docker_is_refused_by_name() -> None:
    provider = chosen(Counted("bubblewrap"), Counted("docker", available=False))
    assert (await provider.check()).provider == "bubblewrap"
    with pytest.raises(ProviderUnavailable, match=r"assay/sandbox-polyglot:latest.*docker: gone"):
        async with provider.open(IMAGE):
            pass


async def test_docker_that_came_up_later_is_found() -> None:
    docker = Counted("docker", available=False)
    provider = chosen(Counted("bubblewrap"), docker)
    with pytest.raises(ProviderUnavailable):
        async with provider.open(IMAGE):
            pass
    docker.available = True
    async with provider.open(IMAGE):
        assert docker.opened == 1


EVERY = (Counted("bubblewrap"), Counted("docker"), Counted("process"))


@pytest.mark.parametrize(
    ("allowed", "wish", "kind"),
    [
        ("bubblewrap,docker", "docker", "docker"),
        ("bubblewrap,docker", "bubblewrap", "bubblewrap"),
        ("bubblewrap,docker", "auto", "bubblewrap"),
        ("docker", "", "docker"),
        ("process", "", "process"),
        ("bubblewrap,docker,process", "process", "process"),
        ("docker,process", "auto", "docker"),
    ],
)
async def test_a_run_has_the_kind_it_asks_for(allowed: str, wish: str, kind: str) -> None:
    found = await chosen(*EVERY, allowed=allowed).choose(SandboxSpec(), wish)
    assert found.name == kind


@pytest.mark.parametrize(
    ("allowed", "wish", "spec", "told"),
    [
        ("bubblewrap,docker", "process", SandboxSpec(), "a sandbox in process.*operator allows bubblewrap, docker"),
        ("process", "docker", SandboxSpec(), "a sandbox in docker.*operator allows process"),
        ("bubblewrap,docker", "bubblewrap", IMAGE, "polyglot:latest in bubblewrap"),
        ("bubblewrap,process", "", IMAGE, "operator allows bubblewrap, process"),
    ],
)
async def test_what_the_operator_does_not_allow_is_refused(
    allowed: str, wish: str, spec: SandboxSpec, told: str
) -> None:
    with pytest.raises(ProviderUnavailable, match=told):
        async with asked_for(chosen(*EVERY, allowed=allowed), wish).open(spec):
            pass


async def test_what_stopped_working_is_given_no_more() -> None:
    docker = Counted("docker")
    provider = chosen(Counted("bubblewrap"), docker)
    assert await provider.look_again() == ("bubblewrap", "docker")
    docker.available = False
    assert await provider.look_again(missing_only=True) == ("bubblewrap", "docker")
    assert await provider.look_again() == ("bubblewrap",)
    docker.available = True
    assert await provider.look_again(missing_only=True) == ("bubblewrap", "docker")


async def test_a_kind_that_does_not_answer_holds_up_no_other() -> None:
    class Silent(Counted):
        async def check(self) -> Availability:
            self.checks += 1
            await asyncio.sleep(60)
            return await super().check()

    docker = Silent("docker")
    provider = chosen(Counted("bubblewrap"), docker)
    looking = asyncio.create_task(provider.look_again())
    while not docker.checks:
        await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert (await provider.choose(SandboxSpec(), "")).name == "bubblewrap"
    looking.cancel()


def test_the_setting_names_the_kinds() -> None:
    assert chosen_provider("auto").allowed == ("bubblewrap", "docker")
    assert chosen_provider("docker, process").allowed == ("docker", "process")
    for wrong in ("", "auto,chroot"):
        with pytest.raises(ProviderUnknown):
            chosen_provider(wrong)


@pytest.mark.parametrize("name", ["bubblewrap", "process"])
async def test_those_without_images_say_so(name: str) -> None:
    with pytest.raises(SpecUnsupported, match="sandbox-polyglot"):
        async with open_sandbox_provider(name).open(IMAGE):
            pass


def test_every_name_has_a_provider_and_no_other() -> None:
    assert [open_sandbox_provider(name).name for name in PROVIDERS] == list(PROVIDERS)
    with pytest.raises(ProviderUnknown, match="bubblewrap"):
        open_sandbox_provider("chroot")
