"""The folder of one of GLUE's tasks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from assay.catalog.importers.glue.sets import GlueSet
from assay.catalog.importers.manifest_yaml import manifest_yaml
from assay.catalog.importers.plan import ImportedTask, TaskOptions
from assay.catalog.importers.task_ids import task_id

_CLOSE = 0.5
"""How far a similarity may be off to count as right for one pair of sentences; the metric is the correlation."""


def glue_task(glue: GlueSet, samples: Sequence[dict[str, Any]], source: str, options: TaskOptions) -> ImportedTask:
    found = task_id(options.prefix or "glue", glue.name)
    manifest: dict[str, Any] = {
        "id": found,
        "title": glue.title,
        "category": options.category or "language_understanding",
        "domain": "language",
        "difficulty": (options.difficulty or glue.difficulty).value,
        "tags": ["imported", "glue"],
        "solver": "answer",
        "limits": {"max_tokens": 16, "wall_seconds": 60},
        "instructions": glue.instructions,
        "checks": [_check(glue)],
        "noop_answer": "",
        "cheat_answers": _cheats(glue),
    }
    lines = (json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)
    files = {"task.yaml": manifest_yaml(manifest), "samples.jsonl": "".join(lines).encode()}
    return ImportedTask(task_id=found, files=files, source=source)


def _check(glue: GlueSet) -> dict[str, Any]:
    if not glue.labels:
        return {"kind": "regression", "metric": glue.metric, "tolerance": {"absolute": _CLOSE}}
    positive = {"positive": glue.positive} if glue.positive else {}
    return {"kind": "classification", "classes": list(glue.classes), **positive, "metric": glue.metric}


def _cheats(glue: GlueSet) -> dict[str, str]:
    if not glue.labels:
        return {"no_number": "very similar", "endless": "Infinity"}
    return {"every_label": ", ".join(glue.classes), "either": " or ".join(glue.classes)}
