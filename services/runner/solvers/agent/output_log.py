"""What the commands of an agent printed, one after the other: ``stdout.txt`` and ``stderr.txt``.

Written to temporary files as it comes, like the transcript. Each piece begins with the number of the step whose call
it came of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import IO

from services.runner.solvers.agent.tool_result import ToolResult
from services.runner.tries.artifacts import TEXT, Kept

MOST_BYTES = 16 * 1024 * 1024
"""Of each stream; what comes after it is dropped, and the artifact says so."""


@dataclass(kw_only=True, slots=True)
class _Stream:
    name: str
    file: IO[bytes]
    left_bytes: int = MOST_BYTES
    truncated: bool = False

    def add(self, step: int, printed: bytes, truncated: bool) -> None:
        piece = b"[step %d]\n%s%s" % (step, printed, b"" if printed.endswith(b"\n") else b"\n")
        self.truncated |= truncated or len(piece) > self.left_bytes
        self.left_bytes -= self.file.write(piece[: self.left_bytes])


class Streams:
    def __init__(self) -> None:
        self._streams = tuple(
            _Stream(name=name, file=NamedTemporaryFile(prefix="assay-stream-"))  # noqa: SIM115 - closed by __exit__
            for name in ("stdout.txt", "stderr.txt")
        )

    def __enter__(self) -> Streams:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._streams:
            stream.file.close()

    def add(self, step: int, result: ToolResult) -> None:
        """Of the call that was that step; tools that are no commands print nothing."""
        for stream, printed in zip(self._streams, (result.stdout, result.stderr), strict=True):
            if printed:
                stream.add(step, printed, result.truncated)

    async def keep(self, kept: Kept) -> None:
        """Those to which anything was printed, as artifacts of the try."""
        for stream in self._streams:
            if stream.left_bytes < MOST_BYTES:
                stream.file.flush()
                await kept.keep_file(stream.name, Path(stream.file.name), TEXT, truncated=stream.truncated)
