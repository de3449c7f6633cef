"""The tools an attempt has, all on its one sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from assay.contracts.codec import Malformed, decode
from assay.contracts.tasks import Tool
from assay.files import Files, FilesRefused, matches
from assay.sandbox import Sandbox
from services.runner.models import ToolCall
from services.runner.models.tools import ToolDefinition
from services.runner.solvers.agent.commands import run_bash, run_python
from services.runner.solvers.agent.definitions import (
    ARGUMENTS,
    Bash,
    GitDiff,
    Python,
    TextEditor,
    definitions,
)
from services.runner.solvers.agent.editor import Editor
from services.runner.solvers.agent.mcp import Servers
from services.runner.solvers.agent.tool_result import ToolRefused, ToolResult, capped
from services.runner.solvers.unified_diff import diff_of
from services.runner.text import clean, to_bytes


class Toolbox:
    """``workspace`` is what the attempt started from, ``servers`` have the tools that the task brings along."""

    def __init__(
        self, tools: Sequence[Tool], sandbox: Sandbox, workspace: Files, servers: Servers | None = None
    ) -> None:
        self._tools = tools
        self._servers = servers
        self._seconds = servers.call_seconds if servers else None
        self._sandbox = sandbox
        self._workspace = workspace
        self._editor = Editor(sandbox)

    @property
    def definitions(self) -> list[ToolDefinition]:
        return [*definitions(self._tools), *(self._servers.definitions if self._servers else ())]

    async def use(self, call: ToolCall) -> ToolResult:
        """What is wrong with the call is in the result. Raises only what is not the model's doing: SandboxError, or
        HostUnfit."""
        try:
            return await self._use(call)
        except (ToolRefused, FilesRefused, Malformed) as error:
            return ToolResult(text=f"error: {capped(str(error))}", failed=True)

    async def _use(self, call: ToolCall) -> ToolResult:
        tool = next((tool for tool in self._tools if tool.value == call.name), None)
        if tool is None:
            if self._servers and (found := await self._servers.use(call)):
                return found
            named = f"there is no tool {clean(call.name, 100)!r}" if call.name else "the tool call cannot be read"
            brought = [it.name for it in self._servers.definitions] if self._servers else []
            raise ToolRefused(f"{named}; there are {', '.join([*self._tools, *brought])}")
        asked = decode(ARGUMENTS[tool], to_bytes(call.arguments.strip() or "{}"))
        match tool:
            case Tool.BASH:
                return await self._after(await run_bash(self._sandbox, cast("Bash", asked), self._seconds))
            case Tool.PYTHON:
                return await self._after(await run_python(self._sandbox, cast("Python", asked), self._seconds))
            case Tool.TEXT_EDITOR:
                return ToolResult(text=await self._editor.use(cast("TextEditor", asked)))
            case Tool.GIT_DIFF:
                return ToolResult(text=await self._diff(cast("GitDiff", asked)))
            case Tool.SUBMIT:
                return ToolResult(text="handed in", submitted=True)

    async def _after(self, result: ToolResult) -> ToolResult:
        """A limit that ends a command ends all that runs in the sandbox."""
        told = await self._servers.begin_again() if self._servers and result.killed else ""
        return replace(result, text=f"{result.text}\n{told}") if told else result

    async def _diff(self, asked: GitDiff) -> str:
        patterns = [asked.path] if asked.path else ["*"]
        now = await self._sandbox.read(patterns)
        before = {path: content for path, content in self._workspace.items() if matches(path, patterns)}
        diff = await asyncio.to_thread(diff_of, before, now)
        return capped(diff.decode("utf-8", "replace")) if diff else "(nothing has changed)"
