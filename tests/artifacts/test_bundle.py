"""Bundles: equal bytes for equal files, and no invalid paths."""

from __future__ import annotations

import random
import zlib
from base64 import b64encode
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.artifacts import pack, pack_text, unpack, unpack_text
from assay.files import FileLimits, FilesRefused

names = st.text(st.characters(categories=["L", "N"], max_codepoint=0x2FF), min_size=1, max_size=8)
INVALID = [
    "",
    "/a",
    "..",
    "a/../b",
    "./a",
    "a/.",
    "a//b",
    "a/",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\u202eb",
    "\ud800",
    "x" * 300,
    "d/" * 40 + "x",
]


@given(st.dictionaries(names.map(lambda name: f"d/{name.lower()}"), st.binary(max_size=50), max_size=5))
def test_unpacking_reverses_packing(files: dict[str, bytes]) -> None:
    try:
        packed = pack(files)
    except FilesRefused as error:
        assert "collides" in str(error)
        return
    assert unpack(packed) == files
    assert pack(dict(reversed(files.items()))) == packed


@pytest.mark.parametrize("path", INVALID)
def test_invalid_paths_are_neither_packed_nor_unpacked(path: str) -> None:
    with pytest.raises(FilesRefused):
        pack({path: b""})
    with pytest.raises((FilesRefused, UnicodeEncodeError)):
        unpack(msgspec.msgpack.encode([[path, b""]]))


@pytest.mark.parametrize(
    "paths", [["A", "a"], ["caf\u00e9", "cafe\u0301"], ["a", "a/b"], ["D/x", "d/y"], ["\ufb01", "fi"], ["ss", "\u00df"]]
)
def test_paths_that_collide_on_some_file_system_are_refused(paths: list[str]) -> None:
    with pytest.raises(FilesRefused):
        pack(dict.fromkeys(paths, b""))


def test_a_repeated_path_is_refused() -> None:
    with pytest.raises(FilesRefused, match="twice"):
        unpack(msgspec.msgpack.encode([["a", b"1"], ["a", b"2"]]))


@pytest.mark.parametrize(
    "limits",
    [
        FileLimits(count=1),
        FileLimits(total_bytes=5),
        FileLimits(file_bytes=2),
        FileLimits(depth=1),
        FileLimits(path_bytes=2),
    ],
)
def test_files_over_the_limits_are_refused(limits: FileLimits) -> None:
    files = {"a/b": b"123", "c": b"456"}
    with pytest.raises(FilesRefused):
        pack(files, limits)
    with pytest.raises(FilesRefused):
        unpack(pack(files), limits)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_unpacked_or_refused(data: bytes) -> None:
    with suppress(FilesRefused):
        unpack(data)


@pytest.mark.parametrize(
    "data", [b"\xdd\xff\xff\xff\xff", b"\x91" * 100_000, b"\xc6\xff\xff\xff\xff", b"\x93\x01\x02\x03"]
)
def test_false_lengths_are_refused(data: bytes) -> None:
    with pytest.raises(FilesRefused):
        unpack(data)


def test_a_bundle_as_text_is_one_line_and_gives_the_files_back() -> None:
    files = {"models.yaml": b"providers: {}\n" * 1000, "scripted/a.yaml": "ä".encode()}
    text = pack_text(files)
    assert text.isascii() and text.isprintable() and " " not in text
    assert unpack_text(text) == files


@pytest.mark.parametrize("damage", ["", "x", "ä", "AAAA", "cut", "longer", "bomb"])
def test_a_damaged_bundle_as_text_is_refused(damage: str) -> None:
    text = pack_text({"a": b"content" * 100})
    bomb = b64encode(zlib.compress(bytes(200_000_000), 9)).decode() if damage == "bomb" else ""
    damaged = {"cut": text[: len(text) // 8 * 4], "longer": f"{text[:-4]}AAAAAAAA", "bomb": bomb}.get(damage, damage)
    with pytest.raises(FilesRefused):
        unpack_text(damaged)


def test_a_bundle_that_is_too_large_for_a_variable_is_refused() -> None:
    with pytest.raises(FilesRefused, match="at most 100,000"):
        pack_text({"a": random.Random(1).randbytes(100_000)})
