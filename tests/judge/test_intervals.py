"""The check ``intervals``: which answers it reads, and how it scores overlaps."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contracts.checks import Intervals
from services.judge.checks.intervals import MAX_INTERVALS, compare

PAIRS = Intervals(field="anomalies")
LABELLED = Intervals(field="evidence", label="sensor", enough=2, pass_score=0.6)
EXPECTED = {"anomalies": [[10, 14], [20, 29]]}
EVIDENCE = {"evidence": [{"sensor": tag, "start": 20, "end": 60} for tag in ("a", "b", "c")]}


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ('{"anomalies": [[10, 14], [20, 29]]}', 1.0),
        ('They are {"anomalies": [[20, 29], [10.0, 14]]}.', 1.0),
        ('{"anomalies": [{"start": 10, "end": 14}, {"start": 20, "end": 29}]}', 1.0),
        ('{"anomalies": [[11, 14], [20, 26]]}', 1.0),
        ('{"anomalies": [[10, 14]]}', 2 / 3),
        ('{"anomalies": [[10, 14], [20, 29], [1, 2]]}', 0.8),
        ('{"anomalies": [[10, 14], [10, 14], [10, 14]]}', 0.4),
        ('{"anomalies": [[0, 39]]}', 0.0),
        ('{"anomalies": []}', 0.0),
        ('{"anomalies": [[14, 10]]}', 0.0),
        ('{"anomalies": [[10, 14], "20-29"]}', 0.0),
        ('{"anomalies": [[10, NaN]]}', 0.0),
        ('{"anomalies": {"10": 14}}', 0.0),
        ('{"anomalies": ["\\ud800"]}', 0.0),
        ('{"anomalies": [{"start": 1, "end": "\\ud800"}]}', 0.0),
        ('{"other": [[10, 14]]}', 0.0),
        ("10 to 14", 0.0),
        ("", 0.0),
    ],
)
def test_pairs(answer: str, score: float) -> None:
    found = compare(PAIRS, answer, EXPECTED)
    assert found.score == pytest.approx(score)
    assert found.passed is (score == 1.0)
    assert found.passed or found.message


def test_no_interval_is_right_if_none_is_expected() -> None:
    none: dict[str, Any] = {"anomalies": []}
    assert compare(PAIRS, '{"anomalies": []}', none).passed
    assert compare(PAIRS, '{"anomalies": [[1, 2]]}', none).score == 0.0


@pytest.mark.parametrize(
    ("evidence", "score"),
    [
        ([("a", 20, 60), ("b", 24, 58)], 1.0),
        ([("a", 20, 60), ("b", 24, 58), ("c", 20, 60)], 1.0),
        ([("a", 20, 60)], 2 / 3),
        ([("a", 20, 60), ("x", 20, 60)], 0.5),
        ([("a", 0, 10), ("b", 20, 60)], 0.5),
        ([("A", 20, 60)], 0.0),
        ([("", 20, 60)], 0.0),
    ],
)
def test_labels_must_agree_and_a_few_are_enough(evidence: list[tuple[str, float, float]], score: float) -> None:
    listed = [{"sensor": tag, "start": start, "end": end} for tag, start, end in evidence]
    found = compare(LABELLED, json.dumps({"evidence": listed}), EVIDENCE)
    assert found.score == pytest.approx(score)
    assert found.passed is (score >= 0.6)


def test_pairs_have_no_label() -> None:
    assert "entry 1 of 'evidence' is no interval" in compare(LABELLED, '{"evidence": [[20, 60]]}', EVIDENCE).message


def test_points_match_points() -> None:
    points = Intervals(field="at", unit=1.0, min_overlap=0.3)
    assert compare(points, '{"at": [[7, 7]]}', {"at": [[7, 7]]}).passed
    assert compare(points, '{"at": [[7, 8]]}', {"at": [[7, 7]]}).passed
    assert not compare(points, '{"at": [[8, 8]]}', {"at": [[7, 7]]}).passed
    exact = Intervals(field="at", unit=0.0)
    assert compare(exact, '{"at": [[7, 7]]}', {"at": [[7, 7]]}).passed


def test_metrics_are_reported() -> None:
    found = compare(PAIRS, '{"anomalies": [[10, 14], [21, 29], [0, 1]]}', EXPECTED)
    assert found.metrics["precision"] == pytest.approx(2 / 3)
    assert found.metrics["recall"] == 1.0
    assert found.metrics["overlap"] == pytest.approx(0.95)


def test_long_lists_are_refused_quickly() -> None:
    answer = json.dumps({"anomalies": [[index, index] for index in range(MAX_INTERVALS + 1)]})
    assert "more than 1000" in compare(PAIRS, answer, EXPECTED).message
    many = {"anomalies": [[index, index] for index in range(100)]}
    started = time.process_time()
    compare(PAIRS, json.dumps({"anomalies": [[index, index] for index in range(MAX_INTERVALS)]}), many)
    assert time.process_time() - started < 5


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted), max_size=8))
def test_the_expected_intervals_always_score_1(intervals: list[list[int]]) -> None:
    expected = {"anomalies": intervals}
    assert compare(PAIRS, json.dumps(expected), expected).score == 1.0


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda each: st.lists(each) | st.dictionaries(
    st.sampled_from(["anomalies", "start", "end"]), each), max_leaves=20))  # fmt: skip
def test_any_json_is_graded(value: Any) -> None:
    found = compare(PAIRS, json.dumps({"anomalies": value}), EXPECTED)
    assert 0.0 <= found.score <= 1.0
