"""Azure OpenAI. The name of a model is that of its deployment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from urllib.parse import quote

import openai

from assay.contracts.models import Parameters
from assay.contracts.providers import Api
from assay.contracts.rpc import OfferedModel
from services.runner.errors import CallMisconfigured
from services.runner.models.http.settings import http_settings
from services.runner.models.openai import request, responses_model
from services.runner.models.openai.chat_model import ChatModel
from services.runner.models.openai.responses_model import ResponsesModel
from services.runner.models.protocol import Model
from services.runner.models.provider_client import Connection
from services.runner.models.sent_parameters import ParameterMistake

API_VERSION = "2024-10-21"
"""The last stable version with the paths of deployments; ``options.api_version`` replaces it."""
_SCOPE = "https://cognitiveservices.azure.com/.default"


class AzureClient:
    def __init__(self, sdk: openai.AsyncAzureOpenAI, *, responses: bool) -> None:
        self._sdk, self._responses = sdk, responses

    def model(self, name: str) -> Model:
        if self._responses:
            return ResponsesModel(self._sdk, name)
        return ChatModel(self._sdk, name, f"/deployments/{quote(name, safe='')}/chat/completions")

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        if self._responses:
            return responses_model.parameter_mistakes(parameters)
        return request.parameter_mistakes(self._sdk.base_url.host, parameters)

    async def offered(self) -> list[OfferedModel]:
        raise CallMisconfigured("Azure OpenAI lists no deployments to its clients; look them up in Azure's portal")

    async def close(self) -> None:
        await self._sdk.close()


def open_client(connection: Connection) -> AzureClient:
    """The SDK's own retries are off. Raises CallMisconfigured if Entra's library is not installed."""
    settings, options = http_settings(connection), connection.options
    login: dict[str, Any] = {"api_key": connection.api_key}
    if options.entra:
        login = {"azure_ad_token_provider": _entra_tokens()}
    sdk = openai.AsyncAzureOpenAI(
        azure_endpoint=connection.base_url or "",
        api_version=options.api_version or API_VERSION,
        max_retries=0,
        timeout=settings["timeout"],
        http_client=openai.DefaultAioHttpClient(**settings),
        **login,
    )
    return AzureClient(sdk, responses=options.api is Api.RESPONSES)


def _entra_tokens() -> Callable[[], Awaitable[str]]:
    """Tokens of the identity in the runner's environment: variables, a workload identity, or the Azure CLI's login."""
    try:
        identity: Any = import_module("azure.identity.aio")
    except ModuleNotFoundError as error:
        raise CallMisconfigured(
            f"options.entra needs a library that this runner lacks: {error}; install it with pip install 'assay[azure]'"
        ) from error
    return identity.get_bearer_token_provider(identity.DefaultAzureCredential(), _SCOPE)
