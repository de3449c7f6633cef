"""Running a service as a process: settings, logging, signals and exit codes.

Exit codes: 0 after a signal; 1 if the service failed (the supervisor restarts it); 2 if its settings are invalid (a
restart would not help).
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import structlog
import uvloop
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from assay.files.secrets import SecretUnreadable
from assay.service.logging import configure_logging
from assay.tracing import start_tracing, stop_tracing
from assay.validation.pydantic_errors import sentence

S = TypeVar("S", bound=BaseSettings)

Serve = Callable[[S], Awaitable[None]]
"""Serves until it is cancelled by a signal."""

DrainingServe = Callable[[S, asyncio.Event], Awaitable[None]]
"""Serves until the event is set, then finishes running work."""

_log = structlog.get_logger(__name__)


def run_service(name: str, serve: Serve[S], settings: type[S]) -> NoReturn:
    """Run a service that may end at any time, because interrupted work is repeated or not needed."""

    async def serve_until(values: S, stop: asyncio.Event) -> None:
        serving = asyncio.ensure_future(serve(values))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        serving.cancel()
        try:
            await serving
        except asyncio.CancelledError:
            if not stop.is_set():
                raise

    run_draining_service(name, serve_until, settings)


def run_draining_service(name: str, serve: DrainingServe[S], settings: type[S]) -> NoReturn:
    """Run a service that finishes running work after a signal."""
    configure_logging(name)
    start_tracing(name)
    gc.freeze()  # loaded modules stay to the end, so the collector need not scan them, least of all at exit
    code = exit_code(name, serve, settings)
    stop_tracing()
    sys.exit(code)


def exit_code(name: str, serve: DrainingServe[S], settings: type[S]) -> int:
    """Run the service; returns the exit code and logs the reason."""
    try:
        values = settings()
    except ValidationError as error:
        _log.error("service.settings_invalid", service=name, error=_explained(error, settings), hint="see .env.example")
        return 2
    except SecretUnreadable as error:
        _log.error("service.settings_invalid", service=name, error=str(error))
        return 2
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_with_signals(name, serve, values))
    except (Exception, asyncio.CancelledError) as error:
        _log.error("service.failed", service=name, error=repr(error), exc_info=error)
        return 1
    _log.info("service.stopped", service=name)
    return 0


def _explained(error: ValidationError, settings: type[BaseSettings]) -> str:
    """The variables that are invalid, without their values, which may be secret."""
    prefix = settings.model_config.get("env_prefix", "")
    named = [("".join(f"{prefix}{part}".upper() for part in each["loc"][:1]), each) for each in error.errors()]
    return "; ".join(f"{name}: {sentence(each, show_input=False)}".removeprefix(": ") for name, each in named)


async def _with_signals(name: str, serve: DrainingServe[S], settings: S) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _log.info("service.starting", service=name)
    await serve(settings, stop)
