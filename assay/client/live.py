"""A live topic as an async iterator that reconnects by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from assay.client.backoff import Backoff
from assay.client.errors import NotAssay, Unreachable
from assay.client.transport import API, authorization, checked_url, is_loopback, problem_of
from assay.contracts.codec import encode
from assay.contracts.live import Degraded, ErrorFrame, FactFrame, ServerFrame, Snapshot, Subscribe
from assay.contracts.problems import ProblemError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_OPEN_SECONDS = 10.0
_PING_SECONDS = 10.0
_frames: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ServerFrame | list[ServerFrame])


async def follow(
    base_url: str, topic: str, cursor: int | None = None, *, token: str = "", backoff: Backoff | None = None
) -> AsyncGenerator[ServerFrame, None]:
    """The topic's frames: a snapshot first (unless ``cursor`` resumes a run), then facts in order, without gaps or
    duplicates, across reconnects. ``Degraded`` reports a lost connection, and another one its return.

    Raises ProblemError when the gateway refuses the topic, Unreachable when the first connection fails."""
    from websockets.asyncio.client import connect  # slow to import, and most commands do not follow
    from websockets.exceptions import InvalidStatus, WebSocketException

    place = _Position(topic, cursor)
    backoff = backoff or Backoff()
    broken = False
    while True:
        try:
            async with connect(**_connect_options(base_url, token)) as socket:
                await socket.send(encode(Subscribe(topic=topic, cursor=place.cursor)).decode())
                backoff.reset()
                place.connected_once = True
                if broken:
                    broken = False
                    yield Degraded(degraded=False)
                async with aclosing(_receive(socket, place, base_url)) as frames:
                    async for frame in frames:
                        yield frame
        except InvalidStatus as refused:
            answer = refused.response
            problem = problem_of(
                base_url, answer.status_code, answer.headers.get("content-type", ""), bytes(answer.body or b"")
            )
            if answer.status_code < 500 or not place.connected_once:
                raise problem from refused
        except (OSError, TimeoutError, WebSocketException) as error:
            if not place.connected_once:
                raise Unreachable(base_url, str(error) or type(error).__name__) from error
            if not broken:
                broken = True
                yield Degraded(degraded=True, reason=f"the connection to {base_url} was lost: {error}")
        await backoff.pause()


class _Position:
    """The position in the topic; only runs and attempts have cursors to resume from."""

    def __init__(self, topic: str, cursor: int | None) -> None:
        self.topic = topic
        self.cursor = cursor
        self.connected_once = False
        self._has_cursor = topic.startswith(("run:", "attempt:"))

    def advance(self, frame: ServerFrame) -> None:
        if self._has_cursor and isinstance(frame, Snapshot | FactFrame):
            self.cursor = frame.cursor


async def _receive(socket: ClientConnection, place: _Position, url: str) -> AsyncGenerator[ServerFrame, None]:
    """Yields frames until the connection closes, which raises ConnectionClosed: a topic has no end."""
    while True:
        for frame in _decode(await socket.recv(decode=False), url):
            if isinstance(frame, ErrorFrame) and frame.topic == place.topic:
                raise ProblemError(frame.problem)
            place.advance(frame)
            yield frame


def _decode(message: bytes, url: str) -> list[ServerFrame]:
    try:
        found = _frames.decode(message)
    except msgspec.DecodeError as error:
        raise NotAssay(url, f"a live frame cannot be decoded: {error}") from error
    return found if isinstance(found, list) else [found]


def _connect_options(base_url: str, token: str) -> dict[str, Any]:
    scheme, _, rest = checked_url(base_url).partition("://")
    return {
        "uri": f"{'wss' if scheme == 'https' else 'ws'}://{rest}{API}/live?batch=1",
        "additional_headers": authorization(token),
        "max_size": None,
        "compression": None,
        "open_timeout": _OPEN_SECONDS,
        "ping_interval": _PING_SECONDS,
        "ping_timeout": _PING_SECONDS,
        "proxy": None if is_loopback(base_url) else True,
    }
