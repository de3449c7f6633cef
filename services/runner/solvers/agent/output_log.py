"""The output of all commands of an agent: ``stdout.txt`` and ``stderr.txt``.

Written to temporary files while the agent runs, like the transcript. Each piece starts with the number of the step that
called the command.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import IO

from services.runner.solvers.agent.tool_result import ToolResult
from services.runner.tries.artifacts import TEXT, ArtifactWriter

MAX_BYTES = 16 * 1024 * 1024
"""Of each stream; the rest is dropped, and the artifact marked as truncated."""


@dataclass(kw_only=True, slots=True)
class _Stream:
    name: str
    file: IO[bytes]
    bytes_left: int = MAX_BYTES
    truncated: bool = False

    def add(self, step: int, output: bytes, truncated: bool) -> None:
        piece = b"[step %d]\n%s%s" % (step, output, b"" if output.endswith(b"\n") else b"\n")
        self.truncated |= truncated or len(piece) > self.bytes_left
        self.bytes_left -= self.file.write(piece[: self.bytes_left])


class CommandOutputLog:
    def __init__(self) -> None:
        self._streams = tuple(
            _Stream(name=name, file=NamedTemporaryFile(prefix="assay-stream-"))  # noqa: SIM115 - closed by __exit__
            for name in ("stdout.txt", "stderr.txt")
        )

    def __enter__(self) -> CommandOutputLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._streams:
            stream.file.close()

    def add(self, step: int, result: ToolResult) -> None:
        for stream, output in zip(self._streams, (result.stdout, result.stderr), strict=True):
            if output:
                stream.add(step, output, result.truncated)

    async def write_to(self, artifacts: ArtifactWriter) -> None:
        """Stores the streams that are not empty."""
        for stream in self._streams:
            if stream.bytes_left < MAX_BYTES:
                stream.file.flush()
                await artifacts.write_file(stream.name, Path(stream.file.name), TEXT, truncated=stream.truncated)
