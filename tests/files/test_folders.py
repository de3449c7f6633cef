"""Reading and writing folders with hostile content or concurrent changes."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from assay.files import FileLimits, FilesRefused
from assay.files.folders import read_folder, write_folder


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder of the host that must never be read."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "x").write_bytes(b"secret")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def test_reading_returns_what_was_written(root: Path) -> None:
    files = {"a": b"1", "d/e/f": bytes(1000), "d/g": b""}
    write_folder(root / "new", files)
    assert read_folder(root / "new") == files
    assert read_folder(root / "new", ["d/"]) == {"d/e/f": bytes(1000), "d/g": b""}
    assert read_folder(root / "new", ["*.py"]) == {}


def test_a_descriptor_can_be_read_and_stays_open(root: Path) -> None:
    write_folder(root, {"a": b"1"})
    descriptor = os.open(root, os.O_RDONLY)
    assert read_folder(descriptor) == read_folder(descriptor) == {"a": b"1"}
    os.close(descriptor)


@pytest.mark.parametrize("kind", ["file link", "folder link", "dangling link", "pipe", "device"])
def test_special_files_are_refused_or_skipped(root: Path, secret: Path, kind: str) -> None:
    odd = root / "odd"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        targets = {"file link": secret / "x", "folder link": secret, "dangling link": "/nowhere", "device": "/dev/zero"}
        odd.symlink_to(targets[kind])
    (root / "a").write_bytes(b"1")
    assert read_folder(root, special="skip") == {"a": b"1"}
    with pytest.raises(FilesRefused, match="odd"):
        read_folder(root)


@pytest.mark.parametrize(
    "limits",
    [
        FileLimits(count=2),
        FileLimits(total_bytes=250),
        FileLimits(file_bytes=99),
        FileLimits(depth=2),
        FileLimits(names=3),
    ],
)
def test_files_over_the_limits_are_refused(root: Path, limits: FileLimits) -> None:
    write_folder(root, {"a": bytes(100), "b": bytes(100), "c/d/e": bytes(100)})
    with pytest.raises(FilesRefused):
        read_folder(root, limits=limits)


def test_a_sparse_file_over_the_limit_is_refused(root: Path) -> None:
    with (root / "a").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FilesRefused):
        read_folder(root)


def test_names_that_are_not_utf8_are_refused(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe")).write_bytes(b"")
    with pytest.raises(FilesRefused):
        read_folder(root)


def test_writing_does_not_follow_links(root: Path, secret: Path) -> None:
    (root / "d").symlink_to(secret)
    (root / "f").symlink_to(secret / "x")
    with pytest.raises(FilesRefused):
        write_folder(root, {"d/x": b"mine"})
    write_folder(root, {"f": b"mine"})
    assert (secret / "x").read_bytes() == b"secret" and (root / "f").read_bytes() == b"mine"
    assert not (root / "f").is_symlink()


def test_a_folder_in_place_of_a_file_is_refused(root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    with pytest.raises(FilesRefused):
        write_folder(root, {"a": b""})


def test_swapping_a_folder_for_a_link_never_exposes_outside_files(root: Path, secret: Path) -> None:
    (root / "d").mkdir()
    (root / "d" / "x").write_bytes(b"mine")
    stop = threading.Event()
    swapper = threading.Thread(target=_swap, args=(root, secret, stop))
    swapper.start()
    try:
        for _ in range(500):
            assert set(read_folder(root, special="skip").values()) <= {b"mine"}
    finally:
        stop.set()
        swapper.join()


def test_no_descriptor_stays_open(root: Path) -> None:
    write_folder(root, {"a/b/c": b"1"})
    (root / "a" / "l").symlink_to("/")
    with pytest.raises(FilesRefused):
        read_folder(root)
    with pytest.raises(FilesRefused):
        write_folder(root, {"a/l/x": b"1"})
    assert not [link for link in map(_target, Path("/proc/self/fd").iterdir()) if link.startswith(str(root))]


def _target(descriptor: Path) -> str:
    """Empty if another thread has closed it meanwhile."""
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        return ""


def _swap(root: Path, secret: Path, stop: threading.Event) -> None:
    """Alternate between a real folder and a link to another one."""
    while not stop.is_set():
        (root / "d").rename(root / "e")
        (root / "d").symlink_to(secret)
        (root / "d").unlink()
        (root / "e").rename(root / "d")
