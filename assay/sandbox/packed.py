"""Reading a workspace that cannot be opened from outside: a program inside packs it, and it is unpacked as what it is,
something that code inside says."""

from __future__ import annotations

from collections.abc import Sequence

from assay.files import FileLimits, Files, FilesRefused, check_files, matches
from assay.sandbox.protocol import Command, CommandResult

_TOO_MUCH = 3
_HEAD_BYTES = 16
_PACK = f"""
import os, stat, sys
from fnmatch import fnmatchcase
most_bytes, most_names, patterns = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
seen = 0
for folder, folders, names in os.walk(".", onerror=lambda error: None):
    folders.sort()
    seen += len(folders) + len(names)
    if seen > most_names:
        sys.exit({_TOO_MUCH})
    for name in sorted(names):
        place = os.path.join(folder, name)
        path = place[2:]
        if not any(fnmatchcase(path, one) or one.endswith("/") and path.startswith(one) for one in patterns):
            continue
        try:
            file = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        if stat.S_ISREG(os.fstat(file).st_mode):
            with open(file, "rb") as opened:
                content = opened.read(most_bytes + 1)
            most_bytes -= len(content)
            if most_bytes < 0:
                sys.exit({_TOO_MUCH})
            encoded = os.fsencode(path)
            sys.stdout.buffer.write(len(encoded).to_bytes(8, "big") + len(content).to_bytes(8, "big"))
            sys.stdout.buffer.write(encoded + content)
        else:
            os.close(file)
"""


def packing(patterns: Sequence[str], caps: FileLimits) -> tuple[Command, int]:
    """What is to be run, and how many bytes it may write."""
    words = ["python3", "-I", "-S", "-B", "-c", _PACK, str(caps.total_bytes), str(caps.names), *patterns]
    most_bytes = caps.total_bytes + caps.count * (_HEAD_BYTES + caps.path_bytes)
    return Command(argv=words), most_bytes


def unpacked(result: CommandResult, patterns: Sequence[str], caps: FileLimits) -> Files:
    """Raises FilesRefused for whatever is not as it should be: nothing but code inside can be at fault."""
    if result.exit_code == _TOO_MUCH or result.stdout_truncated:
        raise FilesRefused(f"the workspace holds more than {caps.total_bytes} bytes, or too many names")
    if result.exit_code or result.killed_by:
        raise FilesRefused(f"the workspace cannot be read: {result.stderr[-300:].decode('utf-8', 'replace')}")
    files: dict[str, bytes] = {}
    at, data = 0, result.stdout
    while at < len(data):
        path_bytes = int.from_bytes(data[at : at + 8], "big")
        content_bytes = int.from_bytes(data[at + 8 : at + _HEAD_BYTES], "big")
        at += _HEAD_BYTES
        end = at + path_bytes + content_bytes
        if end > len(data):
            raise FilesRefused("the workspace was packed unsoundly")
        files[_path(data[at : at + path_bytes])] = data[at + path_bytes : end]
        at = end
    check_files(files, caps)
    return {path: content for path, content in files.items() if matches(path, patterns)}


def _path(encoded: bytes) -> str:
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise FilesRefused(f"a file's name is not UTF-8: {encoded!r}") from error
