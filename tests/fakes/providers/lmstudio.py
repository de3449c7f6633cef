"""LM Studio: OpenAI's chat completions, and its own REST API. https://lmstudio.ai/docs/developer/rest"""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fakes.providers.endpoint import FakeEndpoint

_MODELS = "/api/v1/models"


class FakeLMStudio(FakeEndpoint):
    """Has ``models`` and an embedding model. ``instances`` has the loaded ones: model by instance id. Loading waits for
    ``may_load``; ``history`` has what was loaded, unloaded and asked. ``rest`` False: a version before 0.4."""

    def __init__(self) -> None:
        super().__init__()
        self.instances: dict[str, str] = {"embed": "embed"}
        self.may_load = asyncio.Event()
        self.may_load.set()
        self.history: list[str] = []
        self.rest = True
        self.load_error = ""

    async def own_reply(self, path: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        if path == "/v1/chat/completions":
            self.history.append(f"chat {body['model']}")
            if body["model"] not in self.instances:
                return 400, _error("model_not_loaded", "No models loaded.")
            return None
        if not path.startswith("/api/"):
            return None
        if not self.rest:
            return 200, {"error": f"Unexpected endpoint or method. (GET {path}). Returning 200 anyway"}
        match path.removeprefix(_MODELS):
            case "/load":
                return await self._load(body["model"])
            case "/unload":
                return self._unload(body["instance_id"])
            case _:
                return 200, {"models": [*map(self._listed, self.models), self._listed("embed", kind="embedding")]}

    async def _load(self, model: str) -> tuple[int, Any]:
        await self.may_load.wait()
        if self.load_error:
            return 500, _error("internal_error", self.load_error)
        if model not in self.models:
            return 404, _error("model_not_found", f"Model {model} not found in downloaded models")
        count = list(self.instances.values()).count(model)
        instance = f"{model}:{count + 1}" if count else model
        self.instances[instance] = model
        self.history.append(f"load {instance}")
        return 200, {"type": "llm", "instance_id": instance, "load_time_seconds": 9.099, "status": "loaded"}

    def _unload(self, instance: str) -> tuple[int, Any]:
        if self.instances.pop(instance, None) is None:
            return 404, _error("model_not_found", f"No model instance {instance} is loaded")
        self.history.append(f"unload {instance}")
        return 200, {"instance_id": instance}

    def _listed(self, key: str, kind: str = "llm") -> dict[str, Any]:
        loaded = [
            {"id": id_, "config": {"context_length": 4096}} for id_, model in self.instances.items() if model == key
        ]
        return {
            "type": kind,
            "publisher": "fake",
            "key": key,
            "display_name": key.title(),
            "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
            "size_bytes": 5_200_000_000,
            "params_string": "8B" if kind == "llm" else None,
            "loaded_instances": loaded,
            "max_context_length": 32768,
            "format": "gguf",
        }


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request", "code": code, "message": message}}
