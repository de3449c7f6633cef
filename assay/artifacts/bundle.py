"""Bundles: files as one blob of bytes. The same files always pack to the same bytes, so a bundle's digest names them.

MessagePack of ``[["a.py", b"..."], ...]`` sorted by path. It can hold regular files and nothing else.
"""

from __future__ import annotations

import msgspec

from assay.files import DEFAULT_LIMITS, FileLimits, Files, FilesRefused, check_files

MEDIA_TYPE = "application/vnd.assay.bundle+msgpack"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


def pack(files: Files, limits: FileLimits = DEFAULT_LIMITS) -> bytes:
    """Raises FilesRefused for unsound paths or more than the caps allow."""
    check_files(files, limits)
    return _encoder.encode(sorted(files.items()))


def unpack(data: bytes, limits: FileLimits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """The files of a bundle from anywhere; FilesRefused for bytes that are none, or for more than the caps allow."""
    if len(data) > limits.total_bytes + limits.count * (limits.path_bytes + 16):
        raise FilesRefused(f"a bundle of {len(data)} bytes is more than the caps allow")
    try:
        entries = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FilesRefused(f"not a bundle: {error}") from error
    files = dict(entries)
    if len(files) != len(entries):
        raise FilesRefused("the bundle names a path twice")
    check_files(files, limits)
    return files
