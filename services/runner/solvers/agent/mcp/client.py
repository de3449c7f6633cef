"""A client of one MCP server, with one request at a time."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any, TypeVar

import msgspec

from services.runner.solvers.agent.mcp.messages import (
    PROTOCOL_VERSION,
    SUPPORTED_VERSIONS,
    CallToolResult,
    InitializeResult,
    ListToolsResult,
    Message,
    Tool,
    notification,
    read_message,
    request,
    response,
)
from services.runner.solvers.agent.mcp.transport import ServerDisconnected, Transport

T = TypeVar("T")
MAX_TOOLS = 128
_MAX_MESSAGES = 10_000
"""That a server may send before its answer: progress, logs, requests."""


class ServerError(Exception):
    """The server answered with an error, but is still running."""


class McpClient:
    """Raises ServerDisconnected, ServerError, or TimeoutError if there is no answer within ``seconds``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._request_id = 0

    async def start(self, seconds: float) -> list[Tool]:
        """Does the handshake, and returns all of the server's tools."""
        client = {"clientInfo": {"name": "assay", "version": "1"}, "capabilities": {}}
        async with asyncio.timeout(seconds):
            server = await self._request("initialize", client | {"protocolVersion": PROTOCOL_VERSION}, InitializeResult)
            if server.protocol_version not in SUPPORTED_VERSIONS:
                supported = ", ".join(SUPPORTED_VERSIONS)
                raise ServerError(f"it uses protocol version {server.protocol_version!r}; supported are {supported}")
            await self._transport.send(notification("notifications/initialized"))
            return await self._tools()

    async def call(self, tool: str, arguments: dict[str, Any], seconds: float) -> CallToolResult:
        """A call that times out is cancelled at the server; a late answer is ignored."""
        try:
            async with asyncio.timeout(seconds):
                return await self._request("tools/call", {"name": tool, "arguments": arguments}, CallToolResult)
        except TimeoutError:
            with suppress(ServerDisconnected):
                cancelled = {"requestId": self._request_id, "reason": "timed out"}
                await self._transport.send(notification("notifications/cancelled", cancelled))
            raise

    async def close(self) -> None:
        await self._transport.close()

    async def _tools(self) -> list[Tool]:
        found: list[Tool] = []
        cursors: set[str] = set()
        params: dict[str, Any] = {}
        while True:
            page = await self._request("tools/list", params, ListToolsResult)
            found += page.tools
            if len(found) > MAX_TOOLS:
                raise ServerError(f"it has more than {MAX_TOOLS} tools")
            if not page.next_cursor or page.next_cursor in cursors:
                return found
            cursors.add(page.next_cursor)
            params = {"cursor": page.next_cursor}

    async def _request(self, method: str, params: dict[str, Any], result_type: type[T]) -> T:
        self._request_id += 1
        count = 0
        async with aclosing(self._transport.request(request(self._request_id, method, params))) as messages:
            async for data in messages:
                message = read_message(data)
                if message and not message.method and message.id == self._request_id:
                    return _result(message, method, result_type)
                if message and message.method and message.id is not None:
                    await self._transport.send(response(message))
                count += 1
                if count > _MAX_MESSAGES:
                    raise ServerDisconnected(f"it sent {count} messages without answering {method}")
        raise ServerDisconnected(f"it ended its response to {method} without an answer")


def _result(message: Message, method: str, result_type: type[T]) -> T:
    if message.error is not None:
        raise ServerError(f"{message.error.message or 'an error without a message'} ({message.error.code})")
    try:
        return msgspec.convert(message.result or {}, result_type)
    except msgspec.ValidationError as error:
        raise ServerError(f"its answer to {method} is invalid: {error}") from error
