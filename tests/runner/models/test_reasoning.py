"""Reasoning and template tokens are separated from the answer."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runner.models.reasoning import separate_reasoning

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
