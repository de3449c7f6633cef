"""``transformers serve`` for one model: a child process with an OpenAI-compatible server.

https://huggingface.co/docs/transformers/serving. With a model as argument, it loads that model, then begins to listen,
and refuses requests for others.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from assay.contracts.problems import Problem, ProblemError
from assay.embedded.http_probe import answers_ok
from assay.embedded.orphans import die_with_parent
from assay.embedded.process_identity import free_port

_PROGRAM = "transformers"
_INSTALL = "install its library where the model host runs: pip install 'assay[transformers]'"
_IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError", "No module named")
_KEPT_LINES = 20
_MAX_LINE_BYTES = 1 << 16
_PROBE_SECONDS = 0.25
GRACE_SECONDS = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """``command`` starts ``transformers`` (empty: the one beside this Python, or in PATH), ``arguments`` are further
    options of ``serve``. Runners reach it at ``url``, by default where it listens; ``port`` 0 is a free one. A process
    that does not stop within ``grace_seconds`` is killed."""

    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    url: str = ""
    grace_seconds: float = GRACE_SECONDS


class TransformersProcess:
    """``ready`` is set when the model is loaded. ``output`` has the last lines that it printed."""

    def __init__(self, model: str, process: asyncio.subprocess.Process, options: ServeOptions, port: int) -> None:
        self.model, self.process = model, process
        self.url = options.url or f"http://{options.host}:{port}"
        self.output: deque[str] = deque(maxlen=_KEPT_LINES)
        self.ready = False
        self._grace_seconds = options.grace_seconds
        self._reading = asyncio.create_task(self._read_output())
        self._probing = asyncio.create_task(self._wait_until_ready(options.host, port))

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.returncode

    async def stop(self) -> None:
        """With everything it started: its process group is killed at last."""
        self._probing.cancel()
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace_seconds):
                await self.process.wait()
        self._signal(signal.SIGKILL)
        await self.process.wait()
        await asyncio.wait([self._reading, self._probing], timeout=_PROBE_SECONDS)
        self._reading.cancel()
        _log.info("transformers.stopped", model=self.model, exit_code=self.exit_code)

    def failure(self) -> ProblemError:
        """Why it exited before it was ready."""
        last = "; ".join(self.output) or "it printed nothing"
        hint = f"; {_INSTALL}" if any(error in last for error in _IMPORT_ERRORS) else ""
        detail = f"`transformers serve {self.model}` exited with code {self.exit_code}: {last}{hint}"
        return ProblemError(
            Problem(code="model_not_started", title="The model cannot be loaded", status=503, detail=detail)
        )

    async def _read_output(self) -> None:
        """Progress bars are lines that end with a carriage return."""
        assert self.process.stdout is not None
        rest = b""
        while data := await self.process.stdout.read(_MAX_LINE_BYTES):
            *lines, rest = (rest + data).replace(b"\r", b"\n").split(b"\n")
            rest = rest[-_MAX_LINE_BYTES:]
            for line in filter(None, (each.decode(errors="replace").strip() for each in lines)):
                self.output.append(line[:500])
                _log.debug("transformers.output", model=self.model, line=line[:500])

    async def _wait_until_ready(self, host: str, port: int) -> None:
        while self.exit_code is None and not await answers_ok(host, port, "/health"):  # noqa: ASYNC110  (another process)
            await asyncio.sleep(_PROBE_SECONDS)
        if self.exit_code is None:
            self.ready = True
            _log.info("transformers.ready", model=self.model, pid=self.process.pid, address=self.url)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


async def start(model: str, options: ServeOptions) -> TransformersProcess:
    """Returns before the model is loaded. Raises ProblemError if there is no such program."""
    port = options.port or free_port(options.host)
    command = (*find_command(options.command), *serve_arguments(model, options, port))
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
    except OSError as error:
        detail = f"{command[0]} cannot be started: {error}; check ASSAY_TRANSFORMERS_COMMAND of the model host"
        raise _missing(detail) from error
    _log.info("transformers.started", model=model, pid=process.pid, port=port)
    return TransformersProcess(model, process, options, port)


def serve_arguments(model: str, options: ServeOptions, port: int) -> Sequence[str]:
    """The model comes after ``--``, so that no name can be read as an option."""
    return ("serve", "--host", options.host, "--port", str(port), *options.arguments, "--", model)


def find_command(command: tuple[str, ...]) -> tuple[str, ...]:
    """Raises ProblemError with the extra to install."""
    if command:
        return command
    beside = Path(sys.executable).with_name(_PROGRAM)
    found = str(beside) if beside.is_file() else shutil.which(_PROGRAM)
    if found is None:
        raise _missing(f"there is no program `{_PROGRAM}`; {_INSTALL}, or set ASSAY_TRANSFORMERS_COMMAND there")
    return (found,)


def _missing(detail: str) -> ProblemError:
    title = "Models of kind 'transformers' need a library"
    return ProblemError(Problem(code="library_missing", title=title, status=503, detail=detail))
