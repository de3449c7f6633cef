"""How a model calls tools and gets their results: natively through the API, or as JSON in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.contracts.models import ToolCalls
from services.runner.models import ChatMessage, Completion, ToolCall, ToolDefinition
from services.runner.models.text_tool_calls import describe_tools, parse

CallResult = tuple[ToolCall, str]
"""A call and the text of its result."""


class ToolProtocol(Protocol):
    """``request_tools`` are sent with each request; ``system_text`` is the part of the prompt about tools."""

    request_tools: Sequence[ToolDefinition]
    system_text: str

    def calls(self, completion: Completion) -> Sequence[ToolCall]: ...

    def assistant_message(self, completion: Completion) -> ChatMessage: ...

    def result_messages(self, results: Sequence[CallResult]) -> list[ChatMessage]: ...


class NativeToolProtocol:
    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.request_tools = tools
        self.system_text = ""

    def calls(self, completion: Completion) -> Sequence[ToolCall]:
        return completion.tool_calls

    def assistant_message(self, completion: Completion) -> ChatMessage:
        calls, native = completion.tool_calls, completion.native
        return ChatMessage(role="assistant", content=completion.text, tool_calls=calls, native=native)

    def result_messages(self, results: Sequence[CallResult]) -> list[ChatMessage]:
        return [ChatMessage(role="tool", content=text, tool_call_id=call.call_id) for call, text in results]


class TextToolProtocol:
    """The conversation has only plain messages."""

    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.request_tools: Sequence[ToolDefinition] = ()
        self.system_text = describe_tools(tools)

    def calls(self, completion: Completion) -> Sequence[ToolCall]:
        call = parse(completion.text)
        return (call,) if call else ()

    def assistant_message(self, completion: Completion) -> ChatMessage:
        return ChatMessage(role="assistant", content=completion.text)

    def result_messages(self, results: Sequence[CallResult]) -> list[ChatMessage]:
        texts = [f"Result of {call.name or 'the call'}:\n{text}" for call, text in results]
        return [ChatMessage(role="user", content="\n\n".join(texts))]


def choose_protocol(requested: ToolCalls | None, tools: Sequence[ToolDefinition]) -> ToolProtocol:
    return TextToolProtocol(tools) if requested is ToolCalls.TEXT else NativeToolProtocol(tools)
