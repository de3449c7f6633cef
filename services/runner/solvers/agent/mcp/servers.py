"""All MCP servers of a task, and their tools under the names that the model sees: ``<server>__<tool>``."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.tasks import McpServer
from assay.sandbox import Command, Sandbox
from services.runner.errors import TaskUnusable, ToolServerUnavailable
from services.runner.models import ToolCall, ToolDefinition
from services.runner.solvers.agent.mcp.client import McpClient, ServerError
from services.runner.solvers.agent.mcp.messages import Tool, result_text
from services.runner.solvers.agent.mcp.transport import HttpTransport, ServerDisconnected, StdioTransport, Transport
from services.runner.solvers.agent.tool_result import ToolError, ToolResult, truncate_middle
from services.runner.text import clean, to_bytes

START_SECONDS = 30.0
_MAX_NAME = 64
_MAX_DESCRIPTION = 4_000
_MAX_SCHEMA_BYTES = 16_000
_INVALID = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(kw_only=True)
class _Server:
    """``down_reason`` is set when the server can no longer be used."""

    spec: McpServer
    client: McpClient
    tools: list[Tool] = field(default_factory=list[Tool])
    down_reason: str = ""


class McpServers:
    """Each call may take ``call_seconds``. After a server has ended, its tools return errors."""

    def __init__(self, sandbox: Sandbox, call_seconds: float, allowed_urls: Sequence[str] = ()) -> None:
        self._sandbox, self.call_seconds, self._allowed_urls = sandbox, call_seconds, allowed_urls
        self._servers: list[_Server] = []
        self._tools: dict[str, tuple[_Server, Tool]] = {}

    @property
    def definitions(self) -> list[ToolDefinition]:
        return [_definition(name, tool) for name, (_, tool) in self._tools.items()]

    async def start(self, specs: Sequence[McpServer]) -> None:
        """Raises TaskUnusable for a URL that is not allowed, ToolServerUnavailable for a server that does not start."""
        for spec in specs:
            server = _Server(spec=spec, client=McpClient(await self._connect(spec)))
            self._servers.append(server)
            try:
                server.tools = await server.client.start(START_SECONDS)
            except (ServerDisconnected, ServerError, TimeoutError) as error:
                raise ToolServerUnavailable(f"the MCP server {spec.name!r} does not start: {_reason(error)}") from error
            for tool in server.tools:
                self._tools[self._name(spec, tool)] = (server, tool)

    async def use(self, call: ToolCall) -> ToolResult | None:
        """None if no server has the tool. Raises ToolError, or SandboxError."""
        if call.name not in self._tools:
            return None
        server, tool = self._tools[call.name]
        if server.down_reason:
            raise ToolError(f"this tool is not available: the MCP server {server.spec.name} has ended")
        try:
            result = await server.client.call(tool.name, _arguments(call), self.call_seconds)
        except ServerError as error:
            raise ToolError(clean(str(error))) from error
        except TimeoutError as error:
            raise ToolError(f"{call.name} did not answer within {self.call_seconds:g} s") from error
        except ServerDisconnected as error:
            server.down_reason = str(error)
            raise ToolError(
                f"the MCP server {server.spec.name} has ended ({error}); its tools are no longer available"
            ) from error
        return ToolResult(text=truncate_middle(result_text(result)), failed=result.is_error)

    async def restart(self) -> str:
        """Restarts the servers in the sandbox, after a command's limit ended everything in it. Returns a note for the
        model. A server that does not start stays down."""
        inside = [server for server in self._servers if server.spec.command and not server.down_reason]
        for server in inside:
            server.client = McpClient(await self._connect(server.spec))
            try:
                await server.client.start(START_SECONDS)
            except (ServerDisconnected, ServerError, TimeoutError) as error:
                server.down_reason = _reason(error)
        names = ", ".join(f"{it.spec.name}{' (failed)' if it.down_reason else ''}" for it in inside)
        return f"[this also ended the MCP servers, which were restarted: {names}]" if names else ""

    async def close(self) -> None:
        for server in self._servers:
            await server.client.close()

    async def _connect(self, spec: McpServer) -> Transport:
        if spec.command:
            return StdioTransport(await self._sandbox.start(Command(argv=spec.command)))
        if not any(_covers(allowed, spec.url) for allowed in self._allowed_urls):
            raise TaskUnusable(
                f"this runner may not use the MCP server {spec.name!r} at {spec.url}; its operator can allow the URL "
                "with ASSAY_MCP_URLS"
            )
        return HttpTransport(spec.url)

    def _name(self, spec: McpServer, tool: Tool) -> str:
        name = f"{spec.name}__{_INVALID.sub('_', tool.name)}"[:_MAX_NAME]
        number = 2
        while name in self._tools:
            name = f"{name[: _MAX_NAME - 3]}_{number}"
            number += 1
        return name


@asynccontextmanager
async def open_mcp_servers(
    specs: Sequence[McpServer], sandbox: Sandbox, call_seconds: float, allowed_urls: Sequence[str] = ()
) -> AsyncGenerator[McpServers]:
    servers = McpServers(sandbox, call_seconds, allowed_urls)
    try:
        await servers.start(specs)
        yield servers
    finally:
        await servers.close()


def _definition(name: str, tool: Tool) -> ToolDefinition:
    schema = tool.input_schema if len(encode(tool.input_schema)) <= _MAX_SCHEMA_BYTES else {}
    arguments = {"type": "object", "properties": {}, **schema}
    return ToolDefinition(
        name=name, description=clean(tool.description or tool.name, _MAX_DESCRIPTION), arguments=arguments
    )


def _arguments(call: ToolCall) -> dict[str, Any]:
    try:
        return decode(dict[str, Any], to_bytes(call.arguments.strip() or "{}"))
    except Malformed as error:
        raise ToolError(f"the arguments are not a JSON object: {error}") from error


def _covers(allowed: str, url: str) -> bool:
    """The same scheme, host and port, and the allowed path or one below it."""
    prefix, target = urlsplit(allowed), urlsplit(url)
    if (prefix.scheme, prefix.netloc) != (target.scheme, target.netloc) or ".." in target.path.split("/"):
        return False
    path = prefix.path.rstrip("/")
    return target.path == path or target.path.startswith(f"{path}/") or not path


def _reason(error: Exception) -> str:
    return f"no answer within {START_SECONDS:g} s" if isinstance(error, TimeoutError) else str(error)
