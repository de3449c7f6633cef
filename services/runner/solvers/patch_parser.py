"""Unified diffs as models write them: set right where only the counting is wrong, and checked before any tool."""

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
NOWHERE = "/dev/null"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patch:
    """``strip`` is how many leading parts of its paths are not of the workspace: 1 for ``a/`` and ``b/``, else 0."""

    text: str
    paths: tuple[str, ...]
    strip: int


def read_patch(text: str) -> Patch:
    """Raises AnswerUnusable for what is no unified diff or has a path that leaves the workspace."""
    recounted = "".join(line + "\n" for line in _recounted(text.replace("\r\n", "\n").split("\n")))
    try:
        files = PatchSet.from_string(recounted)
    except UnidiffParseError as error:
        raise AnswerUnusable(f"the diff is malformed: {clean(str(error), 200)}") from error
    ends = [(file.source_file, file.target_file) for file in files]
    if not ends:
        raise AnswerUnusable("the diff names no file: it has no '---' and '+++' lines")
    sides = [(name, prefix) for pair in ends for name, prefix in zip(pair, ("a/", "b/"), strict=True)]
    strip = int(all(name == NOWHERE or name.startswith(prefix) for name, prefix in sides))
    paths = [name[2 * strip :] for name, _ in sides if name != NOWHERE]
    for path in paths:
        _check(path)
    return Patch(text=recounted, paths=tuple(dict.fromkeys(paths)), strip=strip)


def _check(path: str) -> None:
    try:
        check_path(path)
    except FilesRefused as error:
        raise AnswerUnusable(f"the diff cannot be taken: {error}") from error


def _recounted(lines: list[str]) -> Iterator[str]:
    """The lines of the diff alone, with every hunk's counts as they are. Models count badly; that is all that is
    forgiven, besides words around the diff and empty lines that lost their leading space."""
    at = 0
    while at < len(lines):
        if match := _HUNK.match(lines[at]):
            body = _body(lines, at + 1)
            old = sum(line[0] in " -" for line in body)
            new = sum(line[0] in " +" for line in body)
            yield f"@@ -{match[1]},{old} +{match[2]},{new} @@{match[3]}"
            yield from body
            at += len(body)
        elif lines[at].startswith(_HEADERS):
            yield lines[at]
        at += 1


def _body(lines: list[str], start: int) -> list[str]:
    """A hunk's lines, from the one after its header."""
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
