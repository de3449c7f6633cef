"""What an attempt's model would be sent first, made as a try makes it, and sent nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import PreviewPrompt, Prompt, PromptMessage
from assay.contracts.tasks import Solver
from services.runner.errors import TaskUnusable
from services.runner.models import ChatMessage
from services.runner.solvers.agent.definitions import definitions
from services.runner.solvers.agent.prompt import agent_prompt
from services.runner.solvers.agent.tool_protocol import talk_of
from services.runner.solvers.prompts import answer_prompt, files_prompt
from services.runner.tries.artifacts import Bundles, Opened

MOST_BYTES = 400_000
"""Of one prompt; an answer over the bus has an end."""


async def on_prompts_preview(request: PreviewPrompt, bundles: Bundles) -> Prompt:
    """Raises ProblemError for what cannot be shown, or ArtifactError."""
    try:
        opened = await bundles.open(request.public)
        return _prompt(request, opened)
    except TaskUnusable as error:
        problem = Problem(code="task_unusable", title="No prompt can be made", status=422, detail=str(error))
        raise ProblemError(problem) from error


def _prompt(request: PreviewPrompt, opened: Opened) -> Prompt:
    task, sample = opened.task, opened.sample(request.sample_id)
    if task.solver is Solver.ANSWER:
        return _cut(answer_prompt(task, sample))
    if task.solver is Solver.FILES:
        return _cut(files_prompt(task, sample, opened.workspace))
    if task.solver is Solver.COMMAND:
        told = "\n\n".join(text for text in (task.instructions.strip(), sample.input.strip()) if text)
        note = f"its own program ({task.command[0]}) asks the model; this is what the program is told"
        return _cut([ChatMessage(role="user", content=told)], note=note)
    talk = talk_of(request.parameters.tools, definitions(task.tools))
    messages = agent_prompt(task, sample, opened.workspace, request.limits, talk.told)
    servers = ", ".join(server.name for server in task.mcp)
    note = f"the tools of {servers} are asked for when its sandbox is open" if servers else ""
    return _cut(messages, [tool.name for tool in talk.offered], note)


def _cut(messages: Sequence[ChatMessage], tools: Iterable[str] = (), note: str = "") -> Prompt:
    shown: list[PromptMessage] = []
    left, truncated = MOST_BYTES, False
    for message in messages:
        data = message.content.encode("utf-8", "replace")
        truncated |= len(data) > left
        shown.append(PromptMessage(role=message.role, content=data[:left].decode("utf-8", "ignore")))
        left = max(0, left - len(data))
    return Prompt(messages=tuple(shown), tools=tuple(tools), note=note, truncated=truncated)
