"""Asks models of one family, and the requests that the tests of all families send."""

from __future__ import annotations

import pytest

from assay.contracts.models import Parameters
from services.runner.models import ChatMessage, Completion, ModelRequest, ToolDefinition
from services.runner.models.provider_client import ProviderClient
from tests.runner.models.families.family import Family

HELLO = (ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Say hello."))
ARGUMENTS = {"type": "object", "properties": {"command": {"type": "string"}}}
BASH = ToolDefinition(name="bash", description="Runs a command.", arguments=ARGUMENTS)
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)
BOTH = pytest.mark.parametrize("parameters", [STREAMED, WHOLE], ids=["streamed", "whole"])


class FamilyClient:
    """``text`` and ``reasoning`` collect what is streamed. Without ``model``, the family's own is asked."""

    def __init__(self, client: ProviderClient, family: Family) -> None:
        self.family = family
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self._client = client

    async def complete(self, request: ModelRequest, model: str = "") -> Completion:
        asked = self._client.model(model or self.family.model)
        return await asked.complete(request, self.text.append, self.reasoning.append)

    async def hello(self, parameters: Parameters, model: str = "") -> Completion:
        return await self.complete(ModelRequest(messages=HELLO, parameters=parameters), model)
