"""Stored responses, ``scripted/<file>``: a deterministic model, counted and charged like a real one."""

from __future__ import annotations

import asyncio

import msgspec

from assay.catalog import Script, ScriptTurn
from assay.contracts.codec import encode
from services.runner.errors import CallMisconfigured
from services.runner.models.protocol import Completion, ModelRequest, OnText, ToolCall, ignore_text
from services.runner.models.text_tool_calls import render
from services.runner.models.token_count import estimate_usage


class ScriptedModel:
    """The responses for one sample of one task."""

    def __init__(self, script: Script, task_id: str, sample_id: str) -> None:
        self._script = script
        self._task_id, self._sample_id = task_id, sample_id

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        turn = self._script.turn(self._task_id, sum(message.role == "assistant" for message in request.messages))
        if turn is not None:
            return await self._play(turn, request, on_text)
        text = self._script.response(self._task_id, self._sample_id)
        if text is None:
            place = f"task {self._task_id!r}, sample {self._sample_id!r}"
            raise CallMisconfigured(
                f"the script {self._script.title!r} has no response to {place}; add one, or a default"
            )
        return await self._answer(Completion(text=text, finish_reason="stop"), request, on_text)

    async def _play(self, turn: ScriptTurn, request: ModelRequest, on_text: OnText) -> Completion:
        """Calls the turn's tool natively if tools are offered, otherwise in the text."""
        if not turn.tool:
            completion = Completion(text=turn.text, finish_reason="stop")
            return await self._answer(completion, request, on_text)
        arguments = encode(turn.arguments).decode()
        call = ToolCall(call_id=f"call_{len(request.messages)}", name=turn.tool, arguments=arguments)
        if request.tools:
            completion = Completion(text=turn.text, tool_calls=(call,), finish_reason="tool_calls")
        else:
            completion = Completion(text=render(turn.text, call), finish_reason="stop")
        return await self._answer(completion, request, on_text)

    async def _answer(self, completion: Completion, request: ModelRequest, on_text: OnText) -> Completion:
        await asyncio.sleep(self._script.latency_seconds)
        if completion.text:
            on_text(completion.text)
        usage = await estimate_usage(request, completion)
        return msgspec.structs.replace(completion, usage=usage)
