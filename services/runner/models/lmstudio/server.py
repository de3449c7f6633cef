"""LM Studio's own REST API, which version 0.4 introduced: the models it has, and which of them are loaded.

https://lmstudio.ai/docs/developer/rest (list, load, unload)
"""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import openai

from assay.contracts.codec import encode
from services.runner.errors import CallMisconfigured, ProviderError
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.openai.sdk_errors import from_sdk

LOAD_SECONDS = 1800.0
"""Large models on slow disks take many minutes, and LM Studio replies when they are loaded."""


class Quantization(msgspec.Struct, frozen=True):
    name: str | None = None


class Instance(msgspec.Struct, frozen=True):
    id: str


class ListedModel(msgspec.Struct, frozen=True):
    """``key`` is what requests name. ``type`` is ``llm`` or ``embedding``."""

    key: str
    type: str = "llm"
    params_string: str | None = None
    quantization: Quantization | None = None
    size_bytes: int = 0
    max_context_length: int = 0
    loaded_instances: tuple[Instance, ...] = ()

    @property
    def is_embedding(self) -> bool:
        return self.type == "embedding"


class _Models(msgspec.Struct):
    models: tuple[ListedModel, ...]


class LMStudioServer:
    """``sdk`` has the connections and the login."""

    def __init__(self, sdk: openai.AsyncOpenAI, root: str) -> None:
        self._sdk, self._url = sdk, f"{root}/api/v1/models"
        self.address = root

    async def models(self) -> tuple[ListedModel, ...]:
        """Raises CallFailed."""
        content = await self._request("GET", self._url)
        try:
            return msgspec.json.decode(content, type=_Models).models
        except msgspec.MsgspecError as error:
            # Earlier versions reply to paths that they do not know with status 200 and an error.
            raise CallMisconfigured(
                f"{self._url} does not list models ({error}): is LM Studio 0.4 or newer running there? Update it, or "
                "use kind 'openai' for it, which loads no models"
            ) from error

    async def load(self, model: str) -> str:
        """Returns the id of the new instance when it is loaded. Raises CallFailed."""
        content = await self._request("POST", f"{self._url}/load", {"model": model})
        try:
            loaded: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise ProviderError(f"{self.address} did not say whether it loaded {model!r}: {error}") from error
        return str(loaded.get("instance_id", model))

    async def unload(self, instance_id: str) -> None:
        """Raises CallFailed."""
        await self._request("POST", f"{self._url}/unload", {"instance_id": instance_id})

    async def _request(self, method: str, url: str, body: dict[str, str] | None = None) -> bytes:
        try:
            if method == "GET":
                response = await self._sdk.get(url, cast_to=httpx2.Response)
            else:
                timeout = httpx2.Timeout(LOAD_SECONDS, connect=5.0)
                content = encode(body)
                response = await self._sdk.post(
                    url, content=content, cast_to=httpx2.Response, options={"timeout": timeout}
                )
            return response.content
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise KeyRedactor(self._sdk.api_key).redact(from_sdk(error, f"LM Studio at {self.address}")) from None
