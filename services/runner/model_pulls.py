"""Downloads of models by their providers, on request."""

from __future__ import annotations

import asyncio
import time

import structlog
from msgspec.structs import replace

from assay.contracts.rpc import PullModel, PullProgress
from services.runner.errors import CallFailed
from services.runner.models.keys.stored_keys import KeyAccess
from services.runner.models.registry import ModelRegistry
from services.runner.text import clean

RESULT_SECONDS = 60.0
"""How long the result of a pull is kept."""
_log = structlog.get_logger(__name__)


class _Pull:
    def __init__(self, model: str) -> None:
        self.progress = PullProgress(model=model, status="starting")
        self.ended_at: float | None = None
        self.task: asyncio.Task[None] | None = None

    def on_progress(self, status: str, completed_bytes: int, total_bytes: int) -> None:
        self.progress = replace(
            self.progress, status=clean(status, 200), completed_bytes=completed_bytes, total_bytes=total_bytes
        )

    def end(self, error: str = "") -> None:
        self.progress = replace(self.progress, done=True, error=error)
        self.ended_at = time.monotonic()


class ModelPulls:
    """The pulls that this runner has asked for. Each runner that is asked for a model asks its provider, which joins
    them; so it does not matter which runner replies."""

    def __init__(self, models: ModelRegistry) -> None:
        self._models = models
        self._pulls: dict[str, _Pull] = {}

    async def on_models_pull(self, request: PullModel) -> PullProgress:
        """Does not raise: the reply says what is wrong."""
        self._forget_old()
        pull = self._pulls.get(request.model)
        if pull is None or (request.restart and pull.ended_at is not None):
            pull = self._pulls[request.model] = _Pull(request.model)
            pull.task = asyncio.create_task(self._run(pull, request))
        return pull.progress

    async def close(self) -> None:
        """Providers resume an interrupted download when they are asked again."""
        tasks = [pull.task for pull in self._pulls.values() if pull.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, pull: _Pull, request: PullModel) -> None:
        try:
            access = KeyAccess(permit=request.key_permit)
            await self._models.pull(request.model, pull.on_progress, request.provider, access)
        except CallFailed as error:
            pull.end(clean(str(error)))
        except Exception:
            _log.exception("model.pull_crashed", model=request.model)
            pull.end("the runner failed; its log says why")
        else:
            pull.end()

    def _forget_old(self) -> None:
        oldest = time.monotonic() - RESULT_SECONDS
        kept = {model: pull for model, pull in self._pulls.items() if pull.ended_at is None or pull.ended_at > oldest}
        self._pulls = kept
