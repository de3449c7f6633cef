"""Parses unified diffs written by models: repairs wrong line counts, and checks paths before any tool sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from assay.files import FilesRefused, check_path
from services.runner.errors import AnswerUnusable
from services.runner.text import clean

_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$")
_HEADERS = (
    *("diff --git ", "index ", "--- ", "+++ ", "new file mode ", "deleted file mode ", "old mode ", "new mode "),
    *("similarity index ", "dissimilarity index ", "rename from ", "rename to ", "copy from ", "copy to "),
)
NO_FILE = "/dev/null"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patch:
    """``strip`` is the number of leading path components to remove: 1 for ``a/`` and ``b/``, otherwise 0."""

    text: str
    paths: tuple[str, ...]
    strip: int


def parse_patch(text: str) -> Patch:
    """Raises AnswerUnusable if it is not a unified diff, or a path leaves the workspace."""
    recounted = "".join(line + "\n" for line in _recounted(text.replace("\r\n", "\n").split("\n")))
    try:
        files = PatchSet.from_string(recounted)
    except UnidiffParseError as error:
        raise AnswerUnusable(f"the diff is malformed: {clean(str(error), 200)}") from error
    pairs = [(file.source_file, file.target_file) for file in files]
    if not pairs:
        raise AnswerUnusable("the diff names no file: it has no '---' and '+++' lines")
    sides = [(name, prefix) for pair in pairs for name, prefix in zip(pair, ("a/", "b/"), strict=True)]
    strip = int(all(name == NO_FILE or name.startswith(prefix) for name, prefix in sides))
    paths = [name[2 * strip :] for name, _ in sides if name != NO_FILE]
    for path in paths:
        _check(path)
    return Patch(text=recounted, paths=tuple(dict.fromkeys(paths)), strip=strip)


def _check(path: str) -> None:
    try:
        check_path(path)
    except FilesRefused as error:
        raise AnswerUnusable(f"the diff is not allowed: {error}") from error


def _recounted(lines: list[str]) -> Iterator[str]:
    """The lines of the diff, with the actual counts in each hunk header. Models miscount lines; besides that, text
    around the diff and blank context lines without their leading space are tolerated."""
    at = 0
    while at < len(lines):
        if match := _HUNK.match(lines[at]):
            body = _hunk_lines(lines, at + 1)
            old = sum(line[0] in " -" for line in body)
            new = sum(line[0] in " +" for line in body)
            yield f"@@ -{match[1]},{old} +{match[2]},{new} @@{match[3]}"
            yield from body
            at += len(body)
        elif lines[at].startswith(_HEADERS):
            yield lines[at]
        at += 1


def _hunk_lines(lines: list[str], start: int) -> list[str]:
    """A hunk's lines after its header."""
    body: list[str] = []
    for at in range(start, len(lines)):
        line = lines[at]
        next_file = line.startswith("--- ") and lines[at + 1 : at + 2] and lines[at + 1].startswith("+++ ")
        if next_file or (line and line[0] not in " +-\\"):
            break
        body.append(line)
    while body and not body[-1]:
        body.pop()
    return [line or " " for line in body]
