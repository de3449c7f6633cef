"""Parses server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html); only data is used."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator


class EventTooLarge(Exception):
    pass


async def event_data(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncGenerator[bytes]:
    """The data of each event in a body, which may arrive in chunks of any size. An unfinished last event counts.
    Raises EventTooLarge for an event over ``max_bytes``."""
    data: list[bytes] = []
    partial: list[bytes] = []
    size = 0
    async for chunk in chunks:
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            partial.append(chunk)
            size += len(chunk)
        else:
            for line in b"".join([*partial, head]).split(b"\n"):
                if line.startswith(b"data:"):
                    data.append(line[5:].strip())
                elif data and line in (b"", b"\r"):
                    yield b"\n".join(data)
                    data.clear()
            partial = [tail]
            size = len(tail) + sum(map(len, data))
        if size > max_bytes:
            raise EventTooLarge(f"an event of the stream is over {max_bytes} bytes")
    last = b"".join(partial)
    if last.startswith(b"data:"):
        data.append(last[5:].strip())
    if data:
        yield b"\n".join(data)
