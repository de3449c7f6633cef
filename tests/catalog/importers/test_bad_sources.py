"""Files that cannot be imported: each message says what, where, and what to do next."""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from assay.catalog.importers import csv_file, humaneval, jsonl_file, mbpp, parquet_file
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.exercism import track
from assay.catalog.importers.plan import TaskOptions
from assay.catalog.importers.question_options import QuestionCheck, QuestionOptions

QUESTIONS = b"question,answer\n"


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.csv", "x")
    return target.getvalue()


def tarred() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (QUESTIONS, "has a header and no rows"),
        (QUESTIONS + b"caf\xe9,1\n", ":2: is not UTF-8: contains the byte 0xe9; save it as UTF-8"),
        (QUESTIONS.decode().encode("utf-16"), "is UTF-16, not UTF-8"),
        (
            QUESTIONS + b'a,1\n"b,2\nc,3\n',
            ":3: is not valid CSV: unexpected end of data; quotes around a field are closed",
        ),
        (b"answer,answer\na,b\n", "two columns are called 'answer'; if the first row is no header"),
        (QUESTIONS + b"a,\nb, \n", "no row can be used: has no expected answer"),
        (QUESTIONS + b"a\nb\n", "no row can be used"),
        (zipped(), "is a zip archive; unpack it"),
        (tarred(), "is a tar archive; unpack it"),
        (gzip.compress(QUESTIONS * 1000)[:40], "is a damaged gzip file"),
        (b"PAR1" + b"x" * 20 + b"PAR1", "is a Parquet file; import it with `assay import parquet`"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # the time is in some of the contents
)
def test_csv(tmp_path: Path, content: bytes, message: str) -> None:
    source = tmp_path / "q.csv"
    source.write_bytes(content)
    with pytest.raises(ImportFailed) as caught:
        csv_file.read(source, QuestionOptions())
    assert str(caught.value).startswith(str(source))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1, 2", "is not valid JSON"),
        (b"1\n2\n", "has no row that is a JSON object; the first: line 1 is not an object with fields"),
        (b"[]", "has no row that is a JSON object"),
        (b'{\n"a": 1}', "is a single JSON object, and not exactly one of its fields (a) is a list of objects"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"question": "a", "answer": "b"}\n\xff', ":2: is not UTF-8"),
    ],
)
def test_json(tmp_path: Path, content: bytes, message: str) -> None:
    source = tmp_path / "q.jsonl"
    source.write_bytes(content)
    with pytest.raises(ImportFailed) as caught:
        jsonl_file.read(source, QuestionOptions())
    assert message in str(caught.value)


@pytest.mark.parametrize("content", [b"hello", b"PAR1" * 10, b""])
def test_parquet(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "q.parquet"
    source.write_bytes(content)
    with pytest.raises(ImportFailed, match="is not a Parquet file that can be read"):
        parquet_file.read(source, QuestionOptions())


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "q.parquet"
    source.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportFailed, match=r"pip install 'assay\[importers\]'"):
        parquet_file.read(source, QuestionOptions())


def test_a_folder_or_nothing_instead_of_a_file(tmp_path: Path) -> None:
    for read in (csv_file.read, jsonl_file.read, parquet_file.read):
        with pytest.raises(ImportFailed, match="is a folder; give a file in it"):
            read(tmp_path, QuestionOptions())
        with pytest.raises(ImportFailed, match="No such file"):
            read(tmp_path / "missing", QuestionOptions())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (QuestionOptions(delimiter="::"), "--delimiter: must be one character"),
        (QuestionOptions(expected_pattern="("), "--expected-pattern: is not a regular expression"),
        (QuestionOptions(expected_pattern="x"), "no row can be used: --expected-pattern is not found"),
        (QuestionOptions(check=QuestionCheck.REGEX), "check 'regex' needs --pattern"),
        (QuestionOptions(check=QuestionCheck.NUMERIC), "its expected answer is not a finite number"),
        (QuestionOptions(check=QuestionCheck.JSON_FIELDS), "no common fields; name the fields to compare by --fields"),
        (QuestionOptions(check=QuestionCheck.CHOICE), "check 'choice' needs 2 to 100 options, not 1"),
        (QuestionOptions(check=QuestionCheck.EXACT, options=("a", "b")), "--options is only for --check choice"),
        (QuestionOptions(check=QuestionCheck.CHOICE, options=("x", "y")), "neither letters, texts nor numbers"),
        (QuestionOptions(check=QuestionCheck.CHOICE, options=("a", "b"), ignore_case=True), "--ignore-case is not for"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: QuestionOptions, message: str) -> None:
    source = tmp_path / "q.csv"
    source.write_bytes(QUESTIONS + b"what?,a\n")
    with pytest.raises(ImportFailed) as caught:
        csv_file.read(source, options)
    assert message in str(caught.value)


def test_problems_in_another_format(tmp_path: Path) -> None:
    source = tmp_path / "q.jsonl"
    source.write_text('{"question": "a", "answer": "b"}\n')
    for module, name in ((humaneval, "HumanEval"), (mbpp, "MBPP")):
        with pytest.raises(ImportFailed, match=f"is not in the format of {name}: no problem has the field 'task_id'"):
            module.read(source, TaskOptions())


def test_something_else_than_a_track(tmp_path: Path) -> None:
    hint = "give the folder of a track, which has config.json and exercises/"
    with pytest.raises(ImportFailed, match=f"No such file or directory; {hint}"):
        track.read(tmp_path, TaskOptions())
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ImportFailed, match=f"is not a JSON object; {hint}"):
        track.read(tmp_path, TaskOptions())
    (tmp_path / "config.json").write_text('{"slug": "python"}')
    with pytest.raises(ImportFailed, match=f"has no folder exercises; {hint}"):
        track.read(tmp_path, TaskOptions())
    with pytest.raises(ImportFailed, match=f"is no folder; {hint}"):
        track.read(tmp_path / "config.json", TaskOptions())
