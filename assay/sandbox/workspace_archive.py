"""Reading a workspace that the host cannot open: a program inside writes it to stdout as an archive, which is
untrusted."""

from __future__ import annotations

from collections.abc import Sequence

from assay.files import FileLimits, Files, FilesRefused, check_files, matches
from assay.sandbox.protocol import Command, CommandResult

_EXIT_TOO_LARGE = 3
_HEADER_BYTES = 16
_ARCHIVE_PROGRAM = f"""
import os, stat, sys
from fnmatch import fnmatchcase
max_bytes, max_names, patterns = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
seen = 0
for folder, folders, names in os.walk(".", onerror=lambda error: None):
    folders.sort()
    seen += len(folders) + len(names)
    if seen > max_names:
        sys.exit({_EXIT_TOO_LARGE})
    for name in sorted(names):
        place = os.path.join(folder, name)
        path = place[2:]
        if not any(fnmatchcase(path, each) or each.endswith("/") and path.startswith(each) for each in patterns):
            continue
        try:
            file = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        if stat.S_ISREG(os.fstat(file).st_mode):
            with open(file, "rb") as opened:
                content = opened.read(max_bytes + 1)
            max_bytes -= len(content)
            if max_bytes < 0:
                sys.exit({_EXIT_TOO_LARGE})
            encoded = os.fsencode(path)
            sys.stdout.buffer.write(len(encoded).to_bytes(8, "big") + len(content).to_bytes(8, "big"))
            sys.stdout.buffer.write(encoded + content)
        else:
            os.close(file)
"""


def archive_command(patterns: Sequence[str], limits: FileLimits) -> tuple[Command, int]:
    """The command that writes the archive, and the maximum number of bytes it may write."""
    argv = ["python3", "-I", "-S", "-B", "-c", _ARCHIVE_PROGRAM, str(limits.total_bytes), str(limits.names), *patterns]
    max_bytes = limits.total_bytes + limits.count * (_HEADER_BYTES + limits.path_bytes)
    return Command(argv=argv), max_bytes


def read_archive(result: CommandResult, patterns: Sequence[str], limits: FileLimits) -> Files:
    """Raises FilesRefused for a malformed archive: only code inside can have caused it."""
    if result.exit_code == _EXIT_TOO_LARGE or result.stdout_truncated:
        raise FilesRefused(f"the workspace has more than {limits.total_bytes} bytes or too many files")
    if result.exit_code or result.killed_by:
        raise FilesRefused(f"the workspace cannot be read: {result.stderr[-300:].decode('utf-8', 'replace')}")
    files: dict[str, bytes] = {}
    at, data = 0, result.stdout
    while at < len(data):
        path_bytes = int.from_bytes(data[at : at + 8], "big")
        content_bytes = int.from_bytes(data[at + 8 : at + _HEADER_BYTES], "big")
        at += _HEADER_BYTES
        end = at + path_bytes + content_bytes
        if end > len(data):
            raise FilesRefused("the workspace archive is malformed")
        files[_path(data[at : at + path_bytes])] = data[at + path_bytes : end]
        at = end
    check_files(files, limits)
    return {path: content for path, content in files.items() if matches(path, patterns)}


def _path(encoded: bytes) -> str:
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise FilesRefused(f"a file's name is not UTF-8: {encoded!r}") from error
