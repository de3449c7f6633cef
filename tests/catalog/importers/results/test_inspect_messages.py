"""Prompt, response and steps of Inspect's samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.contracts.imported_runs import ImportedMessage, ImportedStep
from assay.contracts.tail import StepKind
from tests.catalog.importers.results.inspect_logs import (
    assistant,
    call,
    output,
    result_of,
    run_of,
    sample,
    system,
    tool,
    user,
)


def test_an_agent_has_steps(tmp_path: Path) -> None:
    messages = [
        system("Be brief."),
        user("Add."),
        assistant(
            [
                {"type": "reasoning", "reasoning": "Use the tool.", "signature": "s"},
                {"type": "text", "text": "Let me see."},
            ],
            tool_calls=[call("add", {"x": 1, "y": "ü"}), call("fail", {}, "call_2")],
        ),
        tool("3", "add"),
        tool("", "fail", "call_2", error={"type": "timeout", "message": "took too long"}),
        user("Go on."),
        assistant("3"),
    ]
    result = result_of(tmp_path, {"messages": messages, "output": output("3")})
    assert [(each.role, each.text) for each in result.prompt] == [("system", "Be brief."), ("user", "Add.")]
    assert result.response == "3"
    assert result.steps == (
        ImportedStep(kind=StepKind.REASONING, text="Use the tool."),
        ImportedStep(kind=StepKind.MESSAGE, text="Let me see."),
        ImportedStep(kind=StepKind.CALL, text='{"x": 1, "y": "ü"}', tool="add", call_id="call_1"),
        ImportedStep(kind=StepKind.CALL, text="{}", tool="fail", call_id="call_2"),
        ImportedStep(kind=StepKind.RESULT, text="3", tool="add", call_id="call_1"),
        ImportedStep(kind=StepKind.RESULT, text="took too long", tool="fail", call_id="call_2", failed=True),
        ImportedStep(kind=StepKind.MESSAGE, text="user: Go on."),
        ImportedStep(kind=StepKind.MESSAGE, text="3"),
    )


def test_one_message_with_a_tool_call_has_steps(tmp_path: Path) -> None:
    result = result_of(tmp_path, {"messages": [user("?"), assistant("", tool_calls=[call("bash", {"cmd": "ls"})])]})
    assert [each.kind for each in result.steps] == [StepKind.CALL]


def test_errors_of_tools_in_old_logs(tmp_path: Path) -> None:
    messages = [user("?"), assistant("", tool_calls=[call("x", {})]), tool("", "x", error=None, tool_error="boom")]
    step = result_of(tmp_path, {"messages": messages}).steps[-1]
    assert (step.text, step.failed) == ("boom", True)


def test_answers_in_the_prompt_are_examples(tmp_path: Path) -> None:
    shots = [user("1+1?"), assistant("2", source=None), user("2+2?")]
    result = result_of(tmp_path, {"messages": [*shots, assistant("4")], "output": output("4")})
    assert [each.role for each in result.prompt] == ["user", "assistant", "user"]
    assert (result.response, result.steps) == ("4", ())


def test_parts_that_are_no_text_become_markers(tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image", "image": "attachment://0d72", "detail": "auto"},
        {"type": "audio", "audio": "data:", "format": "wav"},
        {"type": "document", "document": "x", "filename": "a.pdf"},
        {"type": "tool_use", "tool_type": "web_search", "id": "1", "name": "s", "arguments": "{}", "result": "r"},
        {"type": "data", "data": {"a": 1}},
        {"type": "hologram"},
    ]
    question = [user(parts)]
    result = result_of(tmp_path, {"input": question, "messages": [*question, assistant("ok")]})
    text = "Look:\n[image]\n[audio]\n[document]\n[tool_use]\n[data]\n[hologram]"
    assert result.prompt == (ImportedMessage(role="user", text=text),)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"reasoning": "plain"}, "plain"),
        ({"reasoning": "cipher", "redacted": True}, None),
        ({"reasoning": "cipher", "redacted": True, "summary": "in short"}, "in short"),
        ({"reasoning": "", "summary": "in short"}, "in short"),
        ({"reasoning": "attachment://abc"}, "long thought"),
    ],
)
def test_reasoning(tmp_path: Path, part: dict[str, Any], expected: str | None) -> None:
    thought = assistant([{"type": "reasoning", **part}, {"type": "text", "text": "a"}])
    more = {"messages": [user("?"), thought, user("and?"), assistant("b")], "attachments": {"abc": "long thought"}}
    steps = result_of(tmp_path, more).steps
    found = [each.text for each in steps if each.kind is StepKind.REASONING]
    assert found == ([] if expected is None else [expected])


def test_attachments_are_put_in(tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "input": "attachment://q",
        "target": "attachment://t",
        "messages": [
            user("attachment://q"),
            assistant([{"type": "text", "text": "attachment://a"}], tool_calls=[call("f", {"x": ["attachment://t"]})]),
        ],
        "output": {"model": "", "choices": [], "completion": "attachment://a"},
        "attachments": {"q": "long question", "t": "long target", "a": "long answer"},
    }
    run = run_of(tmp_path, sample(**more), sample(2, input="attachment://gone"))
    assert (run.results[0].prompt[0].text, run.results[0].response) == ("long question", "long answer")
    assert (run.tasks[0].samples[0].input, run.tasks[0].samples[0].expected) == ("long question", "long target")
    assert [each.text for each in run.results[0].steps] == ["long answer", '{"x": ["long target"]}']
    assert run.tasks[0].samples[1].input == "attachment://gone"


@pytest.mark.parametrize(
    ("found", "messages", "expected"),
    [
        ({"completion": "one", "choices": []}, [assistant("two")], "one"),
        ({"completion": "", "choices": [{"message": assistant("three")}]}, [assistant("two")], "three"),
        ({"choices": [{"message": assistant([{"type": "text", "text": "four"}])}]}, [], "four"),
        ({"choices": []}, [assistant("two")], "two"),
        (None, [assistant("x"), assistant("two")], "two"),
        (None, [assistant(None)], ""),
        ({"choices": [], "completion": None}, [], ""),
    ],
)
def test_the_response(tmp_path: Path, found: object, messages: list[Any], expected: str) -> None:
    assert result_of(tmp_path, {"output": found, "messages": [user("?"), *messages]}).response == expected


def test_without_messages_the_input_is_the_prompt(tmp_path: Path) -> None:
    assert result_of(tmp_path, {"messages": []}).prompt == (ImportedMessage(role="user", text="What is 1+1?"),)


def test_choices_belong_to_the_input_unless_the_prompt_shows_them(tmp_path: Path) -> None:
    hidden = sample(1, choices=["three", "two"])
    shown = sample(2, choices=["three", "two"], messages=[user("1+1? A) three B) two"), assistant("B")])
    many = sample(3, choices=[f"choice {number}" for number in range(28)])
    run = run_of(tmp_path, hidden, shown, many)
    first, second, third = (each.input for each in run.tasks[0].samples)
    assert first == "What is 1+1?\nA) three\nB) two"
    assert second == "What is 1+1?"
    assert third.splitlines()[-3:] == ["Z) choice 25", "27) choice 26", "28) choice 27"]


def test_text_is_cut_and_can_be_stored(tmp_path: Path) -> None:
    odd = "a\0b\ud800c\x1b[31m"
    run = run_of(tmp_path, sample(input=odd, target="y" * 1_500_000, output=output("z" * 1_000_001)))
    assert run.tasks[0].samples[0].input == "a\\x00b\\ud800c\x1b[31m"
    assert len(run.tasks[0].samples[0].expected) == 1_000_000
    assert run.tasks[0].samples[0].expected.endswith("y [cut: 1500000 characters]")
    assert run.results[0].response.endswith("z [cut: 1000001 characters]")
