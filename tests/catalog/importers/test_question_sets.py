"""Question sets from CSV, JSON and Parquet: columns, checks, options, what is left out."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from assay.catalog.importers import jsonl_file, parquet_file
from assay.catalog.importers.errors import ColumnNeeded, ImportFailed
from assay.catalog.importers.question_options import AnswersAre, QuestionCheck, QuestionOptions
from tests.catalog.importers.harness import csv_plan, jsonl_plan, left_out, lines, manifest, samples

CAPITALS = 'country,capital\nNorway,Oslo\n"Bosnia, Herzegovina",Sarajevo\n'


def test_columns_are_named_by_options(tmp_path: Path) -> None:
    plan = csv_plan(tmp_path, CAPITALS, input="country", expected="capital", task="capitals", language="en")
    assert samples(plan) == [
        {"sample_id": "1", "input": "Norway", "expected": "Oslo"},
        {"sample_id": "2", "input": "Bosnia, Herzegovina", "expected": "Sarajevo"},
    ]
    found = manifest(plan)
    assert (found["id"], found["language"], found["tags"]) == ("capitals", "en", ["imported", "csv"])
    assert found["checks"] == [{"kind": "exact"}]


def test_columns_are_guessed_from_their_names_and_the_guesses_are_reported(tmp_path: Path) -> None:
    plan = csv_plan(tmp_path, "id,Question,answer\nx/1,a?,1\nx/2,b?,2.50\n")
    assert samples(plan)[1] == {"sample_id": "x/2", "input": "b?", "expected": 2.5}
    assert plan.notes == (
        "input is column 'Question' (--input)",
        "expected is column 'answer' (--expected)",
        "samples are identified by column 'id' (--id)",
        "answers are graded by the check 'numeric' (--check)",
    )


def test_a_column_that_is_not_certain_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(ColumnNeeded) as caught:
        csv_plan(tmp_path, "text,sentence,label\na,b,c\n")
    assert (caught.value.option, caught.value.columns) == ("input", ("text", "sentence", "label"))
    assert "--input. The columns are: text, sentence, label" in str(caught.value)
    with pytest.raises(ColumnNeeded) as caught:
        csv_plan(tmp_path, "text,label\na,b\n", guess=False)
    assert caught.value.guess == "text"


def test_an_unknown_column_is_named_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"--input: unknown column 'contry'; did you mean 'country'\? The columns"):
        csv_plan(tmp_path, CAPITALS, input="contry", expected="capital")


def test_a_template_makes_the_prompt(tmp_path: Path) -> None:
    rows = [{"q": "Which?", "choices": ["x", "y"], "tags": [1], "answer": "B", "none": None}]
    template = r"{{{q}}}\n{choices}\n{tags}{none}"
    [sample] = samples(jsonl_plan(tmp_path, rows, template=template))
    assert sample["input"] == "{Which?}\nA. x\nB. y\n[1]"
    for wrong, message in (("{q", "single '{'"), ("{w}", "unknown column 'w'")):
        with pytest.raises(ImportFailed, match=message):
            jsonl_plan(tmp_path, rows, template=wrong)


@pytest.mark.parametrize(
    ("choices", "answers", "form"),
    [
        (["x", "y", "z"], [0, 1, 2], "index0"),
        (["x", "y", "z"], [1, 2, 3], "index1"),
        (["x", "y", "z"], ["A", "b", "(C)"], "letter"),
        (["x", "y", "z"], ["x", "y", "z"], "text"),
        ({"text": ["x", "y", "z"], "label": ["1", "2", "3"]}, ["1", "2", "3"], "letter"),
        ("['x', 'y', 'z']", ["x", "y", "z"], "text"),
        ("x|y | z", ["x", "y", "z"], "text"),
    ],
)
def test_options_of_each_question_become_letters(tmp_path: Path, choices: Any, answers: list[Any], form: str) -> None:
    rows = [{"question": "Which?", "choices": choices, "answer": answer} for answer in answers]
    plan = jsonl_plan(tmp_path, rows)
    assert [sample["expected"] for sample in samples(plan)] == ["A", "B", "C"]
    assert samples(plan)[0]["input"] == "Which?\nA. x\nB. y\nC. z"
    assert manifest(plan)["checks"] == [{"kind": "choice", "options": ["A", "B", "C"]}]
    assert f"the expected column names options by {form} (--answers)" in plan.notes


def test_a_column_per_option(tmp_path: Path) -> None:
    text = "What?,red,green,blue,C\nWhich?,up,down,,A\n"
    plan = csv_plan(
        tmp_path, text, columns=("q", "a", "b", "c", "right"), input="q", expected="right", options_columns=tuple("abc")
    )
    assert [sample["expected"] for sample in samples(plan)] == ["C", "A"]
    assert samples(plan)[1]["input"] == "Which?\nA. up\nB. down"


def test_options_that_could_be_meant_in_two_ways_are_asked_for(tmp_path: Path) -> None:
    rows = [{"question": "Which?", "choices": ["x", "y", "z"], "answer": 1}]
    with pytest.raises(ImportFailed, match="read as index0 or index1, with different results; choose by --answers"):
        jsonl_plan(tmp_path, rows)
    assert samples(jsonl_plan(tmp_path, rows, answers=AnswersAre.INDEX1))[0]["expected"] == "A"


def test_labels_get_names(tmp_path: Path) -> None:
    text = "sentence,label\n" + "".join(f"s{number},{number % 2}\n" for number in range(20))
    plan = csv_plan(tmp_path, text)
    assert manifest(plan)["checks"] == [{"kind": "choice", "options": ["0", "1"]}]
    plan = csv_plan(tmp_path, text, options=("negative", "positive"), check=QuestionCheck.CLASSIFICATION)
    assert manifest(plan)["checks"] == [{"kind": "classification", "classes": ["negative", "positive"]}]
    assert [sample["expected"] for sample in samples(plan)][:2] == ["negative", "positive"]


@pytest.mark.parametrize(
    ("options", "check", "answer"),
    [
        ({"check": QuestionCheck.EXACT, "ignore_case": True}, {"kind": "exact", "ignore_case": True}, "12"),
        ({"check": QuestionCheck.NUMERIC, "tolerance": 0.5}, {"kind": "numeric", "tolerance": {"absolute": 0.5}}, 12),
        ({"check": QuestionCheck.REGRESSION}, {"kind": "regression"}, 12),
        ({"pattern": "1.*"}, {"kind": "regex", "pattern": "1.*"}, "12"),
    ],
)
def test_checks(tmp_path: Path, options: dict[str, Any], check: dict[str, Any], answer: object) -> None:
    plan = csv_plan(tmp_path, "question,answer\na,12\n", **options)
    assert manifest(plan)["checks"] == [check]
    [sample] = samples(plan)
    assert sample["reference" if "pattern" in options else "expected"] == answer


def test_fields_of_json_answers(tmp_path: Path) -> None:
    rows = [{"text": "a", "answer": {"x": 1, "y": 2}}, {"text": "b", "answer": '{"x": 3, "z": 4}'}]
    plan = jsonl_plan(tmp_path, rows, check=QuestionCheck.JSON_FIELDS)
    assert manifest(plan)["checks"] == [{"kind": "json_fields", "fields": ["x"]}]
    assert [sample["expected"] for sample in samples(plan)] == [{"x": 1}, {"x": 3}]


def test_a_part_of_the_expected_answer(tmp_path: Path) -> None:
    rows = [{"question": "a", "answers": {"text": ["1,200", "x"]}, "work": "Add.\n#### 1,200"}]
    for options in ({"expected": "answers.text.0"}, {"expected": "work", "expected_pattern": "#### (.*)"}):
        assert samples(jsonl_plan(tmp_path, rows, **options))[0]["expected"] == 1200


def test_rows_that_cannot_be_samples_are_left_out_with_the_reason(tmp_path: Path) -> None:
    source = tmp_path / "q.jsonl"
    texts = [
        '{"id": 1, "question": "a", "answer": "x"}',
        '{"id": 1, "question": "b", "answer": "x"}',
        "nonsense",
        "[1]",
        '{"id": 3, "question": "c", "answer": NaN}',
        '{"id": 4, "question": "", "answer": "x"}',
        '{"id": 5, "question": "\\ud800", "answer": "x"}',
        '{"id": "?", "question": "d", "answer": "x"}',
        '{"id": 7, "question": "e", "answer": ["x"]}',
        json.dumps({"id": 8, "question": "f" * 100_001, "answer": "x"}),
    ]
    source.write_text("\r\n".join(texts))
    plan = jsonl_file.read(source, QuestionOptions(id="id"))
    assert [sample["input"] for sample in samples(plan)] == ["a", "d"]
    assert left_out(plan) == {
        "line 2": "has the id of an earlier row",
        "line 3": "is not valid JSON",
        "line 4": "is not an object with fields",
        "line 5": "has no expected answer",
        "line 6": "has no input",
        "line 7": "contains half of a surrogate pair, which is no text",
        "line 9": "its expected answer is a list or an object; take a part of it, such as --expected COLUMN.0",
        "line 10": "its input has more than 100000 characters",
    }


def test_rows_with_too_few_or_too_many_cells_are_left_out(tmp_path: Path) -> None:
    plan = csv_plan(tmp_path, '\ufeffquestion;answer\r\n"two\r\nlines";1\r\nb\r\nc;3;4\r\n')
    assert samples(plan) == [{"sample_id": "1", "input": "two\nlines", "expected": 1}]
    assert left_out(plan) == {"line 4": "does not have 2 columns", "line 5": "does not have 2 columns"}
    assert plan.notes[0] == "columns are separated by a semicolon"


def test_a_random_subset_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    rows = [{"question": f"q{number}", "answer": number} for number in range(100)]
    first = jsonl_plan(tmp_path, rows, limit=10, seed=7)
    assert samples(first) == samples(jsonl_plan(tmp_path, rows, limit=10, seed=7))
    assert samples(first) != samples(jsonl_plan(tmp_path, rows, limit=10, seed=8))
    assert [int(sample["sample_id"]) for sample in samples(first)] == sorted(
        sample["expected"] + 1 for sample in samples(first)
    )
    assert first.notes[-1] == "10 of 100 samples, chosen at random with seed 7"
    assert len(samples(jsonl_plan(tmp_path, rows, limit=1000))) == 100


@pytest.mark.parametrize(
    "text",
    [
        '[{"question": "a", "answer": "b"}, {"question": "c", "answer": "d"}]',
        '{"version": 1, "data": [{"question": "a", "answer": "b"},\n {"question": "c", "answer": "d"}]}\n\n',
        '{\n  "data": [{"question": "a", "answer": "b"}, {"question": "c", "answer": "d"}]\n}',
    ],
)
def test_arrays_of_objects(tmp_path: Path, text: str) -> None:
    source = tmp_path / "q.json.gz"
    source.write_bytes(gzip.compress(text.encode()))
    plan = jsonl_file.read(source, QuestionOptions())
    assert [sample["expected"] for sample in samples(plan)] == ["b", "d"]
    assert plan.tasks[0].task_id == "q"


def test_parquet(tmp_path: Path) -> None:
    columns = {
        "question": ["a", None, "c"],
        "day": [datetime(2024, 1, 31)] * 3,
        "price": [Decimal("1.50"), Decimal("2.00"), Decimal("3.00")],
        "blob": [b"x"] * 3,
        "answers": [{"text": ["x", "y"]}] * 3,
    }
    source = tmp_path / "q.parquet"
    pyarrow.parquet.write_table(pa.table(columns), source)  # pyright: ignore[reportUnknownMemberType]
    plan = parquet_file.read(source, QuestionOptions(template="{question} {day}{blob}", expected="price"))
    assert [sample["expected"] for sample in samples(plan)] == [1.5, 2, 3]
    assert samples(plan)[0]["input"] == "a 2024-01-31T00:00:00"
    plan = parquet_file.read(source, QuestionOptions(expected="answers.text.1"))
    assert [sample["expected"] for sample in samples(plan)] == ["y", "y"]
    assert left_out(plan) == {"row 2": "has no input"}


def test_an_id_is_made_of_the_file_s_name(tmp_path: Path) -> None:
    source = lines(tmp_path / "Größe & Co (v1.0).jsonl", [{"question": "a", "answer": "b"}])
    assert jsonl_file.read(source, QuestionOptions()).tasks[0].task_id == "groe_co_v1_0"
    assert jsonl_file.read(source, QuestionOptions(prefix="mine")).tasks[0].task_id == "mine_groe_co_v1_0"
    source = lines(tmp_path / "???.jsonl", [{"question": "a", "answer": "b"}])
    with pytest.raises(ImportFailed, match="give one by --task"):
        jsonl_file.read(source, QuestionOptions())
