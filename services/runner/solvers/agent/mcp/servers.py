"""All servers of a task, and their tools as the model knows them: ``<server>__<tool>``."""

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
from services.runner.errors import TaskUnusable, ToolsAway
from services.runner.models import ToolCall
from services.runner.models.tools import ToolDefinition
from services.runner.solvers.agent.mcp.client import Client, ServerRefused
from services.runner.solvers.agent.mcp.messages import Tool, text_of
from services.runner.solvers.agent.mcp.transport import HttpLink, Link, PipeLink, ServerGone
from services.runner.solvers.agent.tool_result import ToolRefused, ToolResult, capped
from services.runner.text import clean, to_bytes

START_SECONDS = 30.0
_MAX_NAME = 64
_MAX_DESCRIPTION = 4_000
_MAX_SCHEMA_BYTES = 16_000
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(kw_only=True)
class _Server:
    """``gone`` says why it can be asked no more."""

    spec: McpServer
    client: Client
    tools: list[Tool] = field(default_factory=list[Tool])
    gone: str = ""


class Servers:
    """A call may take ``call_seconds``. A server that ends is told of once; then its tools refuse."""

    def __init__(self, sandbox: Sandbox, call_seconds: float, allowed_urls: Sequence[str] = ()) -> None:
        self._sandbox, self.call_seconds, self._allowed_urls = sandbox, call_seconds, allowed_urls
        self._servers: list[_Server] = []
        self._tools: dict[str, tuple[_Server, Tool]] = {}

    @property
    def definitions(self) -> list[ToolDefinition]:
        return [_definition(name, tool) for name, (_, tool) in self._tools.items()]

    async def start(self, specs: Sequence[McpServer]) -> None:
        """Raises TaskUnusable for a URL that is not allowed, ToolsAway for a server that does not come up."""
        for spec in specs:
            server = _Server(spec=spec, client=Client(await self._link(spec)))
            self._servers.append(server)
            try:
                server.tools = await server.client.start(START_SECONDS)
            except (ServerGone, ServerRefused, TimeoutError) as error:
                raise ToolsAway(f"the MCP server {spec.name!r} does not start: {_why(error)}") from error
            for tool in server.tools:
                self._tools[self._name(spec, tool)] = (server, tool)

    async def use(self, call: ToolCall) -> ToolResult | None:
        """What came of it; None for a tool that is none of these. Raises ToolRefused, or SandboxError."""
        if call.name not in self._tools:
            return None
        server, tool = self._tools[call.name]
        if server.gone:
            raise ToolRefused(f"the MCP server {server.spec.name} has ended, and with it this tool")
        try:
            called = await server.client.call(tool.name, _arguments(call), self.call_seconds)
        except ServerRefused as error:
            raise ToolRefused(clean(str(error))) from error
        except TimeoutError as error:
            raise ToolRefused(f"{call.name} did not answer within {self.call_seconds:g} s") from error
        except ServerGone as error:
            server.gone = str(error)
            raise ToolRefused(f"the MCP server {server.spec.name} is gone ({error}); its tools are, too") from error
        return ToolResult(text=capped(text_of(called)), failed=called.is_error)

    async def begin_again(self) -> str:
        """After a limit that ended everything in the sandbox, the servers in it too, which is not their doing: what to
        tell the model. One that does not come up again is gone."""
        inside = [server for server in self._servers if server.spec.command and not server.gone]
        for server in inside:
            server.client = Client(await self._link(server.spec))
            try:
                await server.client.start(START_SECONDS)
            except (ServerGone, ServerRefused, TimeoutError) as error:
                server.gone = _why(error)
        names = ", ".join(f"{it.spec.name}{' in vain' if it.gone else ''}" for it in inside)
        return f"[the MCP servers were ended with it, and started again: {names}]" if names else ""

    async def close(self) -> None:
        for server in self._servers:
            await server.client.close()

    async def _link(self, spec: McpServer) -> Link:
        if spec.command:
            return PipeLink(await self._sandbox.start(Command(argv=spec.command)))
        if not any(_covers(allowed, spec.url) for allowed in self._allowed_urls):
            raise TaskUnusable(
                f"the MCP server {spec.name!r} is at {spec.url}, which this runner may not ask; its operator allows "
                "addresses by ASSAY_MCP_URLS"
            )
        return HttpLink(spec.url)

    def _name(self, spec: McpServer, tool: Tool) -> str:
        name = f"{spec.name}__{_UNFIT.sub('_', tool.name)}"[:_MAX_NAME]
        number = 2
        while name in self._tools:
            name = f"{name[: _MAX_NAME - 3]}_{number}"
            number += 1
        return name


@asynccontextmanager
async def open_servers(
    specs: Sequence[McpServer], sandbox: Sandbox, call_seconds: float, allowed_urls: Sequence[str] = ()
) -> AsyncGenerator[Servers]:
    servers = Servers(sandbox, call_seconds, allowed_urls)
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
        raise ToolRefused(f"the arguments are no JSON object: {error}") from error


def _covers(allowed: str, url: str) -> bool:
    """The same scheme, host and port, and the allowed path or one below it."""
    ours, theirs = urlsplit(allowed), urlsplit(url)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc) or ".." in theirs.path.split("/"):
        return False
    path = ours.path.rstrip("/")
    return theirs.path == path or theirs.path.startswith(f"{path}/") or not path


def _why(error: Exception) -> str:
    return f"nothing was heard for {START_SECONDS:g} s" if isinstance(error, TimeoutError) else str(error)
