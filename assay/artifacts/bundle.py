"""Bundles: files packed into bytes. Equal files give equal bytes, so a bundle's digest identifies its files.

The format is MessagePack of ``[["a.py", b"..."], ...]``, sorted by path. It supports only regular files.
"""

from __future__ import annotations

import msgspec

from assay.files import DEFAULT_LIMITS, FileLimits, Files, FilesRefused, check_files

MEDIA_TYPE = "application/vnd.assay.bundle+msgpack"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


def pack(files: Files, limits: FileLimits = DEFAULT_LIMITS) -> bytes:
    """Raises FilesRefused for invalid paths and for files over the limits."""
    check_files(files, limits)
    return _encoder.encode(sorted(files.items()))


def unpack(data: bytes, limits: FileLimits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Unpack an untrusted bundle. Raises FilesRefused for bytes that are no bundle and for files over the limits."""
    max_bytes = limits.total_bytes + limits.count * (limits.path_bytes + 16)
    if len(data) > max_bytes:
        raise FilesRefused(f"a bundle has {len(data)} bytes, the limit is {max_bytes}")
    try:
        entries = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FilesRefused(f"not a bundle: {error}") from error
    files = dict(entries)
    if len(files) != len(entries):
        raise FilesRefused("the bundle contains a path twice")
    check_files(files, limits)
    return files
