"""A provider in the ledger gets no secret and no login of the runners, whatever the gateway let through."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.providers import Cloud, Provider, ProviderKind, ProviderOptions
from services.runner.errors import CallMisconfigured
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import RunnerHarness

SECRET = "sk-stub-secret"
"""In STUB_KEY of the runner's environment, for a provider of its catalogue."""


def registered(root: str, **changes: Any) -> Provider:
    return Provider(kind=ProviderKind.OPENAI, title="Mine", base_url=f"{root}/v1", any_model=True, **changes)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"api_key_env": "STUB_KEY"}, "api_key_env"),
        ({"base_url_env": "STUB_KEY"}, "base_url_env"),
        ({"options": ProviderOptions(entra=True)}, "options"),
        ({"options": ProviderOptions(cloud=Cloud.VERTEX)}, "options"),
    ],
    ids=["key", "address", "Entra", "cloud"],
)
async def test_it_is_not_used_if_it_names_a_secret_of_the_runner(
    runner: RunnerHarness, endpoint: FakeEndpoint, changes: dict[str, Any], where: str
) -> None:
    provider = registered(endpoint.root, **changes)
    assert runner.environment["STUB_KEY"] == SECRET
    for use in (runner.models.open("mine/m", "", "", provider), runner.models.offered("mine", provider)):
        with pytest.raises(CallMisconfigured, match=where) as raised:
            await use
        assert SECRET not in str(raised.value)
    assert endpoint.paths == []


async def test_its_own_variable_holds_its_key(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    runner.environment["MODEL_KEY_MINE"] = "sk-mine"
    await runner.models.offered("mine", registered(endpoint.root, api_key_env="MODEL_KEY_MINE"))
    assert endpoint.headers[0]["authorization"] == "Bearer sk-mine"
