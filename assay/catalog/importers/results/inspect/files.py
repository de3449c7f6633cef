"""Opens Inspect's logs: ``.eval`` archives, which are zip files, and JSON."""

from __future__ import annotations

import importlib
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results import json_file
from assay.catalog.importers.results.inspect.draft import Draft, draft_of
from assay.catalog.importers.results.inspect.format import Header, JsonLog, Sample
from assay.catalog.importers.results.json_file import NotJson, WrongForm
from assay.catalog.importers.source_file import read_content

MAX_MEMBER_BYTES = 256 * 1024 * 1024
MAX_ARCHIVE_BYTES = 16 * 1024 * 1024 * 1024
"""Of all members that are read, decompressed. Most of it are events, which are not kept."""
_CHUNK_BYTES = 4096
"""Little, since zstd decompresses a chunk as a whole, up to some ten thousand times its size."""
_ZIP, _ZSTANDARD = b"PK", 93
_HEADERS = ("header.json", "_journal/start.json")
_SAMPLE = re.compile(r"^samples/.*_epoch_\d+\.json$", re.DOTALL)
_CHUNKED = re.compile(r"^samples/(.*_epoch_\d+)/sample\.json$", re.DOTALL)
_NO_LOG = "is not a log of Inspect"
_IN_CHUNKS = "is stored in chunks, which cannot be read; import the log that the sample was converted from"


@dataclass(frozen=True, slots=True)
class Unread:
    """A sample that cannot be read."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Log:
    header: Header
    samples: tuple[Draft | Unread, ...]


def is_log(path: Path) -> bool:
    """By its name."""
    return path.suffix in (".eval", ".json")


def read_log(path: Path) -> Log:
    """Raises ImportFailed."""
    try:
        with path.open("rb") if path.is_file() else _no_file(path) as file:
            start = file.read(len(_ZIP))
    except OSError as error:
        raise ImportFailed(f"{path}: cannot be read: {error.strerror or error}") from error
    return _read_archive(path) if start == _ZIP or path.suffix == ".eval" else _read_json(path)


def _no_file(path: Path) -> Any:
    raise ImportFailed(f"{path}: {'is not a file' if path.exists() else 'does not exist'}")


def _read_json(path: Path) -> Log:
    content = read_content(path)
    try:
        header, samples = _json_log(content)
    except WrongForm as error:
        raise ImportFailed(f"{path}: {_NO_LOG}{_what_else(content)} ({error})") from error
    except NotJson as error:
        raise ImportFailed(f"{path}: is not valid JSON ({error}); if it was cut off, get it again") from error
    return Log(header, tuple(_sample(f"sample {number}", each) for number, each in enumerate(samples, 1)))


def _json_log(content: bytes) -> tuple[Header, list[Any]]:
    """Samples are bytes or, if the file has numbers that JSON does not know, objects."""
    try:
        log = json_file.decode_regular(JsonLog, content)
        return log, [bytes(each) for each in log.samples or ()]
    except WrongForm:
        raise
    except NotJson:
        whole = json_file.loads(content)
        samples = cast("dict[str, Any]", whole).pop("samples", None) if isinstance(whole, dict) else None
        return json_file.convert(Header, whole), cast("list[Any]", samples) if isinstance(samples, list) else []


def _what_else(content: bytes) -> str:
    known = b'"lm_eval_version"' in content or (b'"n-shot"' in content and b'"higher_is_better"' in content)
    return "; it seems to be one of lm-eval: `assay import lm-eval`" if known else ""


def _sample(place: str, value: Any) -> Draft | Unread:
    try:
        if isinstance(value, bytes):
            return draft_of(json_file.decode(Sample, value))
        return draft_of(json_file.convert(Sample, value))
    except WrongForm:
        return Unread(place, "does not have the form of a sample of Inspect")
    except NotJson:
        return Unread(place, "is not valid JSON")


def _read_archive(path: Path) -> Log:
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_members(path, _Archive(path, archive))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ImportFailed(f"{path}: is a damaged or truncated archive ({error}); get it again") from error


def _read_members(path: Path, archive: _Archive) -> Log:
    found = next((each for each in _HEADERS if each in archive.members), None)
    if found is None:
        raise ImportFailed(f"{path}: {_NO_LOG}: the archive has neither {_HEADERS[0]} nor {_HEADERS[1]}")
    try:
        header = json_file.decode(Header, archive.read(found))
    except NotJson as error:
        raise ImportFailed(f"{path}: {_NO_LOG}: {found} {error}") from error
    return Log(header, tuple(_samples(archive)))


def _samples(archive: _Archive) -> Iterator[Draft | Unread]:
    for member in archive.members:
        if _SAMPLE.match(member):
            place = member.removeprefix("samples/").removesuffix(".json")
            try:
                content = archive.read(member)
            except _Damaged:
                yield Unread(place, "is damaged in the archive")
            else:
                yield _sample(place, content)
        elif chunked := _CHUNKED.match(member):
            yield Unread(chunked.group(1), _IN_CHUNKS)


class _Damaged(ValueError):
    """A single member."""


class _Archive:
    """Reads members, within the limits. Of members with one name, the last is the one that counts."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive, self._left = path, archive, MAX_ARCHIVE_BYTES
        self.members = {each.filename: each for each in archive.infolist()}
        if any(each.compress_type == _ZSTANDARD for each in self.members.values()):
            _enable_zstandard(path)

    def read(self, name: str) -> bytes:
        """Raises _Damaged, and ImportFailed beyond a limit."""
        limit = min(MAX_MEMBER_BYTES, self._left)
        content = bytearray()
        try:
            with self._archive.open(self.members[name]) as file:
                while len(content) <= limit and (chunk := file.read(_CHUNK_BYTES)):
                    content += chunk
        except Exception as error:  # each compression has errors of its own
            raise _Damaged(f"is damaged ({error or type(error).__name__})") from error
        if len(content) > limit:
            raise ImportFailed(
                f"{self._path}: {name} is larger than {limit} bytes when decompressed, "
                f"or all are larger than {MAX_ARCHIVE_BYTES}; import a part of the log"
            )
        self._left -= len(content)
        return bytes(content)


def _enable_zstandard(path: Path) -> None:
    """From Python 3.14 on, ``zipfile`` can decompress zstd; until then, ``zipfile_zstd`` teaches it to."""
    if sys.version_info >= (3, 14):
        return
    try:
        importlib.import_module("zipfile_zstd")
    except ImportError as error:
        raise ImportFailed(
            f"{path}: is compressed by zstd, and the library zipfile-zstd is not installed: "
            "pip install 'assay[importers]'"
        ) from error
