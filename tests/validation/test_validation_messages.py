"""Errors of msgspec and pydantic are translated, whatever is wrong with a request."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contracts.codec import encode
from assay.contracts.models import Parameters
from assay.contracts.money import TokenPrice
from assay.contracts.replay import Responses
from assay.contracts.runs import RunLimits, RunRequest
from assay.contracts.tasks import AttemptLimits
from assay.validation.field_errors import value_error
from services.gateway.errors import InvalidRequest, MalformedBody
from services.gateway.http.request_body import decode_body
from tests.catalog.mutations import changed

LIBRARY_WORDING = ("`", "Expected", "Invalid", "Input should", "Value error", "Object ", "codec can't", "$.")
PRICE = TokenPrice(input_usd_per_mtok="1", output_usd_per_mtok="2")
REQUEST = RunRequest(
    models=("nop", "openai/x"),
    suite="demo",
    tasks=("a", "b"),
    parameters=Parameters(temperature=1.0, stop=("x",), extra={"a": [1]}),
    limits=RunLimits(cost_usd="1.5"),
    prices={"openai/x": PRICE, "openai/y": PRICE},
    attempt_limits=AttemptLimits(tokens=5, cost_usd="1"),
    responses=Responses(default="x", responses={"a": "b", "c": {"d": "e"}}),
)


def check(text: str) -> None:
    assert not any(words in text for words in LIBRARY_WORDING), text


@given(seed=st.integers(0, 2**32))
def test_no_wording_of_a_library_reaches_a_client(seed: int) -> None:
    random = Random(seed)
    value = json.loads(encode(REQUEST))
    for _ in range(random.choice((1, 2, 5))):
        value = changed(random, value) if isinstance(value, list | dict) else value
    try:
        data = json.dumps(value, default=str).encode()
    except (TypeError, ValueError, RecursionError):
        return
    try:
        decode_body(RunRequest, data)
    except InvalidRequest as error:
        for found in error.problem.errors:
            check(found.message)
            assert found.where
    except MalformedBody as error:
        check(error.problem.detail)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"name": "\xff"}', "contains the byte 0xff, which is not UTF-8"),
        (b'{"parameters": {"extra": {"a": ' + b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_bodies_that_cannot_be_read_as_text_or_at_all(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        decode_body(RunRequest, body)
    assert reason in caught.value.problem.detail


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"prices": {"a/b": msgspec.to_builtins(PRICE), "c/d": {"input_usd_per_mtok": 1}}}, "prices.c/d"),
        ({"responses": {"responses": {"a": "x", "b": {"s": "x", "t": 5}}}}, "responses.responses.b.t"),
        ({"responses": {"responses": {"a": "x", "b": 5}}}, "responses.responses.b"),
    ],
)
def test_the_place_names_the_key_of_a_mapping(change: dict[str, Any], expected: str) -> None:
    value = {**json.loads(encode(REQUEST)), **change}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, RunRequest)
    found = value_error(RunRequest, str(caught.value), value)
    assert found.where.startswith(expected), found


def test_a_key_that_is_wrong_is_shown() -> None:
    value = {**json.loads(encode(REQUEST)), "prices": {"a/b": msgspec.to_builtins(PRICE), "c d": {}}}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, RunRequest)
    found = value_error(RunRequest, str(caught.value), value)
    assert found.where == "prices"
    assert found.message.endswith('(letters, digits and ._:@/-), got "c d"'), found
