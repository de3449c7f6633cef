"""One server, asked one thing at a time."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any, TypeVar

import msgspec

from services.runner.solvers.agent.mcp.messages import (
    PROTOCOL,
    SPOKEN,
    Called,
    Initialized,
    Message,
    Tool,
    ToolPage,
    notification,
    read_message,
    reply,
    request,
)
from services.runner.solvers.agent.mcp.transport import Link, ServerGone

T = TypeVar("T")
MAX_TOOLS = 128
_MAX_MESSAGES = 10_000
"""That a server may send before the answer: progress, logs, questions."""


class ServerRefused(Exception):
    """The server answered with an error; it lives."""


class Client:
    """Raises ServerGone, ServerRefused, or TimeoutError after ``seconds`` without an answer."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._number = 0

    async def start(self, seconds: float) -> list[Tool]:
        """The handshake; all tools the server has."""
        about = {"clientInfo": {"name": "assay", "version": "1"}, "capabilities": {}, "protocolVersion": PROTOCOL}
        async with asyncio.timeout(seconds):
            greeting = await self._ask("initialize", about, Initialized)
            if greeting.protocol_version not in SPOKEN:
                raise ServerRefused(f"it speaks {greeting.protocol_version!r}, and we {', '.join(SPOKEN)}")
            await self._link.send(notification("notifications/initialized"))
            return await self._tools()

    async def call(self, tool: str, arguments: dict[str, Any], seconds: float) -> Called:
        """When the time is over the server is told so; what it answers then is not heard."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask("tools/call", {"name": tool, "arguments": arguments}, Called)
        except TimeoutError:
            with suppress(ServerGone):
                cancelled = {"requestId": self._number, "reason": "it took too long"}
                await self._link.send(notification("notifications/cancelled", cancelled))
            raise

    async def close(self) -> None:
        await self._link.close()

    async def _tools(self) -> list[Tool]:
        found: list[Tool] = []
        cursors: set[str] = set()
        params: dict[str, Any] = {}
        while True:
            page = await self._ask("tools/list", params, ToolPage)
            found += page.tools
            if len(found) > MAX_TOOLS:
                raise ServerRefused(f"it has more than {MAX_TOOLS} tools")
            if not page.next_cursor or page.next_cursor in cursors:
                return found
            cursors.add(page.next_cursor)
            params = {"cursor": page.next_cursor}

    async def _ask(self, method: str, params: dict[str, Any], kind: type[T]) -> T:
        self._number += 1
        heard = 0
        async with aclosing(self._link.exchange(request(self._number, method, params))) as messages:
            async for data in messages:
                message = read_message(data)
                if message and not message.method and message.id == self._number:
                    return _result(message, method, kind)
                if message and message.method and message.id is not None:
                    await self._link.send(reply(message))
                heard += 1
                if heard > _MAX_MESSAGES:
                    raise ServerGone(f"it sent {heard} messages and no answer to {method}")
        raise ServerGone(f"it ended its answer to {method} without giving one")


def _result(message: Message, method: str, kind: type[T]) -> T:
    if message.error is not None:
        raise ServerRefused(f"{message.error.message or 'an error without words'} ({message.error.code})")
    try:
        return msgspec.convert(message.result or {}, kind)
    except msgspec.ValidationError as error:
        raise ServerRefused(f"its answer to {method} cannot be read: {error}") from error
