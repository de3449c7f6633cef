"""Claude models, at Anthropic or at a cloud whose client the SDK has."""

from __future__ import annotations

from typing import Any

import anthropic

from services.runner.errors import CallFailed
from services.runner.models.anthropic.reply import ReplyBuilder
from services.runner.models.anthropic.request import (
    SAMPLING_VERSION,
    needs_sampling_version,
    omitted,
    request_body,
)
from services.runner.models.anthropic.sdk_errors import SDK_ERRORS, from_sdk
from services.runner.models.http_settings import public_address
from services.runner.models.key_redaction import KeyRedactor
from services.runner.models.omissions import with_omissions
from services.runner.models.protocol import Completion, ModelRequest, OnText, ignore_text


class ClaudeModel:
    """One model behind a client, which other models may share."""

    def __init__(self, client: anthropic.AsyncAnthropic, model: str, redactor: KeyRedactor) -> None:
        self._client, self._model = client, model
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

    async def _send(self, request: ModelRequest, reply: ReplyBuilder) -> None:
        body = request_body(self._model, request)
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
