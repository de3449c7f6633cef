"""One try: its ticket, its clock, what it asked, what it keeps."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import encode
from assay.contracts.models import Call, Parameters, Usage
from assay.contracts.replay import Responses
from assay.sandbox.selection import restrict_to_kind
from services.runner.calls.attempt_limits import left_tokens
from services.runner.calls.grant_budget import purse_of
from services.runner.calls.model_caller import Caller
from services.runner.errors import AnswerRefused
from services.runner.models import ChatMessage, Completion, OnText
from services.runner.models.registry import Served, replayed
from services.runner.models.tools import ToolDefinition, offer
from services.runner.ports import Ports
from services.runner.tries.artifacts import JSON, Kept
from services.runner.tries.tail_writer import Listener
from services.runner.tries.wall_clock import WallClock


class Try:
    """What solvers work with. ``notes`` are for the result: things that went other than asked, yet are no failure."""

    def __init__(self, ticket: Ticket, ports: Ports) -> None:
        self.ticket = ticket
        self.ports = ports
        self.clock = WallClock(ticket.limits.wall_seconds)
        self.sandboxes = restrict_to_kind(ports.sandboxes, ticket.sandbox)
        self.kept = Kept(store=ports.attempts)
        self.listener = Listener(ticket, ports.tail)
        self.notes: list[str] = []
        self.replayed: Responses | None = None
        self._caller: Caller | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(self._caller.calls) if self._caller else ()

    @property
    def usage(self) -> Usage:
        """Of all its requests so far."""
        return self._caller.usage if self._caller else Usage()

    @property
    def cost_nanousd(self) -> int:
        return self._caller.cost_nanousd if self._caller else 0

    async def ask(self, messages: Sequence[ChatMessage]) -> tuple[str, ArtifactRef]:
        """The model's text, and where it is kept as ``response.txt``; so is what was heard of a request that failed.
        Raises CallFailed, AnswerRefused, LimitReached, GrantRefused or LeaseLost."""
        await self._open_caller()
        await self.keep_prompt(messages)
        try:
            completion = await self.turn(messages)
        except BaseException:
            await self.keep_response(self.listener.text, truncated=True)
            raise
        response = await self.keep_response(completion.text, truncated=completion.truncated)
        if completion.refused:
            raise AnswerRefused(f"the model refused: {completion.text or completion.finish_reason}")
        return completion.text, response

    async def turn(
        self,
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolDefinition] = (),
        most_tokens: int | None = None,
        on_text: OnText | None = None,
    ) -> Completion:
        """One answer of the model, who is offered the tools, of at most so many tokens. Nothing of it is kept
        but what it cost. ``on_text`` hears it as it comes. Raises as ``ask`` does, but for AnswerRefused."""
        caller = await self._open_caller()
        parameters = self._parameters(caller.usage)
        if most_tokens is not None:
            parameters = msgspec.structs.replace(parameters, max_tokens=min(most_tokens, parameters.max_tokens or 1))
        await self.listener.step("calling the model")
        return await caller.ask(messages, offer(parameters, tools) if tools else parameters, on_text)

    async def keep_prompt(self, messages: Sequence[ChatMessage]) -> None:
        await self.kept.keep("prompt.json", encode(messages), JSON)

    async def _open_caller(self) -> Caller:
        """The one of this try, also when two ask at once. Raises CallMisconfigured when there is no such model."""
        if self._caller is None:
            served = await self._served()
            self._caller = self._caller or self._new_caller(served)
        return self._caller

    def _new_caller(self, served: Served) -> Caller:
        ports, listener = self.ports, self.listener
        purse = purse_of(self.ticket, ports.grants, listener.step)
        return Caller(self.ticket, served.model, served.pace, purse, self.clock, listener, ports.retrying)

    async def _served(self) -> Served:
        ticket = self.ticket
        if self.replayed is None:
            return await self.ports.models.open(ticket.model.name, ticket.task_id, ticket.sample_id)
        return replayed(ticket.model.name, self.replayed, ticket.task_id, ticket.sample_id)

    async def keep_response(self, text: str, *, truncated: bool) -> ArtifactRef:
        await self.listener.flush()
        return await self.kept.keep_text("response.txt", text, truncated=truncated)

    def _parameters(self, used: Usage) -> Parameters:
        """The run's own, with the task's limits on tokens."""
        asked = self.ticket.model.parameters
        most = self.ticket.limits.max_tokens
        left = left_tokens(self.ticket.limits, used)
        most = most if left is None else max(1, min(most, left))
        return msgspec.structs.replace(asked, max_tokens=min(asked.max_tokens or most, most))
