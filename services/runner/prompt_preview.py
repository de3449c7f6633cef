"""Shows the first prompt that an attempt's model would get: built as a try builds it, but not sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import PreviewPrompt, Prompt, PromptMessage
from assay.contracts.tasks import Solver
from services.runner.errors import TaskUnusable
from services.runner.models import ChatMessage
from services.runner.solvers.agent.definitions import definitions
from services.runner.solvers.agent.prompt import agent_prompt
from services.runner.solvers.agent.tool_protocol import choose_protocol
from services.runner.solvers.prompts import answer_prompt, files_prompt, program_prompt
from services.runner.task_bundles import BundleCache, TaskBundle

MAX_BYTES = 400_000
"""Of one prompt, so that the reply fits in a message of the bus."""


async def on_prompts_preview(request: PreviewPrompt, bundles: BundleCache) -> Prompt:
    """Raises ProblemError if no prompt can be built, or ArtifactError."""
    try:
        return _prompt(request, await bundles.open(request.public))
    except TaskUnusable as error:
        problem = Problem(code="task_unusable", title="No prompt can be made", status=422, detail=str(error))
        raise ProblemError(problem) from error


def _prompt(request: PreviewPrompt, bundle: TaskBundle) -> Prompt:
    task, sample = bundle.task, bundle.sample(request.sample_id)
    images = bundle.images_of(sample)
    if task.solver is Solver.ANSWER:
        return _cut(answer_prompt(task, sample, images))
    if task.solver is Solver.FILES:
        return _cut(files_prompt(task, sample, bundle.workspace, images))
    if task.solver is Solver.COMMAND:
        note = f"its own program ({task.command[0]}) asks the model; these are the program's instructions"
        return _cut([ChatMessage(role="user", content=program_prompt(task, sample))], note=note)
    protocol = choose_protocol(request.parameters.tools, definitions(task.tools))
    messages = agent_prompt(task, sample, bundle.workspace, request.limits, protocol.system_text, images)
    servers = ", ".join(server.name for server in task.mcp)
    note = f"the tools of {servers} are listed only once the sandbox is open" if servers else ""
    return _cut(messages, [tool.name for tool in protocol.request_tools], note)


def _cut(messages: Sequence[ChatMessage], tools: Iterable[str] = (), note: str = "") -> Prompt:
    shown: list[PromptMessage] = []
    bytes_left, truncated = MAX_BYTES, False
    for message in messages:
        data = message.content.encode("utf-8", "replace")
        truncated |= len(data) > bytes_left
        content = data[:bytes_left].decode("utf-8", "ignore")
        images = tuple(image.description for image in message.images)
        shown.append(PromptMessage(role=message.role, content=content, images=images))
        bytes_left = max(0, bytes_left - len(data))
    return Prompt(messages=tuple(shown), tools=tuple(tools), note=note, truncated=truncated)
