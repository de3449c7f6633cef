"""Reasoning and template tokens are separated from the answer."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runner.models.reasoning import separate_reasoning
from services.runner.models.reasoning_stream import ReasoningStream

GROUPS = msgspec.yaml.decode((Path(__file__).parents[2] / "corpus/reasoning.yaml").read_bytes())


@pytest.mark.parametrize(("text", "answer", "reasoning", "reason"), [row for group in GROUPS for row in group["rows"]])
def test_reasoning(text: str, answer: str, reasoning: str, reason: str) -> None:
    separated = separate_reasoning(text)
    assert (separated.text, separated.reasoning) == (answer, reasoning), reason


@given(st.text() | st.from_regex(r"(?:</?think>|```\n|<\|channel\|>(?:final|analysis)<\|message\|>|<\|end\|>|[ab\n])*"))
def test_no_text_is_lost_and_none_makes_it_raise(text: str) -> None:
    separated = separate_reasoning(text)
    assert len(separated.text) + len(separated.reasoning) <= len(text) + 1


@pytest.mark.parametrize(
    "text", ["<think>" * 300_000, "\n<think>```\n" * 100_000, " " * 2_000_000, "<|channel|>" * 200_000]
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    separate_reasoning(text)
    assert time.process_time() - started < 5.0


def stream(text: str, piece: int) -> tuple[str, str]:
    answer: list[str] = []
    reasoning: list[str] = []
    separated = ReasoningStream(answer.append, reasoning.append)
    for start in range(0, len(text), piece):
        separated.add(text[start : start + piece])
    separated.end()
    return "".join(answer), "".join(reasoning)


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("Paris", "Paris", ""),
        ("<b>Paris</b>", "<b>Paris</b>", ""),
        ("<think>It is A.</think>\nB", "B", "It is A."),
        ("\n<Thinking>1 < 2 </b></Thinking> \n B", "B", "1 < 2 </b>"),
        ("<think>It is", "", "It is"),
        ("<thi", "<thi", ""),
        ("<think></think>B", "B", ""),
        ("B <think>x</think>", "B <think>x</think>", ""),
        ("<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B", "B", None),
        ("<|channel|>final<|message|>B", "<|channel|>final<|message|>B", ""),
    ],
)
def test_streamed_reasoning(text: str, answer: str, reasoning: str | None, piece: int) -> None:
    streamed = stream(text, piece)
    assert streamed[0] == answer
    assert reasoning is None or streamed[1] == reasoning


@given(st.from_regex(r"(?:</?think>|<\|channel\|>(?:final|analysis)<\|message\|>|[ab<\n])*"), st.integers(1, 9))
def test_a_stream_loses_nothing_but_one_pair_of_marks(text: str, piece: int) -> None:
    answer, reasoning = stream(text, piece)
    rest = iter(text)
    assert all(character in rest for character in reasoning + answer)
    assert len(text.strip()) - len((reasoning + answer).strip()) <= 80


def test_a_stream_of_single_characters_takes_linear_time() -> None:
    started = time.process_time()
    for text in ("<" * 200_000, " " * 200_000, "<think>" + "<" * 200_000, "<think>" + "a" * 200_000):
        stream(text, 1)
    assert time.process_time() - started < 20.0
