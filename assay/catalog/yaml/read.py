"""Reads files as text. Pipes and devices, which could block or never end, are refused."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(Exception):
    """Why a file cannot be read. ``line`` counts from 1 and is 0 for the file as a whole."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The content of a regular file. Raises Unreadable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable(f"is {_kind(found.st_mode)}, not a file")
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = "Is a folder, not a file" if isinstance(error, IsADirectoryError) else _reason(error)
        raise Unreadable(f"cannot be read: {reason}") from error
    if len(content) > max_bytes:
        raise Unreadable(f"has {max(found.st_size, len(content))} bytes, more than {max_bytes}")
    return content


def decode_text(content: bytes, first_line: int = 1) -> str:
    """UTF-8 text without its byte order mark. Raises Unreadable with the line."""
    if content.startswith(_UTF_16):
        raise Unreadable("is UTF-16, not UTF-8; save it as UTF-8", first_line)
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = first_line + error.object[: error.start].count(b"\n")
        found = error.object[error.start]
        raise Unreadable(f"is not UTF-8: contains the byte 0x{found:02x}; save it as UTF-8", line) from error


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device"


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
