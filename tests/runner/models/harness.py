"""A model at the fake endpoint."""

from __future__ import annotations

import pytest

from assay.contracts.models import Parameters
from services.runner.models import ChatMessage, Completion, ModelRequest
from services.runner.models.openai.client import open_client
from services.runner.models.provider_client import Connection

MESSAGES = (ChatMessage(role="user", content="Say hello."),)
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)
BOTH = pytest.mark.parametrize("parameters", [STREAMED, WHOLE], ids=["streamed", "whole"])


def to_request(parameters: Parameters) -> ModelRequest:
    return ModelRequest(messages=MESSAGES, parameters=parameters)


class ModelClient:
    """``pieces`` collects the streamed text."""

    def __init__(self, url: str, read_timeout_seconds: float) -> None:
        connection = Connection(base_url=url, api_key="sk-secret", read_timeout_seconds=read_timeout_seconds)
        self.provider = open_client(connection)
        self.model = self.provider.model("stub-1")
        self.pieces: list[str] = []

    async def complete(self, parameters: Parameters = STREAMED) -> Completion:
        return await self.model.complete(to_request(parameters), self.pieces.append)
