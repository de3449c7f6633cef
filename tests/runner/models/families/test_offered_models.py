"""The models that providers list, read with each family's real SDK."""

from __future__ import annotations

import pytest

from assay.contracts.models import CallFault
from services.runner.errors import CallFailed, CallMisconfigured
from services.runner.models.provider_client import open_client
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.families.family import FAMILIES, KEY, Family

LISTING = {name: FAMILIES[name] for name in ("chat", "anthropic", "google", "ollama")}
EACH = pytest.mark.parametrize("family", LISTING.values(), ids=LISTING)


@EACH
async def test_a_provider_lists_its_models(family: Family, endpoint: FakeEndpoint) -> None:
    client = await open_client(family.kind, family.connection(endpoint))
    try:
        found = await client.offered()
    finally:
        await client.close()
    assert sorted(model.name for model in found) == ["alpha", "beta"]
    name, value = family.login_header
    assert endpoint.headers[0][name] == value


@EACH
@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(status=401, text=f"invalid key {KEY}"), CallFault.AUTHENTICATION),
        (Reply(status=500, text="a bug of theirs"), CallFault.PROVIDER),
    ],
    ids=["wrong key", "their bug"],
)
async def test_a_list_that_is_refused_says_why(
    family: Family, endpoint: FakeEndpoint, reply: Reply, fault: CallFault
) -> None:
    endpoint.replies.append(reply)
    client = await open_client(family.kind, family.connection(endpoint))
    try:
        with pytest.raises(CallFailed) as raised:
            await client.offered()
    finally:
        await client.close()
    assert raised.value.fault is fault
    assert KEY not in str(raised.value)


async def test_deployments_of_azure_are_looked_up_elsewhere(endpoint: FakeEndpoint) -> None:
    family = FAMILIES["azure"]
    client = await open_client(family.kind, family.connection(endpoint))
    try:
        with pytest.raises(CallMisconfigured, match="portal"):
            await client.offered()
    finally:
        await client.close()
    assert endpoint.paths == []
