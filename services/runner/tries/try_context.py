"""The state of one try: its ticket, clock, model calls and artifacts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import encode
from assay.contracts.evaluation import EvaluationSpec
from assay.contracts.models import Call, Parameters, Usage
from assay.contracts.replay import Responses
from assay.sandbox import ResourceUse
from assay.sandbox.selection import restrict_to_kind
from services.runner.audit.collector import AuditCollector
from services.runner.calls.attempt_limits import remaining_tokens
from services.runner.calls.grant_budget import open_budget
from services.runner.calls.model_caller import ModelCaller
from services.runner.errors import AnswerRefused
from services.runner.models import ChatMessage, Completion, ModelRequest, OnText, ToolDefinition
from services.runner.models.keys.stored_keys import KeyAccess
from services.runner.models.open_provider import ModelHandle
from services.runner.models.reasoning import without_reasoning
from services.runner.models.registry import replay_handle
from services.runner.ports import Ports
from services.runner.text import clean
from services.runner.tries.artifacts import JSON, ArtifactWriter
from services.runner.tries.served_model import MAX_NAME_CHARACTERS, ServedModels
from services.runner.tries.tail_writer import TailWriter
from services.runner.tries.wall_clock import WallClock


class TryContext:
    """What solvers work with. ``notes`` go into the result: deviations that are not failures."""

    def __init__(self, ticket: Ticket, ports: Ports) -> None:
        self.ticket = ticket
        self.ports = ports
        self.clock = WallClock(ticket.limits.wall_seconds)
        self.used = ResourceUse()
        self.sandboxes = restrict_to_kind(ports.sandboxes, ticket.sandbox)
        self.artifacts = ArtifactWriter(store=ports.attempts)
        self.tail = TailWriter(ticket, ports.tail, ports.tail_buffers.open(ticket))
        self.notes: list[str] = []
        self.evaluation = EvaluationSpec()
        self.audit = AuditCollector()
        self.responses: Responses | None = None
        self._caller: ModelCaller | None = None
        self._handle: ModelHandle | None = None
        self._opening = asyncio.Lock()
        self._served = ServedModels(ticket.model.name.partition("/")[2])

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(self._caller.calls) if self._caller else ()

    @property
    def usage(self) -> Usage:
        """Of all requests so far."""
        return self._caller.usage if self._caller else Usage()

    @property
    def cost_nanousd(self) -> int:
        return self._caller.cost_nanousd if self._caller else 0

    async def ask(self, messages: Sequence[ChatMessage]) -> tuple[str, ArtifactRef]:
        """The model's answer, and ``response.txt``, which holds it; if the request fails, what was received of it.
        Reasoning goes into ``reasoning.txt``.

        Raises CallFailed, AnswerRefused, LimitReached, GrantRefused or LeaseLost."""
        await self._open_caller()
        await self.write_prompt(messages)
        try:
            completion = await self.turn(messages)
        except BaseException:
            received = without_reasoning(Completion(text=self.tail.text, reasoning=self.tail.reasoning))
            await self._write_reasoning(received)
            await self.write_response(received.text, truncated=True)
            raise
        await self._write_reasoning(completion)
        response = await self.write_response(completion.text, truncated=completion.truncated)
        check_refusal(completion)
        return completion.text, response

    async def turn(
        self,
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolDefinition] = (),
        max_tokens: int | None = None,
        on_text: OnText | None = None,
    ) -> Completion:
        """One answer of the model, which may call ``tools``. Only its cost is recorded. ``on_text`` gets the text as
        it arrives. Raises CallFailed, LimitReached, GrantRefused or LeaseLost."""
        caller = await self._open_caller()
        parameters = self._parameters(caller.usage)
        if max_tokens is not None:
            parameters = msgspec.structs.replace(parameters, max_tokens=min(max_tokens, parameters.max_tokens or 1))
        await self.tail.step("calling the model")
        request = ModelRequest(messages=tuple(messages), parameters=parameters, tools=tuple(tools))
        completion = await caller.complete(request, on_text)
        notes = (*completion.notes, *self._served.notes(clean(completion.served_model, MAX_NAME_CHARACTERS)))
        self.notes += [note for note in notes if note not in self.notes]
        return completion

    async def write_prompt(self, messages: Sequence[ChatMessage]) -> None:
        await self.artifacts.write("prompt.json", encode([_without_image_data(each) for each in messages]), JSON)

    async def write_response(self, text: str, *, truncated: bool) -> ArtifactRef:
        await self.tail.flush()
        return await self.artifacts.write_text("response.txt", text, truncated=truncated)

    async def _write_reasoning(self, completion: Completion) -> None:
        if completion.reasoning:
            await self.artifacts.write_text("reasoning.txt", completion.reasoning)

    async def _open_caller(self) -> ModelCaller:
        """Always the same one, also if two requests open it concurrently. Raises CallMisconfigured if there is no such
        model."""
        async with self._opening:
            if self._caller is None:
                self._handle = await self._open_model()
                self._caller = self._new_caller(self._handle)
            return self._caller

    async def close(self) -> None:
        """The try has ended: it needs its model no more."""
        handle, self._handle = self._handle, None
        if handle is not None:
            await handle.close()

    def _new_caller(self, handle: ModelHandle) -> ModelCaller:
        budget = open_budget(self.ticket, self.ports.grants, self.tail.step)
        return ModelCaller(self.ticket, handle, budget, self.clock, self.tail)

    async def _open_model(self) -> ModelHandle:
        ticket = self.ticket
        if self.responses is None:
            models, name = self.ports.models, ticket.model.name
            access = KeyAccess(attempt_id=ticket.attempt_id, token=ticket.token)
            return await models.open(name, ticket.task_id, ticket.sample_id, ticket.provider, access)
        return replay_handle(ticket.model.name, self.responses, ticket.task_id, ticket.sample_id)

    def _parameters(self, used: Usage) -> Parameters:
        """The run's parameters, within the task's token limits."""
        parameters = self.ticket.model.parameters
        limit = self.ticket.limits.max_tokens
        remaining = remaining_tokens(self.ticket.limits, used)
        limit = limit if remaining is None else max(1, min(limit, remaining))
        return msgspec.structs.replace(parameters, max_tokens=min(parameters.max_tokens or limit, limit))


def _without_image_data(message: ChatMessage) -> ChatMessage | dict[str, Any]:
    """The images are in the task's public bundle already; the prompt only names them."""
    if not message.images:
        return message
    text: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(message, images=()))
    return text | {"images": [image.description for image in message.images]}


def check_refusal(completion: Completion) -> None:
    """Raises AnswerRefused."""
    if completion.refused:
        raise AnswerRefused(f"the model refused: {completion.text or completion.finish_reason}")
