"""Sources of benchmarks as files, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from assay.catalog.importers import csv_file, jsonl_file
from assay.catalog.importers.plan import ImportPlan
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.staging import Staged, stage, write
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import parse


def csv_plan(folder: Path, text: str | bytes, **options: Any) -> ImportPlan:
    source = folder / "questions.csv"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    return csv_file.read(source, QuestionOptions(**options))


def jsonl_plan(folder: Path, rows: Iterable[Any], **options: Any) -> ImportPlan:
    return jsonl_file.read(lines(folder / "questions.jsonl", rows), QuestionOptions(**options))


def lines(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def samples(plan: ImportPlan) -> list[dict[str, Any]]:
    """Of the only task."""
    [task] = plan.tasks
    return [msgspec.json.decode(line) for line in task.files["samples.jsonl"].splitlines()]


def manifest(plan: ImportPlan, number: int = 0) -> dict[str, Any]:
    """What the catalogue's reader makes of ``task.yaml``."""
    return read_yaml(plan.tasks[number].files["task.yaml"])


def read_yaml(content: bytes) -> Any:
    document = Document(file="task.yaml")
    parse(document, content)
    assert not document.mistakes, document.mistakes
    return document.value


def left_out(plan: ImportPlan | Staged) -> dict[str, str]:
    return {each.what: each.why for each in plan.left_out}


def written(plan: ImportPlan, root: Path, *, suite: str = "", may_replace: bool = False) -> Staged:
    with stage(plan, root, suite=suite) as staged:
        write(staged, may_replace=may_replace)
        return staged


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
