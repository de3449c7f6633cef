"""A model on this machine: the model host provides its endpoint, which is then called like any other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import ModelEndpoint, ServeModel
from services.runner.errors import CallMisconfigured, EndpointUnreachable
from services.runner.models.protocol import Completion, Model, ModelRequest, OnText, ignore_text

LOAD_SECONDS = 60.0
HOST_WAIT_SECONDS = 20.0
"""How long to wait for a model host that is still starting."""
HOST_MISSING = "start it with `assay up` or `python -m assay.embedded.model_host`"
Connect = Callable[[ModelEndpoint], Awaitable[Model]]
_POLL_SECONDS = 0.25


class LocalModel:
    """``connect`` creates the model for an endpoint. The host may restart at another address, so the endpoint is looked
    up again after a failed connection."""

    def __init__(
        self,
        name: str,
        rpc: Rpc,
        connect: Connect,
        host_wait_seconds: float = HOST_WAIT_SECONDS,
    ) -> None:
        self._name = name
        self._rpc = rpc
        self._connect = connect
        self._model: Model | None = None
        self._wait_until = time.monotonic() + host_wait_seconds
        self._lock = asyncio.Lock()

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        if request.image_count:
            raise CallMisconfigured(
                f"the prompt has images, which the local model {self._name!r} does not accept; choose a model that "
                "accepts images, or remove the task from the run"
            )
        model = await self._connected()
        try:
            return await model.complete(request, on_text, on_reasoning)
        except EndpointUnreachable:
            if self._model is model:
                self._model = None
            raise

    async def _connected(self) -> Model:
        async with self._lock:
            if self._model is None:
                self._model = await self._connect(await self._endpoint())
            return self._model

    async def _endpoint(self) -> ModelEndpoint:
        while True:
            try:
                return await self._request_endpoint()
            except EndpointUnreachable:
                if time.monotonic() > self._wait_until:
                    raise
            await asyncio.sleep(_POLL_SECONDS)

    async def _request_endpoint(self) -> ModelEndpoint:
        try:
            return await self._rpc.request(ServeModel(model=self._name), timeout_seconds=LOAD_SECONDS)
        except ProblemError as error:
            raise CallMisconfigured(f"the model host does not serve {self._name!r}: {error}") from error
        except BusError as error:
            raise EndpointUnreachable(f"the model host does not answer: {error}; {HOST_MISSING}") from error
