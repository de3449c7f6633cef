"""Broken files of a catalogue on the command line, without a server."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.test_catalog_files_corpus import write
from tests.cli.harness import run_assay

PLACE = "catalog/tasks/q/samples.jsonl:2: is not UTF-8: contains the byte 0xff; save it as UTF-8"


def broken_catalog(folder: Path) -> Path:
    samples = '{"sample_id": "a", "expected": "x"}\n{"sample_id": "b", "expected": "{{ff}}"}\n'
    write(folder / "catalog", {"files": {"tasks/q/samples.jsonl": samples}, "task": {"samples": None}})
    return folder / "catalog"


def test_the_doctor_lists_what_is_broken_and_why(tmp_path: Path) -> None:
    ran = run_assay(tmp_path, "doctor", ASSAY_CATALOG=str(broken_catalog(tmp_path)))
    lines = ran.out.splitlines()
    (start,) = [number for number, line in enumerate(lines) if " catalogue " in line]
    assert "1 task in " in lines[start] and lines[start].endswith("; 1 broken:")
    assert lines[start + 1].strip() == PLACE
    assert "correct these files" in lines[start + 2]


def test_validation_names_the_line_and_the_other_task_is_valid(tmp_path: Path) -> None:
    catalog = str(broken_catalog(tmp_path))
    ran = run_assay(tmp_path, "tasks", "validate", ASSAY_CATALOG=catalog)
    assert ran.code == 1
    assert "ok   healthy" in ran.out and "fail q" in ran.out and PLACE in ran.out
    one = run_assay(tmp_path, "tasks", "validate", "q", ASSAY_CATALOG=catalog)
    assert (one.code, PLACE in one.out) == (1, True)
    file = run_assay(tmp_path, "tasks", "validate", f"{catalog}/tasks/healthy", ASSAY_CATALOG=catalog)
    assert file.code == 0


def test_a_task_folder_that_cannot_be_read_gives_no_traceback(tmp_path: Path) -> None:
    catalog = broken_catalog(tmp_path)
    (catalog / "tasks/gone").symlink_to("nowhere")
    (catalog / "tasks/empty").mkdir()
    ran = run_assay(tmp_path, "tasks", "validate", ASSAY_CATALOG=str(catalog))
    assert "Traceback" not in ran.out + ran.err
    assert "catalog/tasks/empty/task.yaml: cannot be read: No such file or directory" in ran.out
    assert "catalog/tasks/gone: is a link; use the folder itself" in ran.out
