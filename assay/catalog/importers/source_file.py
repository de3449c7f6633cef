"""Reads the files of a benchmark, compressed or not, as text."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.yaml.read import Unreadable, decode_text, read_bytes

MAX_SOURCE_BYTES = 512 * 1024 * 1024
"""Also of what a compressed file contains."""
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive; unpack it and import a file in it",
    b"7z\xbc\xaf": "a 7z archive; unpack it and import a file in it",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; decompress it first: unzstd FILE",
    b"BZh": "compressed by bzip2; decompress it first: bunzip2 FILE",
    b"\xfd7zXZ": "compressed by xz; decompress it first: unxz FILE",
}


def read_text(path: Path) -> str:
    """The file as text, without a byte order mark. Raises ImportFailed."""
    content = read_content(path)
    if content.startswith(_PARQUET):
        raise ImportFailed(f"{path}: is a Parquet file; import it with `assay import parquet`")
    try:
        text = decode_text(content)
    except Unreadable as error:
        place = f"{path}:{error.line}" if error.line else f"{path}"
        raise ImportFailed(f"{place}: {error}, for example by `iconv -f latin1 -t utf8`") from error
    if not text.strip():
        raise ImportFailed(f"{path}: is empty")
    return text


def read_content(path: Path) -> bytes:
    """Raises ImportFailed for what is no file, too large, or an archive."""
    if path.is_dir():
        raise ImportFailed(f"{path}: is a folder; give a file in it")
    try:
        content = read_bytes(path, MAX_SOURCE_BYTES)
    except Unreadable as error:
        raise ImportFailed(f"{path}: {error}") from error
    for start, kind in _ARCHIVES.items():
        if content.startswith(start):
            raise ImportFailed(f"{path}: is {kind}")
    return _decompressed(path, content) if content.startswith(_GZIP) else content


def _decompressed(path: Path, content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = file.read(MAX_SOURCE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailed(f"{path}: is a damaged gzip file ({error}); get it again") from error
    if len(found) > MAX_SOURCE_BYTES:
        raise ImportFailed(f"{path}: has more than {MAX_SOURCE_BYTES} bytes when decompressed; split it")
    if found.startswith(b"ustar", 257):
        raise ImportFailed(f"{path}: is a tar archive; unpack it and import a file in it")
    return found


def stem(path: Path) -> str:
    """The file's name without its endings: ``train`` for ``train.jsonl.gz``."""
    name = path.name
    for ending in (".gz", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"):
        name = name.removesuffix(ending)
    return name
