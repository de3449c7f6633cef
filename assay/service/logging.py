"""Logs of a process: JSON lines on stderr, also for what libraries log and for exceptions that nothing caught."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import structlog
from structlog.processors import ExceptionRenderer, JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from assay.contracts.ids import run_of
from assay.tracing import add_trace_id

_log = structlog.get_logger(__name__)


def configure_logging(service: str) -> None:
    """One JSON object per line, with ``service``, ``level``, ``timestamp`` and ``event`` in each; with ``run_id`` and
    ``attempt_id`` where one is handled, and ``trace_id`` within a trace. Tracebacks contain no variables, whose values
    can be secrets. Libraries' messages below warnings are left out."""

    def add_service(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_run_id,
        add_trace_id,
        add_service,
        structlog.processors.add_log_level,
        TimeStamper(fmt="iso"),
    ]
    rendering: list[Processor] = [ExceptionRenderer(ExceptionDictTransformer(show_locals=False)), JSONRenderer()]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(sys.stderr)
    removing: list[Processor] = [ProcessorFormatter.remove_processors_meta]
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name], processors=[*removing, *rendering]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    _log_uncaught_exceptions()


def _add_run_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """An attempt's id contains that of its run."""
    if isinstance(attempt_id := event.get("attempt_id"), str) and attempt_id:
        event["run_id"] = run_of(attempt_id)
    return event


class _Handler(logging.StreamHandler[Any]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """A record that cannot be formatted, because its arguments do not match its message."""
        _log.warning(str(record.msg), logger=record.name, arguments=repr(record.args))


def _log_uncaught_exceptions() -> None:
    sys.excepthook = _on_uncaught
    threading.excepthook = _on_thread_crash
    sys.unraisablehook = _on_unraisable


def _on_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("process.crashed", error=repr(error), exc_info=(kind, error, traceback))


def _on_thread_crash(crash: threading.ExceptHookArgs) -> None:
    name = crash.thread.name if crash.thread else ""
    exc_info = (crash.exc_type, crash.exc_value, crash.exc_traceback)
    _log.error("thread.crashed", thread=name, error=repr(crash.exc_value), exc_info=exc_info)


def _on_unraisable(found: sys.UnraisableHookArgs) -> None:
    exc_info = (found.exc_type, found.exc_value, found.exc_traceback)
    _log.error("exception.ignored", error=repr(found.exc_value), place=repr(found.object), exc_info=exc_info)
