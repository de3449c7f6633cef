"""A model of ``transformers serve``, which the model host starts; it is then called like any OpenAI-compatible one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc
from assay.contracts.problems import ProblemError
from assay.contracts.providers import ProviderKind
from assay.contracts.rpc import MODEL_LOADING, ModelEndpoint, ServeModel
from services.runner.errors import CallMisconfigured, EndpointUnreachable
from services.runner.models.hosted.local import HOST_MISSING, HOST_WAIT_SECONDS, Connect
from services.runner.models.protocol import Completion, Model, ModelRequest, OnText, OnWait, ignore_text

REPLY_SECONDS = 30.0
"""The model host replies at once, unless it is stopping another model."""
POLL_SECONDS = 1.0
KEEP_SECONDS = 5.0
"""How often the model host hears that a request needs the model."""
_REVISION = "@main"
"""The server adds it to the name of a model."""


class TransformersModel:
    """``connect`` creates the model for an endpoint, which changes when the server is started again."""

    def __init__(self, name: str, rpc: Rpc, connect: Connect, host_wait_seconds: float = HOST_WAIT_SECONDS) -> None:
        self._rpc, self._connect, self._host_wait_seconds = rpc, connect, host_wait_seconds
        self._request = ServeModel(model=name, kind=ProviderKind.TRANSFORMERS)
        self._model: Model | None = None
        self._endpoint: ModelEndpoint | None = None

    @asynccontextmanager
    async def loaded(self, on_wait: OnWait) -> AsyncGenerator[None]:
        """Surrounds a request. Raises CallFailed if the model cannot be loaded."""
        endpoint = await self._loaded_endpoint(on_wait)
        if endpoint != self._endpoint:
            self._model, self._endpoint = await self._connect(endpoint), endpoint
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        if self._model is None:
            raise EndpointUnreachable(f"{self._request.model} is not loaded")
        completion = await self._model.complete(request, on_text, on_reasoning)
        return replace(completion, served_model=completion.served_model.removesuffix(_REVISION))

    async def _loaded_endpoint(self, on_wait: OnWait) -> ModelEndpoint:
        give_up_at = time.monotonic() + self._host_wait_seconds
        said = ""
        while True:
            try:
                return await self._rpc.request(self._request, REPLY_SECONDS)
            except ProblemError as error:
                problem, name = error.problem, self._request.model
                if problem.code != MODEL_LOADING:
                    raise CallMisconfigured(f"the model host does not serve {name!r}: {error}") from error
                if problem.detail != said:
                    said = problem.detail
                    await on_wait(said)
            except BusError as error:
                if time.monotonic() > give_up_at:
                    raise EndpointUnreachable(f"the model host does not answer: {error}; {HOST_MISSING}") from error
            await asyncio.sleep(POLL_SECONDS)

    async def _keep(self) -> None:
        """If the server died, this starts it again, before the request is repeated."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            with suppress(ProblemError, BusError):
                await self._rpc.request(self._request, REPLY_SECONDS)
