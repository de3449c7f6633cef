"""Claude models, at Anthropic or at a cloud whose client the SDK has."""

from __future__ import annotations

from typing import Any, Protocol

import httpx2
from anthropic.resources.messages import AsyncMessages

from services.runner.errors import CallFailed
from services.runner.models.anthropic.cloud_platform import CloudPlatform
from services.runner.models.anthropic.reply import ReplyBuilder
from services.runner.models.anthropic.request import (
    SAMPLING_VERSION,
    needs_sampling_version,
    omitted,
    request_body,
)
from services.runner.models.anthropic.sdk_errors import SDK_ERRORS, from_sdk
from services.runner.models.http.settings import public_address
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.protocol import Completion, ModelRequest, OnText, ignore_text
from services.runner.models.sent_parameters import with_omissions


class MessagesSdk(Protocol):
    """What the SDK's clients for Anthropic and for the clouds have in common."""

    @property
    def messages(self) -> AsyncMessages: ...

    @property
    def base_url(self) -> httpx2.URL: ...

    async def close(self) -> None: ...


class ClaudeModel:
    """One model behind a client, which other models may share."""

    def __init__(
        self, client: MessagesSdk, model: str, redactor: KeyRedactor, cloud: CloudPlatform | None = None
    ) -> None:
        self._client, self._model, self._cloud = client, model, cloud
        self._address = f"{model} at {public_address(client.base_url)}"
        self._redactor = redactor

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        reply = ReplyBuilder(self._address, on_text, on_reasoning)
        try:
            await self._send(request, reply)
            return with_omissions(reply.completion(), self._model, omitted(self._model, request.parameters))
        except CallFailed as error:
            raise self._redactor.redact(error) from None
        except SDK_ERRORS as error:
            raise self._redactor.redact(from_sdk(error, self._address, answered=reply.has_output)) from None
        except Exception as error:
            if self._cloud is None or not isinstance(error, self._cloud.errors):
                raise
            raise self._redactor.redact(self._cloud.to_call_failed(error, self._address)) from None

    async def _send(self, request: ModelRequest, reply: ReplyBuilder) -> None:
        body = request_body(self._model, request, self._cloud and self._cloud.version)
        headers = {"anthropic-version": SAMPLING_VERSION} if needs_sampling_version(body) else {}
        required: Any = {name: body.pop(name) for name in ("model", "max_tokens", "messages")}
        if not request.parameters.stream:
            reply.add_message(
                await self._client.messages.create(**required, extra_body=body, extra_headers=headers, stream=False)
            )
            return
        stream = await self._client.messages.create(**required, extra_body=body, extra_headers=headers, stream=True)
        async with stream:
            async for event in stream:
                reply.add(event)
                if reply.full:
                    break
