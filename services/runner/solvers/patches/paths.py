"""Names of files in patches and answers, and the paths in the workspace that they mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import unquote

from assay.files import FilesRefused, check_path, matches
from services.runner.errors import AnswerUnusable

NO_FILE = "/dev/null"
_PREFIX = re.compile(r"(?:[abciow]|old|new|orig|original|modified|updated)/")
_AFTER_NAME = re.compile(
    r"(?:\t.*|\s+\d{4}-\d\d-\d\d[ T]\d\d:.*|\s+\((?:original|updated|modified|new|old|revision|working)\b[^()]*\))$"
)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PAIRS = {'"': '"', "'": "'", "`": "`", "*": "*", "<": ">"}


def read_name(text: str) -> str:
    """The name in a header: without a time after it, and without quotes. In double quotes, git escapes bytes."""
    text = text.strip()
    if text.startswith('"') and (end := text.find('"', 1)) > 0:
        while end > 0 and text[end - 1] == "\\":
            end = text.find('"', end + 1)
        return _unescape(text[1:end]) if end > 0 else text
    text = _AFTER_NAME.sub("", text[:2000]).strip()
    while len(text) > 2 and _PAIRS.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text


def split_git_names(text: str) -> tuple[str, str] | None:
    """The two names after ``diff --git``. Unquoted names may contain spaces; then both are the same."""
    if text.startswith('"') or text.endswith('"'):
        names = re.findall(r'"(?:[^"\\]|\\.)*"|\S+', text[:4000])
        return (read_name(names[0]), read_name(names[1])) if len(names) == 2 else None
    middle = len(text) // 2
    if text[middle : middle + 1] == " " and _without_prefix(text[:middle]) == _without_prefix(text[middle + 1 :]):
        return text[:middle], text[middle + 1 :]
    names = text.split()
    return (names[0], names[1]) if len(names) == 2 else None


def has_git_prefixes(old: str, new: str) -> bool:
    """Whether the names begin like ``a/`` and ``b/``, so that these are no folders."""
    if NO_FILE in (old, new):
        return any(name[1:2] == "/" and bool(_PREFIX.match(name)) for name in (old, new) if name != NO_FILE)
    first, second = _PREFIX.match(old), _PREFIX.match(new)
    return first is not None and second is not None and first[0] != second[0]


def resolve(name: str, workspace: Collection[str], outputs: Sequence[str], *, prefixed: bool = False) -> str:
    """The path that a name means: an existing file if there is one, else a declared output. Raises AnswerUnusable if
    the path leaves the workspace."""
    readings = list(dict.fromkeys(_readings(name, prefixed=prefixed)))
    written, decoded = [first for first, _ in readings], [second for _, second in readings]
    choices = (
        [path for path in (*written, *decoded) if path in workspace or path in outputs],
        [path for path in (*decoded, *written) if matches(path, outputs)],
        decoded,
    )
    path = next(paths[0] for paths in choices if paths)
    try:
        check_path(path)
    except FilesRefused as error:
        raise AnswerUnusable(f"the answer's files are not allowed: {error}") from error
    return path


def in_workspace(name: str) -> str:
    """Without ``/workspace/`` and ``./``."""
    name = name.removeprefix("file://")
    while name.startswith(("./", "/workspace/")):
        name = name.removeprefix("./").removeprefix("/workspace/")
    return name


def _readings(name: str, *, prefixed: bool) -> Iterator[tuple[str, str]]:
    """Paths that a name can mean, the likeliest first: as written, and with percent codes and backslashes decoded."""
    plain, bare = in_workspace(name), in_workspace(_without_prefix(name))
    for path in (bare, plain) if prefixed else (plain, bare):
        for reading in (path, path.removeprefix("workspace/")):
            decoded = reading.replace("\\", "/")
            yield reading, unquote(decoded) if _PERCENT.search(decoded) else decoded


def _without_prefix(name: str) -> str:
    return _PREFIX.sub("", name, count=1) if _PREFIX.match(name) else name


def _unescape(text: str) -> str:
    """C escapes; the octal ones are bytes of UTF-8."""
    return _ESCAPE.sub(lambda match: _byte(match[1]), text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _byte(escape: bytes) -> bytes:
    return bytes([int(escape, 8) & 255]) if len(escape) == 3 else _ESCAPED.get(escape, escape)
