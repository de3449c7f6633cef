"""Azure OpenAI: what differs from other OpenAI-compatible endpoints."""

from __future__ import annotations

import sys

import msgspec
import pytest

from assay.contracts.models import Parameters
from assay.contracts.providers import Api, ProviderKind, ProviderOptions
from services.runner.errors import CallMisconfigured
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.openai.azure_client import API_VERSION
from services.runner.models.provider_client import Connection, open_client
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.models.families.family import KEY

HELLO = ModelRequest(messages=(ChatMessage(role="user", content="Say hello."),))


@pytest.mark.parametrize(
    ("options", "model", "path"),
    [
        (
            ProviderOptions(),
            "our-gpt",
            f"/openai/deployments/our-gpt/chat/completions?api-version={API_VERSION}",
        ),
        (
            ProviderOptions(api_version="2026-01-01-preview"),
            "teams/gpt 4",
            "/openai/deployments/teams%2Fgpt%204/chat/completions?api-version=2026-01-01-preview",
        ),
        (
            ProviderOptions(api=Api.RESPONSES, api_version="preview"),
            "our-gpt",
            "/openai/responses?api-version=preview",
        ),
    ],
    ids=["default", "another version", "responses"],
)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_the_url_has_the_deployment_and_the_api_version(
    endpoint: FakeEndpoint, options: ProviderOptions, model: str, path: str, stream: bool
) -> None:
    client = await open_client(ProviderKind.AZURE, Connection(base_url=endpoint.root, api_key=KEY, options=options))
    request = msgspec.structs.replace(HELLO, parameters=Parameters(max_tokens=50, stream=stream))
    assert (await client.model(model).complete(request, lambda _: None)).text == "hello world"
    await client.close()
    assert endpoint.paths == [path]
    assert endpoint.headers[0]["api-key"] == KEY


async def test_entra_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity.aio", None)
    connection = Connection(base_url="https://a.openai.azure.com", api_key=KEY, options=ProviderOptions(entra=True))
    with pytest.raises(CallMisconfigured, match=r"options.entra needs a library .* pip install 'assay\[azure\]'"):
        await open_client(ProviderKind.AZURE, connection)
