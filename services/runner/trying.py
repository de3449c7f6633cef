"""One try: its ticket, its clock, what it asked, what it keeps."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import encode
from assay.contracts.models import Call, Parameters
from services.runner.artifacts import JSON, Kept
from services.runner.calling import Caller
from services.runner.clock import WallClock
from services.runner.errors import AnswerRefused
from services.runner.grants import purse_of
from services.runner.models import ChatMessage
from services.runner.ports import Ports
from services.runner.tailing import Listener


class Try:
    """What solvers work with. ``notes`` are for the result: things that went other than asked, yet are no failure."""

    def __init__(self, ticket: Ticket, ports: Ports) -> None:
        self.ticket = ticket
        self.ports = ports
        self.clock = WallClock(ticket.limits.wall_seconds)
        self.kept = Kept(store=ports.attempts)
        self.listener = Listener(ticket, ports.tail)
        self.notes: list[str] = []
        self._caller: Caller | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(self._caller.calls) if self._caller else ()

    async def ask(self, messages: Sequence[ChatMessage]) -> tuple[str, ArtifactRef]:
        """The model's text, and where it is kept as ``response.txt``; so is what was heard of a request that failed.
        Raises CallFailed, AnswerRefused, GrantRefused or LeaseLost."""
        ticket = self.ticket
        served = self.ports.models.open(ticket.model.name, ticket.task_id, ticket.sample_id)
        purse = purse_of(ticket, self.ports.grants, self.listener.step)
        self._caller = Caller(ticket, served.model, served.pace, purse, self.clock, self.listener, self.ports.retrying)
        await self.kept.keep("prompt.json", encode(messages), JSON)
        await self.listener.step("calling the model")
        try:
            completion = await self._caller.ask(messages, self._parameters())
        except BaseException:
            await self._keep_response(self.listener.text, truncated=True)
            raise
        response = await self._keep_response(completion.text, truncated=completion.truncated)
        if completion.refused:
            raise AnswerRefused(f"the model refused: {completion.text or completion.finish_reason}")
        return completion.text, response

    async def _keep_response(self, text: str, *, truncated: bool) -> ArtifactRef:
        await self.listener.flush()
        return await self.kept.keep_text("response.txt", text, truncated=truncated)

    def _parameters(self) -> Parameters:
        """The run's own, with the task's limit on tokens."""
        asked = self.ticket.model.parameters
        most = self.ticket.limits.max_tokens
        return msgspec.structs.replace(asked, max_tokens=min(asked.max_tokens or most, most))
