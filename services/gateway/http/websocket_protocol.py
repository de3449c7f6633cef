"""uvicorn's WebSocket protocol, extended for clients that stop reading.

A send returns only when the buffer can take another message, so a blocked connection is noticed at its last message.
And a connection can be aborted while its buffer is full; ASGI's ``websocket.close`` would wait for that buffer.
"""

from __future__ import annotations

from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

ABORT = "assay.abort"
TRY_AGAIN_LATER = 1013
_CLOSE_SECONDS = 2.0


class LiveProtocol(WebSocketsSansIOProtocol):
    """Puts ``abort`` into the scope's extensions, under the key ``ABORT``."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][ABORT] = self.abort

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        await self.writable.wait()

    def abort(self) -> None:
        """Queue a close frame with code 1013 behind the buffered data; cut the connection two seconds later, so that a
        client that resumes reading in time learns why."""
        if not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(TRY_AGAIN_LATER, "too slow")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER})
        self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)
