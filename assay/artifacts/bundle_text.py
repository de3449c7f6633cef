"""Small bundles as text of one line, for settings."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode

from assay.artifacts.bundle import pack, unpack
from assay.files import DEFAULT_LIMITS, Files, FilesRefused

MAX_CHARACTERS = 100_000
"""The kernel limits a variable of the environment to 128 KiB."""


def pack_text(files: Files) -> str:
    """Raises FilesRefused for files that do not fit into a variable of the environment."""
    text = b64encode(zlib.compress(pack(files), 9)).decode()
    if len(text) > MAX_CHARACTERS:
        raise FilesRefused(f"{len(text):,} characters after compression, at most {MAX_CHARACTERS:,} are possible")
    return text


def unpack_text(text: str) -> dict[str, bytes]:
    """Raises FilesRefused for anything that ``pack_text`` did not produce."""
    try:
        decompressor = zlib.decompressobj()
        data = decompressor.decompress(b64decode(text, validate=True), DEFAULT_LIMITS.total_bytes)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise FilesRefused(f"not a bundle as text: {error}") from error
    if not decompressor.eof or decompressor.unused_data:
        raise FilesRefused("not a bundle as text: it was cut off, is too large, or something follows it")
    return unpack(data)
