"""The one model that a server has loaded: loaded before its first request, unloaded when no attempt needs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from services.runner.errors import AccessRefused, CallFailed
from services.runner.models.lmstudio.server import ListedModel, LMStudioServer
from services.runner.models.protocol import OnWait

AttemptsOf = Callable[[str], Awaitable[int | None]]
"""How many attempts of a model are queued or running anywhere; None: unknown."""
_log = structlog.get_logger(__name__)


class ModelSlot:
    """Requests to one model share the slot, those to another wait. The ledger releases attempts of one model at a time,
    so such waits are short: they come from tests of a model."""

    def __init__(self, server: LMStudioServer, attempts_of: AttemptsOf, unload_after_seconds: float) -> None:
        self._server, self._attempts_of = server, attempts_of
        self._unload_after_seconds = unload_after_seconds
        self._model = ""
        """That of the requests in flight, or else of the last one; empty after it was unloaded."""
        self._in_flight = 0
        self._released = asyncio.Event()
        self._lock = asyncio.Lock()
        self._loading: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unloading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def loaded(self, model: str, on_wait: OnWait) -> AsyncGenerator[None]:
        """Surrounds a request. Raises CallFailed if the model cannot be loaded."""
        await self._enter(model, on_wait)
        try:
            await self._ensure_loaded(model, on_wait)
            yield
        finally:
            self._leave()

    async def close(self) -> None:
        self._stop_timer()
        if self._unloading:
            await asyncio.wait([self._unloading])
        if self._loading:
            self._loading.cancel()
            await asyncio.wait([self._loading])
        await self._unload_unused()
        self._stop_timer()

    async def _enter(self, model: str, on_wait: OnWait) -> None:
        if self._in_flight and model != self._model:
            await on_wait(f"waiting until no request needs {self._model}, to load {model} instead")
        while self._in_flight and model != self._model:
            self._released.clear()
            await self._released.wait()
        self._stop_timer()
        self._model = model
        self._in_flight += 1

    def _leave(self) -> None:
        self._in_flight -= 1
        if not self._in_flight:
            self._released.set()
            self._start_timer()

    async def _ensure_loaded(self, model: str, on_wait: OnWait) -> None:
        """Asks the server each time, because it unloads models by itself, and its user does."""
        async with self._lock:
            if self._loading and not self._loading.done():
                await asyncio.wait([self._loading])  # of a request that was cancelled
            listed = await self._server.models()
            instances, others = _instances(listed, model)
            if instances and not others:
                return
            instead = f" instead of {', '.join(others)}" if others else ""
            await on_wait(f"loading {model}{instead}, which may take minutes")
            self._loading = asyncio.create_task(self._switch(model, instances, others))
            self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())
            await asyncio.shield(self._loading)

    async def _switch(self, model: str, instances: Sequence[str], others: Sequence[str]) -> None:
        for instance in others:
            await self._server.unload(instance)
        if not instances:
            ours = await self._server.load(model)
            _log.info("model.loaded", model=model, instance=ours, address=self._server.address)
            instances, _ = _instances(await self._server.models(), model)
            if ours in instances[1:]:  # another runner loaded it at the same time
                await self._server.unload(ours)

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self._unload_after_seconds, self._on_idle)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _on_idle(self) -> None:
        self._unloading = asyncio.create_task(self._unload_unused())

    async def _unload_unused(self) -> None:
        """Unless attempts need the model, perhaps on other runners; then this is tried again later."""
        model = self._model
        if not model or await self._attempts_of(model) != 0:
            if model and not self._in_flight:
                self._start_timer()
            return
        async with self._lock:
            if self._in_flight or self._model != model:
                return
            try:
                for instance in _instances(await self._server.models(), model)[0]:
                    await self._server.unload(instance)
                    _log.info("model.unloaded", model=model, instance=instance, address=self._server.address)
                self._model = ""
            except CallFailed as error:
                _log.warning("model.unload_failed", model=model, error=str(error))


def _instances(listed: Sequence[ListedModel], model: str) -> tuple[list[str], list[str]]:
    """The loaded instances of the model, and those of other language models. ``model`` can also name a variant
    (``key@q4_k_m``) or an instance. Raises AccessRefused if the server has no such model."""
    found: list[str] = []
    others: list[str] = []
    known = False
    for each in listed:
        ids = [instance.id for instance in each.loaded_instances]
        if model in (each.key, *ids) or model.partition("@")[0] == each.key:
            known = True
            found += ids
        elif not each.is_embedding:
            others += ids
    if not known:
        raise AccessRefused(
            f"LM Studio has no model {model!r}; it has {', '.join(each.key for each in listed) or 'none'}. Download "
            f"the model there, for example with `lms get {model}`",
            status=404,
        )
    return found, others
