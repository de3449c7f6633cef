"""Asks whether a server of this machine is ready."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_SECONDS = 3.0


async def answers_ok(host: str, port: int, path: str) -> bool:
    """Whether it answers the path with status 200."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(host.strip("[]"), port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return (await reader.readline()).split()[1:2] == [b"200"]
            finally:
                writer.close()
    return False
