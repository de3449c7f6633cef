"""How a model and its tools talk to one another: by the API's own calls, or by JSON in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.contracts.models import ToolCalls
from services.runner.models import ChatMessage, Completion, ToolCall
from services.runner.models.text_tool_calls import describe_tools, parse
from services.runner.models.tools import ToolDefinition

CallResult = tuple[ToolCall, str]
"""A call and what came of it."""


class ToolProtocol(Protocol):
    """``offered`` are the tools that go into the request, ``told`` is what the prompt says of them."""

    request_tools: Sequence[ToolDefinition]
    system_text: str

    def calls(self, completion: Completion) -> Sequence[ToolCall]: ...

    def assistant_message(self, completion: Completion) -> ChatMessage: ...

    def result_messages(self, answered: Sequence[CallResult]) -> list[ChatMessage]: ...


class NativeToolProtocol:
    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.request_tools = tools
        self.system_text = ""

    def calls(self, completion: Completion) -> Sequence[ToolCall]:
        return completion.tool_calls

    def assistant_message(self, completion: Completion) -> ChatMessage:
        return ChatMessage(role="assistant", content=completion.text, tool_calls=completion.tool_calls)

    def result_messages(self, answered: Sequence[CallResult]) -> list[ChatMessage]:
        return [ChatMessage(role="tool", content=text, tool_call_id=call.call_id) for call, text in answered]


class TextToolProtocol:
    """The conversation is of plain messages alone."""

    def __init__(self, tools: Sequence[ToolDefinition]) -> None:
        self.request_tools: Sequence[ToolDefinition] = ()
        self.system_text = describe_tools(tools)

    def calls(self, completion: Completion) -> Sequence[ToolCall]:
        call = parse(completion.text)
        return (call,) if call else ()

    def assistant_message(self, completion: Completion) -> ChatMessage:
        return ChatMessage(role="assistant", content=completion.text)

    def result_messages(self, answered: Sequence[CallResult]) -> list[ChatMessage]:
        texts = [f"{call.name or 'The call'} gave:\n{text}" for call, text in answered]
        return [ChatMessage(role="user", content="\n\n".join(texts))]


def choose_protocol(asked: ToolCalls | None, tools: Sequence[ToolDefinition]) -> ToolProtocol:
    return TextToolProtocol(tools) if asked is ToolCalls.TEXT else NativeToolProtocol(tools)
