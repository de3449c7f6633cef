"""The bridge's codec: values survive a round trip with their type; anything else is refused."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judge.bridge.wire.argument_changes import apply_changes, encode_changes, snapshot
from services.judge.bridge.wire.codec import Decoder, Encoder, Malformed, Memo, TooDeep
from services.judge.bridge.wire.frames import dump, load


def refuse(*_: Any) -> Any:
    raise Malformed("a handle")


def round_trip(value: Any) -> Any:
    line = dump([Encoder(Memo(), refuse).value(value)])
    assert line.count(b"\n") == 1
    return Decoder(Memo(), refuse).value(load(line)[0])


SCALAR_WRITERS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**60, max_value=2**3000)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALAR_WRITERS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4).map(deque)
        | st.dictionaries(SCALAR_WRITERS, inner, max_size=4)
        | st.sets(SCALAR_WRITERS, max_size=4)
        | st.frozensets(SCALAR_WRITERS, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_values_survive_a_round_trip(value: Any) -> None:
    result = round_trip(value)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        range(3, 10**30, 7),
        Counter("banana"),
        OrderedDict(b=1, a=2),
        defaultdict(None, {"a": 1}),
        deque([1, 2], maxlen=3),
        bytearray(b"\x00\xff"),
        Decimal("NaN"),
        Fraction(1, 3),
        datetime(2024, 1, 2, tzinfo=UTC),
        date(1, 1, 1),
        time(23, 59),
        timedelta(-1),
        "\ud800",
        ...,
        NotImplemented,
        math.nan,
        -math.inf,
        -0.0,
    ],
)
def test_standard_library_data_types_survive_a_round_trip(value: Any) -> None:
    result = round_trip(value)
    assert type(result) is type(value)
    assert repr(result) == repr(value)


def test_shared_and_circular_references_are_preserved() -> None:
    row = [0]
    grid = round_trip([row, row, {"row": row}])
    assert grid[0] is grid[1] is grid[2]["row"]
    circle: list[Any] = []
    circle.append(circle)
    result = round_trip(circle)
    assert result[0] is result


def test_deep_nesting_is_refused_on_both_sides() -> None:
    deep: Any = ()
    for _ in range(300):
        deep = (deep,)
    with pytest.raises(TooDeep):
        round_trip(deep)
    with pytest.raises(Malformed):
        load(b"[" * 100_000 + b"]" * 100_000)
    nested: Any = ["t"]
    for _ in range(300):
        nested = ["t", nested]
    with pytest.raises(Malformed):
        Decoder(Memo(), refuse).value(nested)


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=20,
)
TAGS = ["l", "d", "s", "t", "fs", "i", "f", "y", "ya", "c", "r", "D", "F", "dt", "da", "ti", "td", "q", "C", "O", "dd"]
TAGGED = st.tuples(st.sampled_from([*TAGS, "m", "b", "e", "ni", "h", "zz"]), st.lists(JUNK, max_size=4))


@given(JUNK | TAGGED.map(lambda part: [part[0], *part[1]]))
def test_any_json_decodes_or_is_malformed(junk: Any) -> None:
    try:
        Decoder(Memo(), refuse).value(junk)
    except Malformed:
        return


@given(st.binary(max_size=60))
def test_any_line_is_a_frame_or_malformed(line: bytes) -> None:
    try:
        assert isinstance(load(line), list)
    except Malformed:
        return


def test_changes_to_arguments_are_sent_back() -> None:
    inner = [3]
    given_values: tuple[Any, ...] = ([2, 1], {"a": inner}, {5}, bytearray(b"x"), inner)
    tests_memo, candidate_memo = Memo(), Memo()
    sent = Encoder(tests_memo, refuse).value(given_values)
    received = Decoder(candidate_memo, refuse).value(load(dump([sent]))[0])
    before = snapshot(candidate_memo)
    received[0].sort()
    received[1]["b"] = received[0]
    received[2].clear()
    received[3][:] = b"yy"
    changes_line = load(dump([encode_changes(candidate_memo, before, Encoder(candidate_memo, refuse))]))[0]
    apply_changes(changes_line, tests_memo, len(tests_memo.items), Decoder(tests_memo, refuse))
    assert given_values == ([1, 2], {"a": [3], "b": [1, 2]}, set(), bytearray(b"yy"), [3])
    assert given_values[1]["b"] is given_values[0]
    assert given_values[1]["a"] is inner


@pytest.mark.parametrize("bad", [None, [1], [[0]], [["0", []]], [[7, []]], [[-1, []]], [[0, 5]], [[0, [["zz"]]]]])
def test_invalid_changes_are_refused(bad: Any) -> None:
    memo = Memo()
    memo.add([1])
    with pytest.raises(Malformed):
        apply_changes(bad, memo, 1, Decoder(memo, refuse))
