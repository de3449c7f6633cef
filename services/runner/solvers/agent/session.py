"""An agent at work: turns of the model and of its tools, until it submits or reaches a limit."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.tail import StepKind
from assay.contracts.tasks import Tool
from services.runner.models import ChatMessage, ToolCall
from services.runner.solvers.agent.commands import check_bash
from services.runner.solvers.agent.output_log import CommandOutputLog
from services.runner.solvers.agent.prompt import NUDGE, agent_prompt
from services.runner.solvers.agent.tool_protocol import CallResult, ToolProtocol, choose_protocol
from services.runner.solvers.agent.toolbox import Toolbox, open_toolbox, sandbox_spec
from services.runner.solvers.agent.transcript import Transcript
from services.runner.solvers.outputs import open_sandbox, submit_outputs, write_workspace
from services.runner.solvers.workspace_snapshot import snapshot_on_exit
from services.runner.task_bundles import TaskBundle
from services.runner.tries.try_context import TryContext, check_refusal

_MAX_IDLE_TURNS = 2
"""In a row, without a tool call; then the agent ends."""


async def solve(try_: TryContext, bundle: TaskBundle) -> ArtifactRef:
    """The bundle of outputs. Raises what ``TryContext.turn`` raises, LimitReached, AnswerUnusable or SandboxError."""
    with Transcript(try_.tail, try_, try_.clock) as transcript, CommandOutputLog() as output_log:
        async with (
            open_sandbox(try_, sandbox_spec(bundle.task)) as sandbox,
            snapshot_on_exit(try_, bundle, sandbox),
        ):
            await write_workspace(sandbox, bundle)
            if Tool.BASH in bundle.task.tools:
                await check_bash(sandbox)
            session = Session(try_, bundle, transcript, output_log)
            try:
                async with open_toolbox(try_, bundle, sandbox) as toolbox:
                    await session.run(toolbox)
                    await toolbox.write_logs()
            except BaseException as error:
                await transcript.add_limit(error)
                raise
            finally:
                await transcript.write_to(try_.artifacts)
                await output_log.write_to(try_.artifacts)
                await try_.write_response(session.last_message, truncated=False)
            return await submit_outputs(try_, bundle, sandbox)


class Session:
    """``last_message`` is the model's last text."""

    def __init__(
        self, try_: TryContext, bundle: TaskBundle, transcript: Transcript, output_log: CommandOutputLog
    ) -> None:
        self.last_message = ""
        self._try, self._bundle, self._transcript, self._output_log = try_, bundle, transcript, output_log
        self._limits = try_.ticket.limits
        self._messages: list[ChatMessage] = []

    async def run(self, toolbox: Toolbox) -> None:
        """Returns when the model submits or stops calling tools. Raises LimitReached."""
        try_, bundle = self._try, self._bundle
        protocol = choose_protocol(try_.ticket.model.parameters.tools, toolbox.definitions)
        sample = bundle.sample(try_.ticket.sample_id)
        self._messages = agent_prompt(
            bundle.task, sample, bundle.workspace, self._limits, protocol.system_text, bundle.images_of(sample)
        )
        await try_.write_prompt(self._messages)
        idle_turns = 0
        while idle_turns < _MAX_IDLE_TURNS:
            calls = await self._turn(protocol)
            if not calls:
                idle_turns += 1
                self._messages.append(ChatMessage(role="user", content=NUDGE))
                continue
            idle_turns = 0
            if await self._run_calls(calls, toolbox, protocol):
                await self._transcript.add(StepKind.END, "the model submitted its work")
                return
        try_.notes.append("the model stopped without submitting")
        await self._transcript.add(StepKind.END, "the model stopped calling tools; its work is submitted as it is")

    async def _turn(self, protocol: ToolProtocol) -> Sequence[ToolCall]:
        """One message of the model; returns its tool calls."""
        self._transcript.start_turn(self._limits)
        completion = await self._try.turn(self._messages, protocol.request_tools)
        await self._try.tail.flush()
        self.last_message = completion.text
        await self._transcript.add_message(completion)
        check_refusal(completion)
        self._messages.append(protocol.assistant_message(completion))
        return protocol.calls(completion)

    async def _run_calls(self, calls: Sequence[ToolCall], toolbox: Toolbox, protocol: ToolProtocol) -> bool:
        """Runs the calls in order. Returns True at the first that submits; the calls after it are ignored."""
        results: list[CallResult] = []
        for call in calls:
            step = await self._transcript.add_call(call, self._limits)
            result = await toolbox.use(call)
            self._output_log.add(step.number, result)
            self._try.audit.add_call(call.name, call.arguments, step.number, result.text)
            await self._transcript.add(
                StepKind.RESULT, result.text, tool=call.name, call_id=call.call_id, failed=result.failed
            )
            if result.warning and result.warning not in self._try.notes:
                self._try.notes.append(result.warning)
            if result.submitted:
                return True
            results.append((call, result.text))
        self._messages.extend(protocol.result_messages(results))
        return False
