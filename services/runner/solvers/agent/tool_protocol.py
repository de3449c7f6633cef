"""How a model and its tools talk to one another: by the API's own calls, or by JSON in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.contracts.models import ToolCalls
from services.runner.models import ChatMessage, Completion, ToolCall
from services.runner.models.text_tool_calls import explain, hear
from services.runner.models.tools import ToolDefinition

Answered = tuple[ToolCall, str]
"""A call and what came of it."""


class Talk(Protocol):
    """``offered`` are the tools that go into the request, ``told`` is what the prompt says of them."""

    offered: Sequence[ToolDefinition]
    told: str

    def calls(self, completion: Completion) -> Sequence[ToolCall]: ...

    def said(self, completion: Completion) -> ChatMessage: ...

    def results(self, answered: Sequence[Answered]) -> list[ChatMessage]: ...


class Native:
    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.offered = tools
        self.told = ""

    def calls(self, completion: Completion) -> Sequence[ToolCall]:
        return completion.tool_calls

    def said(self, completion: Completion) -> ChatMessage:
        return ChatMessage(role="assistant", content=completion.text, tool_calls=completion.tool_calls)

    def results(self, answered: Sequence[Answered]) -> list[ChatMessage]:
        return [ChatMessage(role="tool", content=text, tool_call_id=call.call_id) for call, text in answered]


class Spoken:
    """The conversation is of plain messages alone."""

    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.offered: Sequence[ToolDefinition] = ()
        self.told = explain(tools)

    def calls(self, completion: Completion) -> Sequence[ToolCall]:
        call = hear(completion.text)
        return (call,) if call else ()

    def said(self, completion: Completion) -> ChatMessage:
        return ChatMessage(role="assistant", content=completion.text)

    def results(self, answered: Sequence[Answered]) -> list[ChatMessage]:
        texts = [f"{call.name or 'The call'} gave:\n{text}" for call, text in answered]
        return [ChatMessage(role="user", content="\n\n".join(texts))]


def talk_of(asked: ToolCalls | None, tools: Sequence[ToolDefinition]) -> Talk:
    return Spoken(tools) if asked is ToolCalls.TEXT else Native(tools)
