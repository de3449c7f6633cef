"""The tools of an attempt, which all work on its one sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

from msgspec import structs

from assay.contracts.codec import Malformed, decode
from assay.contracts.sandboxspec import SandboxSpec
from assay.contracts.tasks import ACTION_LOG, PublicTask, Tool
from assay.files import Files, FilesRefused, matches
from assay.sandbox import Sandbox
from services.runner.errors import AnswerUnusable
from services.runner.models import ToolCall, ToolDefinition
from services.runner.solvers.agent.commands import run_bash, run_python
from services.runner.solvers.agent.definitions import ARGUMENTS, Bash, GitDiff, Python, TextEditor, definitions
from services.runner.solvers.agent.editor import Editor
from services.runner.solvers.agent.mcp import McpServers, open_mcp_servers
from services.runner.solvers.agent.plant_tools import PlantTools
from services.runner.solvers.agent.tool_result import ToolError, ToolResult, truncate_middle
from services.runner.solvers.unified_diff import diff_files
from services.runner.task_bundles import TaskBundle
from services.runner.text import clean, to_bytes
from services.runner.tries.try_context import TryContext

_MAX_SECONDS = 86_400.0


class Toolbox:
    """``workspace`` is the initial state; ``servers`` and ``plant`` provide the task's own tools."""

    def __init__(
        self,
        tools: Sequence[Tool],
        sandbox: Sandbox,
        workspace: Files,
        servers: McpServers | None = None,
        plant: PlantTools | None = None,
    ) -> None:
        self._tools = tools
        self._plant = plant
        self._servers = servers
        self._command_seconds = servers.call_seconds if servers else None
        self._sandbox = sandbox
        self._workspace = workspace
        self._editor = Editor(sandbox)

    @property
    def definitions(self) -> list[ToolDefinition]:
        own = self._plant.definitions if self._plant else ()
        return [*own, *definitions(self._tools), *(self._servers.definitions if self._servers else ())]

    async def write_logs(self) -> None:
        """Puts what the tools themselves submit into the workspace, once the agent is done. Raises SandboxError, or
        AnswerUnusable if the agent has left no room for it."""
        if self._plant is None:
            return
        try:
            await self._sandbox.write({ACTION_LOG: self._plant.log})
        except FilesRefused as error:
            raise AnswerUnusable(f"{ACTION_LOG} does not fit into the workspace: {error}") from error

    async def use(self, call: ToolCall) -> ToolResult:
        """The result also reports errors of the call. Raises only for failures that are not the model's: SandboxError,
        or HostProgramMissing."""
        try:
            return await self._use(call)
        except (ToolError, FilesRefused, Malformed) as error:
            return ToolResult(text=f"error: {truncate_middle(str(error))}", failed=True)

    async def _use(self, call: ToolCall) -> ToolResult:
        tool = next((tool for tool in self._tools if tool.value == call.name), None)
        if tool is None:
            return await self._use_own(call)
        arguments = decode(ARGUMENTS[tool], to_bytes(call.arguments.strip() or "{}"))
        match tool:
            case Tool.BASH:
                result = await run_bash(self._sandbox, cast("Bash", arguments), self._command_seconds)
                return await self._restart_servers(result)
            case Tool.PYTHON:
                result = await run_python(self._sandbox, cast("Python", arguments), self._command_seconds)
                return await self._restart_servers(result)
            case Tool.TEXT_EDITOR:
                return ToolResult(text=await self._editor.use(cast("TextEditor", arguments)))
            case Tool.GIT_DIFF:
                return ToolResult(text=await self._diff(cast("GitDiff", arguments)))
            case Tool.SUBMIT:
                return ToolResult(text="submitted", submitted=True)

    async def _use_own(self, call: ToolCall) -> ToolResult:
        """A tool that only this task has."""
        if self._plant and (result := self._plant.use(call)):
            return result
        if self._servers and (result := await self._servers.use(call)):
            return result
        problem = f"there is no tool {clean(call.name, 100)!r}" if call.name else "the tool call is unreadable"
        raise ToolError(f"{problem}; the tools are {', '.join(tool.name for tool in self.definitions)}")

    async def _restart_servers(self, result: ToolResult) -> ToolResult:
        """A limit that ends a command ends everything in the sandbox, including the servers."""
        note = await self._servers.restart() if self._servers and result.killed else ""
        return replace(result, text=f"{result.text}\n{note}") if note else result

    async def _diff(self, call: GitDiff) -> str:
        patterns = [call.path] if call.path else ["*"]
        now = await self._sandbox.read(patterns)
        before = {path: content for path, content in self._workspace.items() if matches(path, patterns)}
        diff = await asyncio.to_thread(diff_files, before, now)
        return truncate_middle(diff.decode("utf-8", "replace")) if diff else "(no changes)"


def sandbox_spec(task: PublicTask) -> SandboxSpec:
    """MCP servers live as long as the sandbox, and their CPU time counts together with that of the commands."""
    spec = task.sandbox
    if not any(server.command for server in task.mcp):
        return spec
    cpu_seconds = min(_MAX_SECONDS, spec.cpu_seconds * (1 + (task.limits.turns or 0)))
    return structs.replace(spec, wall_seconds=_MAX_SECONDS, cpu_seconds=cpu_seconds)


@asynccontextmanager
async def open_toolbox(try_: TryContext, bundle: TaskBundle, sandbox: Sandbox) -> AsyncGenerator[Toolbox]:
    """Raises TaskUnusable or ToolServerUnavailable if the task's plant or one of its MCP servers cannot be used."""
    task = bundle.task
    plant = PlantTools(task.plant) if task.plant else None
    if not task.mcp:
        yield Toolbox(task.tools, sandbox, bundle.workspace, plant=plant)
        return
    allowed = try_.ports.mcp_urls
    async with open_mcp_servers(task.mcp, sandbox, task.sandbox.wall_seconds, allowed) as servers:
        yield Toolbox(task.tools, sandbox, bundle.workspace, servers, plant)
