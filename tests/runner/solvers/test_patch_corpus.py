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


DOCS = CORPUS.parents[1] / "docs" / "tasks.md"


def examples() -> list[tuple[str, str, str]]:
    """The rows of the tables in "How files and patches are read": answer, `a.py` afterwards, rule."""
    section = DOCS.read_text().partition("## How files and patches are read\n")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.split(" | ")] for line in section.splitlines() if line.startswith("| `")]
    return [(unquoted(first.removeprefix("| ")), unquoted(second), rule) for first, second, rule in cells]


def unquoted(cell: str) -> str:
    """The content of a code span; one that contains backticks has a space inside its marks."""
    mark = cell[: len(cell) - len(cell.lstrip("`"))]
    content = cell.removeprefix(mark).removesuffix(mark)
    return (content[1:-1] if len(mark) > 1 else content).replace("⏎", "\n")


@pytest.mark.parametrize(("text", "after", "rule"), examples())
def test_the_examples_of_the_manual(text: str, after: str, rule: str) -> None:
    try:
        answer = parse_answer(text, ["a.py"], {"a.py": b"x = 1\n"})
    except AnswerUnusable:
        assert after == "refused", rule
        return
    content = answer.files.get("a.py", b"none").decode()
    assert content == after, rule


def test_the_manual_has_an_example_for_each_rule() -> None:
    assert len(examples()) >= 18
