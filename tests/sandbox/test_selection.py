"""Which provider makes a sandbox, and the errors of a host that has none."""

from __future__ import annotations

import asyncio

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Availability, open_sandbox_provider
from assay.sandbox.errors import ProviderUnavailable, ProviderUnknown, SpecUnsupported
from assay.sandbox.selection import PROVIDERS, AutoProvider, provider_for_setting, restrict_to_kind
from tests.sandbox.fakes import CountingProvider, auto_provider

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
async def test_the_spec_and_the_host_decide(bubblewrap: bool, docker: bool, spec: SandboxSpec, chosen: str) -> None:
    providers = {
        "bubblewrap": CountingProvider("bubblewrap", available=bubblewrap),
        "docker": CountingProvider("docker", available=docker),
    }
    provider = AutoProvider(providers=providers)
    for _ in range(2):
        async with provider.open(spec):
            pass
    assert {name: each.opened for name, each in providers.items() if each.opened} == {chosen: 2}
    assert providers[chosen].checks == 1


async def test_the_error_has_the_reason_of_every_kind() -> None:
    provider = auto_provider(
        CountingProvider("bubblewrap", available=False), CountingProvider("docker", available=False)
    )
    with pytest.raises(ProviderUnavailable, match="bubblewrap: gone; docker: gone"):
        async with provider.open(SandboxSpec()):
            pass
    assert not (await provider.check()).available


async def test_an_image_without_docker_is_named_in_the_error() -> None:
    provider = auto_provider(CountingProvider("bubblewrap"), CountingProvider("docker", available=False))
    assert (await provider.check()).provider == "bubblewrap"
    with pytest.raises(ProviderUnavailable, match=r"assay/sandbox-polyglot:latest.*docker: gone"):
        async with provider.open(IMAGE):
            pass


async def test_docker_is_found_when_it_starts_later() -> None:
    docker = CountingProvider("docker", available=False)
    provider = auto_provider(CountingProvider("bubblewrap"), docker)
    with pytest.raises(ProviderUnavailable):
        async with provider.open(IMAGE):
            pass
    docker.available = True
    async with provider.open(IMAGE):
        assert docker.opened == 1


ALL_PROVIDERS = (CountingProvider("bubblewrap"), CountingProvider("docker"), CountingProvider("process"))


@pytest.mark.parametrize(
    ("allowed", "requested", "chosen"),
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
async def test_a_run_gets_the_kind_it_requests(allowed: str, requested: str, chosen: str) -> None:
    found = await auto_provider(*ALL_PROVIDERS, allowed=allowed).choose(SandboxSpec(), requested)
    assert found.name == chosen


@pytest.mark.parametrize(
    ("allowed", "kind", "spec", "message"),
    [
        ("bubblewrap,docker", "process", SandboxSpec(), "a sandbox in process.*operator allows bubblewrap, docker"),
        ("process", "docker", SandboxSpec(), "a sandbox in docker.*operator allows process"),
        ("bubblewrap,docker", "bubblewrap", IMAGE, "polyglot:latest in bubblewrap"),
        ("bubblewrap,process", "", IMAGE, "operator allows bubblewrap, process"),
    ],
)
async def test_kinds_the_operator_does_not_allow_are_refused(
    allowed: str, kind: str, spec: SandboxSpec, message: str
) -> None:
    with pytest.raises(ProviderUnavailable, match=message):
        async with restrict_to_kind(auto_provider(*ALL_PROVIDERS, allowed=allowed), kind).open(spec):
            pass


async def test_a_kind_that_stopped_working_is_not_offered() -> None:
    docker = CountingProvider("docker")
    provider = auto_provider(CountingProvider("bubblewrap"), docker)
    assert await provider.recheck() == ("bubblewrap", "docker")
    docker.available = False
    assert await provider.recheck(missing_only=True) == ("bubblewrap", "docker")
    assert await provider.recheck() == ("bubblewrap",)
    docker.available = True
    assert await provider.recheck(missing_only=True) == ("bubblewrap", "docker")


async def test_a_hanging_check_does_not_delay_other_kinds() -> None:
    class HangingProvider(CountingProvider):
        async def check(self) -> Availability:
            self.checks += 1
            await asyncio.sleep(60)
            return await super().check()

    docker = HangingProvider("docker")
    provider = auto_provider(CountingProvider("bubblewrap"), docker)
    looking = asyncio.create_task(provider.recheck())
    while not docker.checks:
        await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert (await provider.choose(SandboxSpec(), "")).name == "bubblewrap"
    looking.cancel()


def test_the_setting_lists_kinds() -> None:
    assert provider_for_setting("auto").allowed == ("bubblewrap", "docker")
    assert provider_for_setting("docker, process").allowed == ("docker", "process")
    for wrong in ("", "auto,chroot"):
        with pytest.raises(ProviderUnknown):
            provider_for_setting(wrong)


@pytest.mark.parametrize("name", ["bubblewrap", "process"])
async def test_providers_without_images_refuse_them(name: str) -> None:
    with pytest.raises(SpecUnsupported, match="sandbox-polyglot"):
        async with open_sandbox_provider(name).open(IMAGE):
            pass


def test_every_name_opens_its_provider() -> None:
    assert [open_sandbox_provider(name).name for name in PROVIDERS] == list(PROVIDERS)
    with pytest.raises(ProviderUnknown, match="bubblewrap"):
        open_sandbox_provider("chroot")
