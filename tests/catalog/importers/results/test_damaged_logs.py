"""Files that are no log of Inspect, or only half of one, are refused in a sentence."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results.inspect import files, log
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan
from tests.catalog.importers.results.inspect_logs import header, plan_of, sample, write_archive, write_json


def read(path: Path) -> ResultsPlan:
    return log.read(path, ResultsOptions())


def refusal(path: Path) -> str:
    """Without the path at its start."""
    with pytest.raises(ImportFailed) as failed:
        read(path)
    assert str(failed.value).startswith(f"{path}: ")
    return str(failed.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not valid JSON"),
        (b"hello", "is not valid JSON"),
        (b'{"eval": {"task": "t", "mod', "is not valid JSON"),
        (b"[]", "is not a log of Inspect"),
        (b"3", "is not a log of Inspect"),
        (b"{}", "is not a log of Inspect (Object missing required field `eval`)"),
        (b'{"eval": {"task": "t"}}', "is not a log of Inspect (Object missing required field `model` - at `$.eval`)"),
        (b'{"eval": {"task": NaN}}', "is not a log of Inspect"),
        (b'{"lm_eval_version": "0.4.13"}', "is not a log of Inspect; it seems to be one of lm-eval"),
        (b'{"eval": ' + b"[" * 200_000, "is not "),
        (b"\xff\xfe\x00", "is not valid JSON"),
        (b"\x28\xb5\x2f\xfdxx", "is compressed by zstd"),
    ],
)
def test_json_that_is_no_log(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(content)
    assert refusal(path).startswith(expected)


def test_places_that_are_no_files(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing.eval") == "does not exist"
    assert refusal(tmp_path) == "has no file that ends in .eval or .json"


@pytest.mark.parametrize("cut", [3, 100, -1, -200])
def test_truncated_archives(tmp_path: Path, cut: int) -> None:
    path = write_archive(tmp_path / "log.eval", [sample(number) for number in range(20)])
    path.write_bytes(path.read_bytes()[:cut])
    assert refusal(path).startswith("is a damaged or truncated archive")


def test_archives_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    expected = "is not a log of Inspect: the archive has neither header.json nor _journal/start.json"
    assert refusal(path) == expected
    text = tmp_path / "text.eval"
    text.write_text("hello")
    assert refusal(text).startswith("is a damaged or truncated archive")


def test_a_header_of_something_else(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "log.eval", [sample()], {"status": "success"})
    assert refusal(path).startswith("is not a log of Inspect: header.json Object missing required field `eval`")


def test_damaged_samples_are_left_out(tmp_path: Path) -> None:
    members = {
        "samples/2_epoch_1.json": '{"id": 2, "epo',
        "samples/3_epoch_1.json": '{"id": {}, "epoch": 1}',
        "samples/4_epoch_1/sample.json": "{}",
        "samples/4_epoch_1/messages/0.json": "[]",
    }
    path = write_archive(tmp_path / "log.eval", [sample(1), sample(9)], members=members)
    content = bytearray(path.read_bytes())
    start = content.index(b"samples/9_epoch_1.json") + len("samples/9_epoch_1.json") + 12
    content[start : start + 8] = b"\0" * 8
    path.write_bytes(content)
    plan = read(path)
    assert {each.what: each.why for each in plan.left_out} == {
        "2_epoch_1": "is not valid JSON",
        "3_epoch_1": "does not have the form of a sample of Inspect",
        "4_epoch_1": "is stored in chunks, which cannot be read; import the log that the sample was converted from",
        "9_epoch_1": "is damaged in the archive",
    }
    assert [each.sample_id for each in plan.runs[0].results] == ["1"]


def test_samples_of_json_that_have_another_form(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, sample(1), {"id": 2, "messages": "x"}, {"id": None})
    why = "does not have the form of a sample of Inspect"
    assert [(each.what, each.why) for each in plan.left_out] == [("sample 2", why), ("sample 3", why)]


def test_logs_without_samples(tmp_path: Path) -> None:
    expected = "has no samples; run the evaluation without --no-log-samples, or until one is done"
    assert refusal(write_json(tmp_path / "a.json", [])) == expected
    assert refusal(write_archive(tmp_path / "b.eval", [])) == expected
    bare = tmp_path / "c.json"
    bare.write_text(json.dumps({**header(), "samples": None}))
    assert refusal(bare) == expected


def test_logs_without_a_result(tmp_path: Path) -> None:
    path = write_json(tmp_path / "log.json", [sample(scores={})])
    assert refusal(path) == "nothing can be imported; the first sample (1, epoch 1) has no score"


def test_archives_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_MEMBER_BYTES", 100_000)
    bomb = sample(2, metadata={"x": "0" * 200_000})
    one = write_archive(tmp_path / "one.eval", [sample(1), bomb])
    assert refusal(one).startswith("samples/2_epoch_1.json is larger than 100000 bytes when decompressed")
    monkeypatch.setattr(files, "MAX_ARCHIVE_BYTES", 20_000)
    many = write_archive(tmp_path / "many.eval", [sample(number) for number in range(30)])
    assert "or all are larger than 20000" in refusal(many)


def test_without_the_library_for_zstd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_archive(tmp_path / "log.eval", [sample()])
    deflated = write_archive(tmp_path / "old.eval", [sample()], compression=zipfile.ZIP_DEFLATED)
    monkeypatch.setitem(sys.modules, "zipfile_zstd", None)
    assert refusal(path) == (
        "is compressed by zstd, and the library zipfile-zstd is not installed: pip install 'assay[importers]'"
    )
    assert len(read(deflated).runs) == 1
