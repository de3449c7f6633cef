"""Validation errors name the field, what is allowed, and the value that was sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from assay.contracts.codec import Malformed, decode
from assay.contracts.live import ClientFrame
from assay.contracts.runs import RunRequest
from assay.validation.field_errors import field_error
from services.gateway.errors import InvalidRequest
from services.gateway.http.request_body import decode_body

REQUEST: dict[str, Any] = {"models": ["nop"], "suite": "small"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], "body: must be an object, got a list"),
        ({}, "body: the field 'models' is required"),
        ({**REQUEST, "models": "nop"}, 'models: must be a list, got "nop"'),
        ({**REQUEST, "models": []}, "models: must have at least 1 item, got 0"),
        (
            {**REQUEST, "models": ["nop", "a b"]},
            'models[1]: must be a model name such as openai/gpt-4o-mini (letters, digits and ._:@/-), got "a b"',
        ),
        ({**REQUEST, "name": "x" * 201}, "name: must have at most 200 characters, got 201"),
        ({**REQUEST, "name": "a\0b"}, 'name: must be text without NUL characters, got "a\\u0000b"'),
        ({**REQUEST, "repeats": "3"}, 'repeats: must be an integer, got "3"'),
        ({**REQUEST, "repeats": -1}, "repeats: must be at least 0, got -1"),
        ({**REQUEST, "partial": "yes"}, 'partial: must be true or false, got "yes"'),
        ({**REQUEST, "limits": {"seconds": 0}}, "limits.seconds: must be more than 0, got 0"),
        (
            {**REQUEST, "limits": {"cost_usd": 1}},
            'limits.cost_usd: must be US dollars as a decimal string such as "0.25" or null, got 1',
        ),
        (
            {**REQUEST, "limits": {"cost_usd": "-1"}},
            'limits.cost_usd: must be US dollars as a decimal string such as "0.25", got "-1"',
        ),
        (
            {**REQUEST, "sandbox": "dokcer"},
            'sandbox: must be one of auto, bubblewrap, docker, kubernetes, process, got "dokcer"; '
            "did you mean 'docker'?",
        ),
        ({**REQUEST, "sandbox": 3}, "sandbox: must be one of auto, bubblewrap, docker, kubernetes, process, got 3"),
        (
            {**REQUEST, "prices": {"a b": {"input_usd_per_mtok": "1", "output_usd_per_mtok": "1"}}},
            'prices: every key must be a model name such as openai/gpt-4o-mini (letters, digits and ._:@/-), got "a b"',
        ),
        (
            {**REQUEST, "prices": {"a/b": {"input_usd_per_mtok": "1"}}},
            "prices.a/b: the field 'output_usd_per_mtok' is required",
        ),
        ({**REQUEST, "sandbx": "docker"}, "sandbx: unknown field; did you mean 'sandbox'?"),
        (
            {**REQUEST, "parameters": {"temprature": 1}},
            "parameters.temprature: unknown field; did you mean 'temperature'?",
        ),
    ],
)
def test_a_wrong_field_is_described(body: Any, detail: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_body(RunRequest, msgspec.json.encode(body))
    assert caught.value.problem.detail == detail


@pytest.mark.parametrize(
    ("frame", "detail"),
    [
        ({"type": "subscribe"}, "frame: the field 'topic' is required"),
        ({"type": "nonsense"}, 'type: must be one of subscribe, unsubscribe, ping, got "nonsense"'),
        (
            {"type": "subscribe", "topic": "../"},
            'topic: must be runs, run:<id>, attempt:<id>, leaderboard or leaderboard:<suite>, got "../"',
        ),
    ],
)
def test_a_wrong_frame_is_described(frame: Any, detail: str) -> None:
    data = msgspec.json.encode(frame)
    with pytest.raises(Malformed) as caught:
        decode(ClientFrame, data)
    error = field_error(ClientFrame, str(caught.value.__cause__), data, "frame")
    assert f"{error.where}: {error.message}" == detail
