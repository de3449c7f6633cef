"""uvicorn's own WebSocket protocol, and two things for clients that do not read.

A send returns when there is room for the next, so that a stuck line is seen even if nothing more is to be said. And a
connection can be ended while its buffer is stuck; ASGI's ``websocket.close`` waits for room in that very buffer.
"""

from __future__ import annotations

from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

ABORT = "assay.abort"
TRY_AGAIN_LATER = 1013
_FAREWELL_SECONDS = 2.0


class LiveProtocol(WebSocketsSansIOProtocol):
    """Adds a callable to the scope's extensions under ``ABORT``."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][ABORT] = self.abort

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        await self.writable.wait()

    def abort(self) -> None:
        """Close with 1013 behind what is buffered; a client that wakes up soon reads why, then the line is cut."""
        if not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(TRY_AGAIN_LATER, "too slow")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER})
        self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)
