"""No reply makes the reader raise anything but CallFailed, and its division into chunks does not matter."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.runner.errors import CallFailed
from services.runner.models import Completion, ToolCall
from services.runner.models.openai.lenient_members import Notes
from services.runner.models.openai.reply_reader import ReplyReader
from services.runner.models.openai.request import SentRequest
from services.runner.models.openai.response import FunctionDelta, ToolCallDelta
from services.runner.models.openai.tool_call_builder import ToolCallBuilder
from services.runner.models.reported_errors import find_error, read_error, to_call_failed
from tests.runner.models.harness import STREAMED, to_request
from tests.runner.models.test_provider_replies import GROUPS, Row

ROWS = [row for group in GROUPS for row in group.rows if row.status == 200]
REQUEST = SentRequest("m-1 at http://127.0.0.1/v1", to_request(STREAMED))
HARD_BYTES = st.sampled_from(
    (
        *(b"", b"\n", b"\r", b"\r\n\r\n", b"data:", b"event: error\n", b"[DONE]", b": x", b"<html>", b"\xef\xbb\xbf"),
        *(b"{", b"}", b"[", b"]", b'"', b"\\", b"\xff", b"\\ud800", b"null", b"true", b"-1", b"1e999", b"NaN"),
        *(b'"error":{"code":429},', b'"choices":', b'"delta":', b'"usage":', b'"tool_calls":'),
        *(b"9" * 5000, b"[" * 2000, b'{"a":' * 2000),
    )
)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def read(chunks: Sequence[bytes]) -> Completion | CallFailed:
    try:
        reader = ReplyReader(REQUEST, lambda _: None)
        for chunk in chunks:
            reader.feed(chunk)
            if reader.done:
                break
        return reader.completion()
    except CallFailed as error:
        return error


def cut(body: bytes, places: Sequence[float]) -> list[bytes]:
    """Chunks that end at these fractions of the body."""
    ends = sorted({round(place * len(body)) for place in places} | {0, len(body)})
    return [body[start:end] for start, end in itertools.pairwise(ends)] or [b""]


@st.composite
def mutated_bytes(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(ROWS)).body.encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        end = min(end, start + draw(st.integers(0, 30)))
        body = body[:start] + draw(HARD_BYTES) + body[end:]
    return body


def json_bodies() -> Iterator[Any]:
    for row in ROWS:
        if row.body.startswith("{") and row.error is None and "NaN" not in row.body:
            with suppress(json.JSONDecodeError):
                yield json.loads(row.body)


JSON_BODIES = list(json_bodies())


@st.composite
def mutated_json(draw: st.DrawFn) -> bytes:
    """A reply whose structure is intact except for one value."""
    body = copy.deepcopy(draw(st.sampled_from(JSON_BODIES)))
    value: Any = body
    while True:
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            value = inner
            continue
        value[key] = draw(JSON_VALUES)
        return json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@given(st.binary() | mutated_bytes() | mutated_json(), st.lists(st.floats(0, 1), max_size=4))
@example(b'{"choices":[{"message":{"content":"x","tool_calls":[{"function":{"arguments":{"a":"\\ud800"}}}]}}]}', [])
@example(b'{"error":' + b'{"error":' * 3000 + b"1" + b"}" * 3001, [])
@example(b"[" * 100_000, [0.5])
def test_no_body_makes_the_reader_raise_anything_but_call_failed(body: bytes, places: list[float]) -> None:
    read(cut(body, places))


@given(st.sampled_from(ROWS), st.lists(st.floats(0, 1), max_size=6))
def test_chunks_do_not_matter(row: Row, places: list[float]) -> None:
    body = row.body.encode("utf-8", "surrogatepass")
    whole, divided = read([body]), read(cut(body, places))
    assert type(whole) is type(divided)
    assert whole == divided or str(whole) == str(divided)


@pytest.mark.parametrize("row", [row for row in ROWS if row.error is None], ids=lambda row: row.why)
def test_single_bytes_are_chunks_too(row: Row) -> None:
    body = row.body.encode("utf-8", "surrogatepass")
    assert read([body]) == read([body[place : place + 1] for place in range(len(body))])


@given(JSON_VALUES)
def test_every_error_body_has_a_kind_and_a_message(value: object) -> None:
    error = read_error(value)
    assert isinstance(to_call_failed(error, error.message), CallFailed)
    assert find_error(value) in (None, error)


# --- tool calls


STYLES = ("indexed", "ids without index", "ids at index 0", "ids, name repeated", "cumulative")
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["bash", "text_editor", "submit"]),
        st.dictionaries(
            st.text(max_size=5), st.text(max_size=8) | st.integers() | st.dictionaries(st.text(), st.none())
        ),
        st.lists(st.floats(0, 1), max_size=4),
    ),
    min_size=1,
    max_size=3,
)


def pieces(style: str, number: int, name: str, arguments: list[str]) -> list[ToolCallDelta]:
    """One call, as a server of this style sends it."""
    found: list[ToolCallDelta] = []
    for place, _ in enumerate(arguments):
        first = place == 0
        named = first or style in ("ids, name repeated", "cumulative")
        text = "".join(arguments[: place + 1]) if style == "cumulative" else arguments[place]
        found.append(
            ToolCallDelta(
                index={"ids without index": None, "ids at index 0": 0}.get(style, number),
                id=f"c{number}" if first or style == "ids, name repeated" else None,
                function=FunctionDelta(name=name if named else None, arguments=text),
            )
        )
    return found


@given(st.sampled_from(STYLES), CALLS)
def test_calls_are_assembled_from_any_pieces(
    style: str, calls: list[tuple[str, dict[str, object], list[float]]]
) -> None:
    builder = ToolCallBuilder(Notes())
    expected: list[ToolCall] = []
    for number, (name, arguments, places) in enumerate(calls):
        text = json.dumps(arguments)
        for piece in pieces(style, number, name, [part.decode() for part in cut(text.encode(), places)]):
            builder.add([piece])
        expected.append(ToolCall(call_id=f"c{number}", name=name, arguments=text))
    assert builder.calls() == tuple(expected)
