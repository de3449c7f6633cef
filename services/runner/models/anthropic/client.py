"""A provider with Anthropic's API."""

from __future__ import annotations

import anthropic

from services.runner.models.anthropic.claude_model import ClaudeModel, MessagesSdk
from services.runner.models.anthropic.cloud_platform import CloudPlatform
from services.runner.models.http_settings import http_settings
from services.runner.models.key_redaction import KeyRedactor
from services.runner.models.protocol import Model
from services.runner.models.provider_client import Connection


class AnthropicClient:
    """``cloud`` is None at Anthropic itself."""

    def __init__(self, sdk: MessagesSdk, redactor: KeyRedactor, cloud: CloudPlatform | None = None) -> None:
        self._sdk, self._redactor, self._cloud = sdk, redactor, cloud

    def model(self, name: str) -> Model:
        return ClaudeModel(self._sdk, name, self._redactor, self._cloud)

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
