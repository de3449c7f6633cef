"""Writes ``samples.jsonl`` of every telemetry task into the catalogue given as the only argument."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from assay.catalog.plant.questions.anomalies import anomalies
from assay.catalog.plant.questions.literacy import basic, patterns, step_functions
from assay.catalog.plant.questions.recording import Sample
from assay.catalog.plant.questions.relations import multivariate
from assay.catalog.plant.questions.root_cause import root_cause

SETS: dict[str, Callable[[], list[Sample]]] = {
    "telemetry_basic": basic,
    "telemetry_step_functions": step_functions,
    "telemetry_patterns": patterns,
    "telemetry_multivariate": multivariate,
    "telemetry_anomalies": anomalies,
    "plant_root_cause": root_cause,
}
"""Samples by the task they belong to."""


def lines(samples: list[Sample]) -> str:
    return "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m assay.catalog.plant.questions CATALOG")
    for task, samples in SETS.items():
        path = Path(sys.argv[1]) / "tasks" / task / "samples.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines(samples()), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
