"""Stored responses, ``scripted/<file>``: a model that is the same every time, counted and charged like a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assay.catalog import Script
from assay.contracts.models import Parameters
from services.runner.errors import CallMisconfigured
from services.runner.models.protocol import ChatMessage, Completion, OnText
from services.runner.models.tokens import count_usage


class ScriptedModel:
    """Answers one sample of one task."""

    def __init__(self, script: Script, task_id: str, sample_id: str) -> None:
        self._script = script
        self._task_id, self._sample_id = task_id, sample_id

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        text = self._script.response(self._task_id, self._sample_id)
        if text is None:
            place = f"task {self._task_id!r}, sample {self._sample_id!r}"
            raise CallMisconfigured(
                f"the script {self._script.title!r} has no response to {place}; add one, or a default"
            )
        await asyncio.sleep(self._script.latency_seconds)
        on_text(text)
        return Completion(text=text, usage=await count_usage(messages, text), finish_reason="stop")
