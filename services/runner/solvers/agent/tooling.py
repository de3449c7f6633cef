"""The tools of one attempt: those of every agent, and those that its task brings along."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from msgspec import structs

from assay.contracts.sandboxspec import SandboxSpec
from assay.contracts.tasks import PublicTask
from assay.sandbox import Sandbox
from services.runner.solvers.agent.mcp import open_servers
from services.runner.solvers.agent.toolbox import Toolbox
from services.runner.tries.artifacts import Opened
from services.runner.tries.try_context import Try

_LONGEST_SECONDS = 86_400.0


def spec_of(task: PublicTask) -> SandboxSpec:
    """Servers in the sandbox live as long as it does, and what they use of the processor counts with the commands."""
    spec = task.sandbox
    if not any(server.command for server in task.mcp):
        return spec
    cpu_seconds = min(_LONGEST_SECONDS, spec.cpu_seconds * (1 + (task.limits.turns or 0)))
    return structs.replace(spec, wall_seconds=_LONGEST_SECONDS, cpu_seconds=cpu_seconds)


@asynccontextmanager
async def open_toolbox(attempt: Try, opened: Opened, sandbox: Sandbox) -> AsyncGenerator[Toolbox]:
    """Raises TaskUnusable or ToolsAway for what the task's servers lack."""
    task = opened.task
    if not task.mcp:
        yield Toolbox(task.tools, sandbox, opened.workspace)
        return
    allowed = attempt.ports.mcp_urls
    async with open_servers(task.mcp, sandbox, task.sandbox.wall_seconds, allowed) as servers:
        yield Toolbox(task.tools, sandbox, opened.workspace, servers)
