"""The wire format: old bytes still decode, invalid bytes never do, and every message is covered."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contracts import facts
from assay.contracts.attempts import AttemptExecuted, Report
from assay.contracts.codec import Malformed, Message, decode, encode
from tests.contracts.messages import NOW, SAMPLES, all_messages

GOLDEN = Path(__file__).with_name("golden.jsonl")
"""Frames as first written. Lines may be added, but a changed line breaks consumers with stored bytes."""


def golden() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GOLDEN.read_text().splitlines()]


def _includes(now: Any, then: Any) -> bool:
    """Whether ``now`` contains everything in ``then``; objects may have additional fields."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(
            name in now and _includes(now[name], value) for name, value in then.items()
        )
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(_includes, now, then))
    return bool(now == then)


def by_tag() -> dict[str, type[Message]]:
    return {kind.name(): kind for kind in all_messages()}


def test_tags_are_unique_and_every_message_has_a_golden_frame() -> None:
    assert len(by_tag()) == len(all_messages())
    assert {frame["type"] for frame in golden()} == set(by_tag())


@pytest.mark.parametrize("frame", golden(), ids=lambda frame: frame["type"])
def test_old_bytes_still_decode_to_the_same_values(frame: dict[str, Any]) -> None:
    message = decode(by_tag()[frame["type"]], json.dumps(frame).encode())
    again = json.loads(encode(message))
    assert _includes(again, frame)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: message.name())
def test_encoding_a_message_is_reversible(message: Message) -> None:
    assert encode(decode(type(message), encode(message))) == encode(message)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: message.name())
def test_unknown_fields_are_ignored(message: Message) -> None:
    newer = {**json.loads(encode(message)), "not_known_yet": [1]}
    assert encode(decode(type(message), encode(newer))) == encode(message)


def test_a_fact_is_sent_in_a_cloudevents_envelope() -> None:
    fact = next(sample for sample in SAMPLES if isinstance(sample, facts.AttemptFinished))
    event = facts.Event(
        id="01h-7",
        source="assay/ledger",
        type=fact.name(),
        subject="01h-1",
        time=NOW,
        sequence=7,
        project="default",
        runid="01h",
        data=fact,
    )
    plain = json.loads(encode(event))
    assert {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"} <= set(plain)
    assert decode(facts.Event, encode(event)) == event


BAD = [
    b"",
    b"null",
    b"{",
    b"[]",
    b'{"type":"attempt.unheard_of"}',
    b'{"type":"attempt.executed"}',
    b"\xff\xfe",
    b'{"type":"attempt.executed","message_id":"\\ud800"}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_invalid_reports_are_malformed_with_a_reason(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"not a valid"):
        decode(Report, data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", -1),
        ("duration_seconds", -0.5),
        ("duration_seconds", "NaN"),
        ("calls", [{"call_id": "c", "cost_nanousd": -1}]),
    ],
)
def test_impossible_amounts_are_refused(field: str, value: Any) -> None:
    report = json.loads(encode(next(sample for sample in SAMPLES if isinstance(sample, AttemptExecuted))))
    with pytest.raises(Malformed):
        decode(Report, json.dumps({**report, field: value}).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary(max_size=200) | JSON.map(encode))
def test_arbitrary_bytes_are_decoded_or_malformed(data: bytes) -> None:
    with suppress(Malformed):
        decode(Report, data)
