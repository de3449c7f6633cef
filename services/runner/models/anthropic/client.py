"""A provider with Anthropic's API."""

from __future__ import annotations

import anthropic

from assay.contracts.rpc import OfferedModel
from services.runner.models.anthropic.claude_model import ClaudeModel
from services.runner.models.anthropic.sdk_errors import SDK_ERRORS, from_sdk
from services.runner.models.http_settings import http_settings, public_address
from services.runner.models.key_redaction import KeyRedactor
from services.runner.models.protocol import Model
from services.runner.models.provider_client import Connection

_PAGE = 1000


class AnthropicClient:
    def __init__(self, sdk: anthropic.AsyncAnthropic, redactor: KeyRedactor) -> None:
        self._sdk, self._redactor = sdk, redactor

    def model(self, name: str) -> Model:
        return ClaudeModel(self._sdk, name, self._redactor)

    async def offered(self) -> list[OfferedModel]:
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
