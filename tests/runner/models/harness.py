"""A model at the test's endpoint, and what was heard of it."""

from __future__ import annotations

import pytest

from assay.contracts.models import Parameters
from services.runner.models import ChatMessage, Completion
from services.runner.models.openai import OpenAIModel, open_client

MESSAGES = (ChatMessage(role="user", content="Say hello."),)
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)
BOTH = pytest.mark.parametrize("parameters", [STREAMED, WHOLE], ids=["streamed", "whole"])


class Asked:
    """Silence of so many seconds is a time-out."""

    def __init__(self, url: str, silence_seconds: float) -> None:
        self.client = open_client(url, "sk-secret", 4, silence_seconds)
        self.model = OpenAIModel(self.client, "stub-1")
        self.pieces: list[str] = []

    async def complete(self, parameters: Parameters = STREAMED) -> Completion:
        return await self.model.complete(MESSAGES, parameters, self.pieces.append)
