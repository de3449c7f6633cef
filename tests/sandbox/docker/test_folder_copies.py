"""Copies of folders for a daemon that does not see this process's file system."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assay.sandbox.docker.folder_copies import copied, path_for_daemon


def test_workers_share_copies_of_equal_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, text in (("one", "1"), ("same", "1"), ("other", "2")):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / "file.py").write_text(text)
        (tmp_path / name / "inner" / "file.py").chmod(0o600)
    one, same, other = (copied(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same != other
    assert [(path / "inner" / "file.py").read_text() for path in (one, other)] == ["1", "2"]
    assert stat.S_IMODE((one / "inner" / "file.py").stat().st_mode) == 0o444
    assert len(list(tmp_path.glob("assay-mount-*"))) == 2


def test_a_folder_that_the_daemon_sees_too_is_mounted_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can contain a socket, as the command solver's does, of which there can be no copy."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared = tmp_path / "model"
    shared.mkdir()
    assert path_for_daemon(shared) == shared
