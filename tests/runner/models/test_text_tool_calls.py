"""Tool calls in plain text, as models write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runner.models import ToolCall, ToolDefinition
from services.runner.models.text_tool_calls import describe_tools, parse, render

LS = ("bash", {"command": "ls"})


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ('```json\n{"tool": "bash", "arguments": {"command": "ls"}}\n```', *LS),
        ('I look.\n{"tool":"bash","arguments":{"command":"ls"}} and then?', *LS),
        ('{"name": "bash", "parameters": {"command": "ls"}}', *LS),
        ('{"action": "bash", "action_input": {"command": "ls"}}', *LS),
        ('{"tool": "bash", "command": "ls"}', *LS),
        ('{"tool": "bash", "arguments": "{\\"command\\": \\"ls\\"}"}', *LS),
        ('{"tool": "bash", "arguments": "\\"{\\\\\\"command\\\\\\": \\\\\\"ls\\\\\\"}\\""}', *LS),
        ('Thought: look\nAction: bash\nAction Input: {"command": "ls"}\nObservation: a.txt', *LS),
        ('Action: `bash`\nAction Input:\n```json\n{"command": "ls"}\n```', *LS),
        ("Action: submit", "submit", {}),
        ('{"tool": "bash", "arguments": {"command": "a\nb"}}', "bash", {"command": "a\nb"}),
        ('{"tool": "bash", "arguments": {"command": "ls"}}\n{"tool": "submit", "arguments": {}}', *LS),
        ('In {"tool": oops} I mean {"tool": "submit", "arguments": {}}', "submit", {}),
        ('{"tool": "python", "arguments": {"code": "print(\'```\')"}}', "python", {"code": "print('```')"}),
    ],
)
def test_a_call_is_found(text: str, name: str, arguments: object) -> None:
    call = parse(text)
    assert call
    assert (call.name, json.loads(call.arguments, strict=False)) == (name, arguments)


@pytest.mark.parametrize("text", ["", "I am done.", "The action is clear: fix it.", '{"files": []}', "```\nls\n```"])
def test_text_without_a_call_gives_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ['{"tool": "bash", "arguments": {"command": "l', '{"tool": bash}', '{"tool": 5}'])
def test_an_unreadable_call_is_still_a_call(text: str) -> None:
    call = parse(text)
    assert (call and call.name) in ("", None)


@given(text=st.text(max_size=40).filter(lambda text: "{" not in text and "ction" not in text), code=st.text())
def test_a_rendered_call_is_parsed(text: str, code: str) -> None:
    call = ToolCall(call_id="", name="python", arguments=json.dumps({"code": code}))
    assert parse(render(text, call)) == ToolCall(call_id="", name="python", arguments=compact({"code": code}))


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@given(text=st.text(alphabet='{}[]"\\: \ntoolnameactionAInput,0`'))
def test_any_text_can_be_parsed(text: str) -> None:
    parse(text)


def test_every_tool_is_described() -> None:
    text = describe_tools([ToolDefinition(name="drill", description="Makes holes.", arguments={"type": "object"})])
    assert 'drill: Makes holes.\nIts arguments: {"type":"object"}' in text
    call = parse(text)
    assert call
    assert call.name == "name"
