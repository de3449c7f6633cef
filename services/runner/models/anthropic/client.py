"""A provider with Anthropic's API."""

from __future__ import annotations

import anthropic

from assay.contracts.models import Parameters
from assay.contracts.rpc import OfferedModel
from services.runner.errors import CallMisconfigured
from services.runner.models.anthropic.claude_model import ClaudeModel, MessagesSdk
from services.runner.models.anthropic.cloud_platform import CloudPlatform
from services.runner.models.anthropic.request import parameter_mistakes
from services.runner.models.anthropic.sdk_errors import SDK_ERRORS, from_sdk
from services.runner.models.http.settings import http_settings, public_address
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.protocol import Model
from services.runner.models.provider_client import Connection
from services.runner.models.sent_parameters import ParameterMistake

_PAGE = 1000


class AnthropicClient:
    """``cloud`` is None at Anthropic itself."""

    def __init__(self, sdk: MessagesSdk, redactor: KeyRedactor, cloud: CloudPlatform | None = None) -> None:
        self._sdk, self._redactor, self._cloud = sdk, redactor, cloud

    def model(self, name: str) -> Model:
        return ClaudeModel(self._sdk, name, self._redactor, self._cloud)

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        return parameter_mistakes(model, parameters)

    async def offered(self) -> list[OfferedModel]:
        if not isinstance(self._sdk, anthropic.AsyncAnthropic):
            raise CallMisconfigured("clouds do not list their Claude models here; look them up in the cloud's console")
        try:
            found = [model async for model in self._sdk.models.list(limit=_PAGE)]
        except SDK_ERRORS as error:
            address = public_address(self._sdk.base_url)
            raise self._redactor.redact(from_sdk(error, address, answered=False)) from None
        return [OfferedModel(name=model.id, detail=model.display_name) for model in found]

    async def close(self) -> None:
        await self._sdk.close()


def open_client(connection: Connection) -> AnthropicClient:
    """The SDK's own retries are off."""
    settings = http_settings(connection)
    sdk = anthropic.AsyncAnthropic(
        base_url=connection.base_url,
        api_key=connection.api_key,
        max_retries=0,
        timeout=settings["timeout"],
        http_client=anthropic.DefaultAioHttpClient(**settings),
    )
    return AnthropicClient(sdk, KeyRedactor(connection.api_key))
