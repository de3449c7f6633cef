"""An agent at work: turns of the model and of its tools, until it has done or may do no more."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.tail import StepKind
from assay.contracts.tasks import Tool
from services.runner.errors import AnswerRefused, LimitReached
from services.runner.models import ChatMessage, Completion, ToolCall
from services.runner.solvers.agent.commands import check_host
from services.runner.solvers.agent.output_log import Streams
from services.runner.solvers.agent.prompt import NUDGE, agent_prompt
from services.runner.solvers.agent.tool_protocol import Answered, Talk, talk_of
from services.runner.solvers.agent.toolbox import Toolbox
from services.runner.solvers.agent.tooling import open_toolbox, spec_of
from services.runner.solvers.agent.transcript import Transcript
from services.runner.solvers.outputs import hand_in, lay_out, open_sandbox, read_outputs
from services.runner.solvers.workspace_snapshot import remaining
from services.runner.tries.artifacts import Opened
from services.runner.tries.try_context import Try

_SILENT_TURNS = 2
"""So many in a row without a tool are an end without words."""


async def solve(attempt: Try, opened: Opened) -> ArtifactRef:
    """The bundle handed in. Raises what ``Try.turn`` raises, LimitReached, AnswerUnusable or SandboxError."""
    with Transcript(attempt.listener, attempt, attempt.clock) as transcript, Streams() as streams:
        async with (
            open_sandbox(attempt, spec_of(opened.task)) as sandbox,
            remaining(attempt, opened, sandbox),
        ):
            await lay_out(sandbox, opened)
            if Tool.BASH in opened.task.tools:
                await check_host(sandbox)
            session = Session(attempt, opened, transcript, streams)
            try:
                async with open_toolbox(attempt, opened, sandbox) as toolbox:
                    await session.work(toolbox)
            except BaseException as error:
                await transcript.end(error)
                raise
            finally:
                await transcript.keep(attempt.kept)
                await streams.keep(attempt.kept)
                await attempt.keep_response(session.said, truncated=False)
            return await hand_in(attempt, opened, await read_outputs(sandbox, opened))


class Session:
    """``said`` is the model's last message."""

    def __init__(self, attempt: Try, opened: Opened, transcript: Transcript, streams: Streams) -> None:
        self.said = ""
        self._attempt, self._opened, self._transcript, self._streams = attempt, opened, transcript, streams
        self._limits = attempt.ticket.limits
        self._messages: list[ChatMessage] = []

    async def work(self, toolbox: Toolbox) -> None:
        """Until the model submits or falls silent. Raises LimitReached."""
        attempt, opened = self._attempt, self._opened
        talk = talk_of(attempt.ticket.model.parameters.tools, toolbox.definitions)
        sample = opened.sample(attempt.ticket.sample_id)
        self._messages = agent_prompt(opened.task, sample, opened.workspace, self._limits, talk.told)
        await attempt.keep_prompt(self._messages)
        silent = 0
        while silent < _SILENT_TURNS:
            calls = await self._turn(talk)
            if not calls:
                silent += 1
                self._messages.append(ChatMessage(role="user", content=NUDGE))
                continue
            silent = 0
            if await self._use(calls, toolbox, talk):
                await self._transcript.add(StepKind.END, "the model submitted its work")
                return
        self._attempt.notes.append("the model ended without submitting")
        await self._transcript.add(StepKind.END, "the model called no tool any more; its work is handed in as it is")

    async def _turn(self, talk: Talk) -> Sequence[ToolCall]:
        """One message of the model; the calls it makes."""
        most = self._limits.turns
        if most is not None and self._transcript.turn >= most:
            raise LimitReached("turns", f"all {most} turns are taken")
        self._transcript.turn += 1
        completion = await self._attempt.turn(self._messages, talk.offered)
        await self._attempt.listener.flush()
        self.said = completion.text
        await self._transcript.add(StepKind.MESSAGE, completion.text)
        self._refuse(completion)
        self._messages.append(talk.said(completion))
        return talk.calls(completion)

    async def _use(self, calls: Sequence[ToolCall], toolbox: Toolbox, talk: Talk) -> bool:
        """Carries the calls out, in order; whether one of them submitted, after which none counts."""
        answered: list[Answered] = []
        for call in calls:
            most = self._limits.tool_calls
            if most is not None and self._transcript.tool_calls >= most:
                raise LimitReached("tool_calls", f"all {most} tool calls are used")
            self._transcript.tool_calls += 1
            step = await self._transcript.add(StepKind.CALL, call.arguments, tool=call.name, call_id=call.call_id)
            result = await toolbox.use(call)
            self._streams.add(step.number, result)
            about = {"tool": call.name, "call_id": call.call_id}
            await self._transcript.add(StepKind.RESULT, result.text, **about, failed=result.failed)
            if result.warning and result.warning not in self._attempt.notes:
                self._attempt.notes.append(result.warning)
            if result.submitted:
                return True
            answered.append((call, result.text))
        self._messages.extend(talk.results(answered))
        return False

    def _refuse(self, completion: Completion) -> None:
        if completion.refused:
            raise AnswerRefused(f"the model refused: {completion.text or completion.finish_reason}")
