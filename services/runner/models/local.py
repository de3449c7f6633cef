"""The model on this machine: the model host says where it is, and it is asked like any other from there on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from assay.bus.errors import BusError
from assay.contracts.models import Parameters
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import ModelEndpoint, Request, ServeModel
from services.runner.errors import CallMisconfigured, EndpointUnreachable
from services.runner.models.protocol import ChatMessage, Completion, Model, OnText

R = TypeVar("R")

LOAD_SECONDS = 60.0
HOST_WAIT_SECONDS = 20.0
"""For a host that is only just starting, as it is when everything is started at once."""
_ASK_AGAIN_SECONDS = 0.25


class RpcPort(Protocol):
    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R: ...


class LocalModel:
    """``connect`` makes the model that asks an endpoint. The host may come back elsewhere: after a failed connection it
    is asked again where it is."""

    def __init__(
        self,
        name: str,
        rpc: RpcPort,
        connect: Callable[[ModelEndpoint], Awaitable[Model]],
        host_wait_seconds: float = HOST_WAIT_SECONDS,
    ) -> None:
        self._name = name
        self._rpc = rpc
        self._connect = connect
        self._model: Model | None = None
        self._patient_until = time.monotonic() + host_wait_seconds
        self._finding = asyncio.Lock()

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        model = await self._find()
        try:
            return await model.complete(messages, parameters, on_text)
        except EndpointUnreachable:
            if self._model is model:
                self._model = None
            raise

    async def _find(self) -> Model:
        async with self._finding:
            if self._model is None:
                self._model = await self._connect(await self._endpoint())
            return self._model

    async def _endpoint(self) -> ModelEndpoint:
        while True:
            try:
                return await self._ask()
            except EndpointUnreachable:
                if time.monotonic() > self._patient_until:
                    raise
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def _ask(self) -> ModelEndpoint:
        try:
            return await self._rpc.request(ServeModel(model=self._name), timeout_seconds=LOAD_SECONDS)
        except ProblemError as error:
            raise CallMisconfigured(f"the model host does not serve {self._name!r}: {error}") from error
        except BusError as error:
            hint = "assay up starts it, and so does python -m assay.embedded.model_host"
            raise EndpointUnreachable(f"the model host does not answer: {error} ({hint})") from error
