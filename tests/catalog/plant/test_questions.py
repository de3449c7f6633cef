"""The samples of the telemetry tasks: as generated, and with answers that follow from what is shown."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.plant.faults import FaultKind
from assay.catalog.plant.questions.__main__ import SETS, lines

TASKS = Path(__file__).parents[3] / "catalog/tasks"
COUNTS = {
    "telemetry_basic": 10,
    "telemetry_step_functions": 15,
    "telemetry_patterns": 12,
    "telemetry_multivariate": 20,
    "telemetry_anomalies": 20,
    "plant_root_cause": 20,
}


def samples(task: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TASKS / task / "samples.jsonl").read_text().splitlines()]


def series(text: str) -> dict[str, list[float]]:
    """By sensor."""
    found = re.findall(r"^(\S+) in \S+: ([-0-9., ]+)$", text, re.MULTILINE)
    return {tag: [float(value) for value in values.split(",")] for tag, values in found}


@pytest.mark.parametrize("task", SETS)
def test_the_catalogue_has_what_the_simulator_generates(task: str) -> None:
    """After a change: python -m assay.catalog.plant.questions catalog"""
    assert (TASKS / task / "samples.jsonl").read_text() == lines(SETS[task]())
    found = samples(task)
    assert len(found) == COUNTS[task]
    assert len({sample["input"] for sample in found}) == len(found)


def test_basic_statistics_are_those_of_the_shown_readings() -> None:
    for sample in samples("telemetry_basic"):
        ((_, values),) = series(sample["input"]).items()
        expected = sample["expected"]
        assert statistics.fmean(values) == pytest.approx(expected["mean"], abs=1e-4)
        assert (min(values), max(values)) == (expected["min"], expected["max"])


def test_steps_can_be_counted_in_the_shown_readings() -> None:
    """A change between neighbours of a quarter of the whole range is a step; noise is far smaller."""
    for sample in samples("telemetry_step_functions"):
        ((_, values),) = series(sample["input"]).items()
        changes = {index: values[index] - values[index - 1] for index in range(1, len(values))}
        expected = sample["expected"]
        by_size = sorted(changes, key=lambda index: -abs(changes[index]))
        assert by_size[0] == expected["largest_at"], sample
        assert changes[by_size[0]] == pytest.approx(
            expected["largest_change"], abs=0.2 + 0.2 * abs(changes[by_size[0]])
        )
        last_step, first_noise = (
            abs(changes[index]) for index in by_size[expected["steps"] - 1 : expected["steps"] + 1]
        )
        assert last_step > 1.5 * first_noise, sample


def test_patterns_are_balanced() -> None:
    counts = statistics.multimode(sample["expected"] for sample in samples("telemetry_patterns"))
    assert len(counts) == 6


def test_only_the_expected_sensor_follows_and_best_at_the_expected_lag() -> None:
    for sample in samples("telemetry_multivariate"):
        found = series(sample["input"])
        leading = found.pop(re.findall(r"Leading sensor: (\S+)", sample["input"])[0])
        strengths = {
            (tag, lag): statistics.correlation(leading[: len(leading) - lag], values[lag:])
            for tag, values in found.items()
            for lag in range(4)
            if len(set(values[lag:])) > 1
        }
        expected = sample["expected"]
        best = max(strengths, key=lambda key: abs(strengths[key]))
        assert best == (expected["sensor"], expected["lag"])
        assert strengths[best] == pytest.approx(expected["correlation"], abs=0.006)


def test_anomalies_are_far_outside_and_everything_else_is_not() -> None:
    for sample in samples("telemetry_anomalies"):
        ((_, values),) = series(sample["input"]).items()
        inside = {index for start, end in sample["expected"]["anomalies"] for index in range(start, end + 1)}
        sound = [value for index, value in enumerate(values) if index not in inside]
        middle, spread = statistics.fmean(sound), statistics.pstdev(sound)
        assert {index for index, value in enumerate(values) if abs(value - middle) > 5 * spread} == inside, sample


def test_every_kind_of_fault_is_asked_for_once_with_evidence_in_the_shown_table() -> None:
    found = samples("plant_root_cause")
    assert [sample["expected"]["cause"] for sample in found] == [kind.value for kind in FaultKind]
    for sample in found:
        table = sample["input"].split("\n\n")[0].splitlines()
        header = table[1]
        assert len(table) == 32
        for each in sample["expected"]["evidence"]:
            assert each["sensor"] in header
            assert 0 < each["start"] <= each["end"] <= 60
        assert sample["expected"]["evidence"]
        assert not any(kind.value in sample["input"] for kind in FaultKind)
