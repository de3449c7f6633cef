"""A provider with LM Studio, which loads models into the memory of one machine: one at a time."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from assay.contracts.models import Parameters
from assay.contracts.rpc import OfferedModel
from services.runner.models.lmstudio.model_slot import ModelSlot
from services.runner.models.lmstudio.server import ListedModel, LMStudioServer
from services.runner.models.openai.client import OpenAIClient, open_sdk
from services.runner.models.protocol import Completion, Model, ModelRequest, OnText, OnWait, ignore_text
from services.runner.models.provider_client import Connection
from services.runner.models.sent_parameters import ParameterMistake


class LMStudioClient:
    def __init__(self, chats: OpenAIClient, server: LMStudioServer, slot: ModelSlot) -> None:
        self._chats, self._server, self._slot = chats, server, slot

    def model(self, name: str) -> Model:
        return LMStudioModel(self._chats.model(name), name, self._slot)

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        return self._chats.parameter_mistakes(model, parameters)

    async def offered(self) -> list[OfferedModel]:
        return [OfferedModel(name=model.key, detail=_detail(model)) for model in await self._server.models()]

    async def close(self) -> None:
        await self._slot.close()
        await self._chats.close()


class LMStudioModel:
    def __init__(self, chat: Model, name: str, slot: ModelSlot) -> None:
        self._chat, self._name, self._slot = chat, name, slot

    def loaded(self, on_wait: OnWait) -> AbstractAsyncContextManager[None]:
        return self._slot.loaded(self._name, on_wait)

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        return await self._chat.complete(request, on_text, on_reasoning)


def open_client(connection: Connection) -> LMStudioClient:
    root = (connection.base_url or "").rstrip("/").removesuffix("/v1")
    sdk = open_sdk(replace(connection, base_url=f"{root}/v1"))
    server = LMStudioServer(sdk, root)
    slot = ModelSlot(server, connection.attempts_of, connection.options.unload_after_seconds)
    return LMStudioClient(OpenAIClient(sdk, responses=False), server, slot)


def _detail(model: ListedModel) -> str:
    quantization = model.quantization.name if model.quantization else None
    size = f"{model.size_bytes / 1e9:.1f} GB" if model.size_bytes else ""
    context = f"{model.max_context_length} tokens context" if model.max_context_length else ""
    state = "loaded" if model.loaded_instances else "not loaded"
    return ", ".join(filter(None, (model.type, model.params_string, quantization, size, context, state)))
