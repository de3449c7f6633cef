"""A provider with an OpenAI-compatible API."""

from __future__ import annotations

import openai

from assay.contracts.models import Parameters
from assay.contracts.providers import Api
from assay.contracts.rpc import OfferedModel
from services.runner.models.http.settings import http_settings
from services.runner.models.openai import request, responses_model
from services.runner.models.openai.chat_model import ChatModel
from services.runner.models.openai.model_list import offered_models
from services.runner.models.openai.responses_model import ResponsesModel
from services.runner.models.protocol import Model
from services.runner.models.provider_client import Connection
from services.runner.models.sent_parameters import ParameterMistake


class OpenAIClient:
    """``responses``: whether its models are reached by the Responses API instead of Chat Completions."""

    def __init__(self, sdk: openai.AsyncOpenAI, *, responses: bool) -> None:
        self._sdk, self._responses = sdk, responses

    def model(self, name: str) -> Model:
        return ResponsesModel(self._sdk, name) if self._responses else ChatModel(self._sdk, name)

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        if self._responses:
            return responses_model.parameter_mistakes(parameters)
        return request.parameter_mistakes(self._sdk.base_url.host, parameters)

    async def offered(self) -> list[OfferedModel]:
        return await offered_models(self._sdk)

    async def close(self) -> None:
        await self._sdk.close()


def open_client(connection: Connection) -> OpenAIClient:
    return OpenAIClient(open_sdk(connection), responses=connection.options.api is Api.RESPONSES)


def open_sdk(connection: Connection) -> openai.AsyncOpenAI:
    """The SDK's own retries are off."""
    settings = http_settings(connection)
    return openai.AsyncOpenAI(
        base_url=connection.base_url,
        api_key=connection.api_key,
        max_retries=0,
        timeout=settings["timeout"],
        http_client=openai.DefaultAioHttpClient(**settings),
    )
