"""Server-sent events, as far as completions use them: the data of each event, out of bytes in any portions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from services.runner.errors import ProviderBroken

MAX_EVENT_BYTES = 64 * 1024 * 1024
DONE = b"[DONE]"
_DRAIN_SECONDS = 0.1


async def events(portions: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The ``data`` of every event, up to ``[DONE]`` or the end. Raises ProviderBroken for an event without an end."""
    rest: list[bytes] = []
    size = 0
    async for portion in portions:
        head, newline, tail = portion.rpartition(b"\n")
        if not newline:
            rest.append(portion)
            size += len(portion)
            if size > MAX_EVENT_BYTES:
                raise ProviderBroken(f"one event of the stream is over {MAX_EVENT_BYTES} bytes", perhaps_billed=True)
            continue
        lines = b"".join([*rest, head]).split(b"\n")
        rest, size = [tail], len(tail)
        for line in lines:
            if data := _data(line):
                yield data
                if data == DONE:
                    await _drain(portions)
                    return
    if data := _data(b"".join(rest)):
        yield data


def _data(line: bytes) -> bytes:
    return line[5:].strip() if line.startswith(b"data:") else b""


async def _drain(portions: AsyncIterator[bytes]) -> None:
    """What comes after the last event is the end of the body: read, the connection can be used again."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in portions:
                pass
    except TimeoutError:
        return
