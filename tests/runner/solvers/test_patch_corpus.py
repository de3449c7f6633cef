"""How files and patches in answers are read: every row of tests/corpus goes through the parser that runs use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.runner.errors import AnswerUnusable
from services.runner.solvers.answer_parser import parse_answer

CORPUS = Path(__file__).parents[2] / "corpus"


def rows(name: str) -> list[Any]:
    found: list[dict[str, Any]] = msgspec.yaml.decode((CORPUS / f"{name}.yaml").read_bytes())
    return [pytest.param(row, id=row["why"]) for row in found]


@pytest.mark.parametrize("row", [*rows("patches"), *rows("fences")])
def test_answer(row: dict[str, Any]) -> None:
    """``result`` are all files afterwards, ``reason`` is the whole text of the error, ``notes`` are those of the
    attempt."""
    files = {path: content.encode() for path, content in row.get("files", {}).items()}
    if "reason" in row:
        with pytest.raises(AnswerUnusable) as error:
            parse_answer(row["answer"], row.get("outputs", ["*"]), files)
        assert str(error.value) == row["reason"]
        return
    answer = parse_answer(row["answer"], row.get("outputs", ["*"]), files)
    after = {path: content for path, content in {**files, **answer.files}.items() if path not in answer.deleted}
    assert {path: content.decode() for path, content in after.items()} == row["result"]
    if "notes" in row:
        assert list(answer.notes) == row["notes"]
