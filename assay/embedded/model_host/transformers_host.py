"""Serves models of the Hugging Face Hub, or of a folder, one at a time: starts and stops ``transformers serve``."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import MODEL_LOADING, ModelEndpoint
from assay.embedded.model_host.transformers_process import ServeOptions, TransformersProcess, start

IN_USE_SECONDS = 15.0
"""Runners ask again every few seconds while they use a model; until so long afterwards no other one is loaded."""

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class TransformersHost:
    """A process that died is started again by the next request. One that nobody asks for is stopped after
    ``idle_seconds``."""

    options: ServeOptions = field(default_factory=ServeOptions)
    idle_seconds: float = 300.0
    in_use_seconds: float = IN_USE_SECONDS

    def __post_init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: TransformersProcess | None = None
        self._asked_at = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None

    async def serve(self, model: str) -> ModelEndpoint:
        """Replies at once. Raises ProblemError, with code ``model_loading`` if asking again will help."""
        if model.startswith("-"):
            detail = f"{model!r} is not the name of a model; name a model of the Hugging Face Hub, or a folder"
            raise ProblemError(Problem(code="unknown_model", title="Unknown model", status=404, detail=detail))
        async with self._lock:
            process = await self._started(model)
            self._asked_at = time.monotonic()
            self._start_timer()
        if not process.ready:
            raise _loading(f"loading {model}, which may take minutes")
        return ModelEndpoint(base_url=f"{process.url}/v1", model=model)

    async def close(self) -> None:
        self._stop_timer()
        if self._stopping:
            await asyncio.wait([self._stopping])
        async with self._lock:
            await self._stop()

    async def _started(self, model: str) -> TransformersProcess:
        process = self._process
        if process and process.exit_code is not None:
            await self._stop()
            if process.model == model and not process.ready:
                raise process.failure()
            _log.warning("transformers.died", model=process.model, exit_code=process.exit_code)
        elif process and process.model != model:
            if time.monotonic() - self._asked_at < self.in_use_seconds:
                raise _loading(f"waiting until no request needs {process.model}, to load {model} instead")
            await self._stop()
        if self._process is None:
            self._process = await start(model, self.options)
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process:
            await process.stop()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._idle_timer = asyncio.get_running_loop().call_later(self.idle_seconds, self._on_idle)

    def _stop_timer(self) -> None:
        if self._idle_timer:
            self._idle_timer.cancel()

    def _on_idle(self) -> None:
        self._stopping = asyncio.create_task(self._stop_idle())

    async def _stop_idle(self) -> None:
        async with self._lock:
            if time.monotonic() - self._asked_at >= self.idle_seconds:
                await self._stop()


def _loading(detail: str) -> ProblemError:
    return ProblemError(Problem(code=MODEL_LOADING, title="The model is not loaded yet", status=503, detail=detail))
