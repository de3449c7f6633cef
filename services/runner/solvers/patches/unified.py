"""Reads unified diffs, as git, diff and models write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.runner.solvers.patches.changes import ChangeKind, FileChange, Hunk, refuse
from services.runner.solvers.patches.hunk_lines import HunkBody, read_body
from services.runner.solvers.patches.paths import NO_FILE, has_git_prefixes, read_name, split_git_names
from services.runner.solvers.patches.text_lines import TextLines

_HUNK = re.compile(r"@@+\s*-(\d{1,9})(?:,(\d{1,9}))?\s+\+(\d{1,9})(?:,(\d{1,9}))?\s*(?:@@+)?(.*)", re.DOTALL)
_MOVE = re.compile(r"(rename|copy) (from|to) (.+)")
_RULES = ("--", "---")
"""They enclose the text of a mail."""
_ELLIPSES = ("", "...", "…")
_IGNORED = (
    "index ",
    "old mode ",
    "new mode ",
    "similarity index ",
    "dissimilarity index ",
    "=====",
    "Index: ",
    "Only in ",
)
_BINARY = ("GIT binary patch", "Binary files ")
_NO_REGULAR_FILE = ("120000", "160000")


@dataclass(slots=True)
class _Header:
    """Of one file. ``has_names``: its ``---`` and ``+++`` lines were read, so that hunks follow. ``changes_mode``: of
    its mode, which is ignored."""

    line: int
    old: str = ""
    new: str = ""
    kind: ChangeKind = "update"
    has_names: bool = False
    changes_mode: bool = False

    @property
    def prefixed(self) -> bool:
        return self.kind not in ("rename", "copy") and has_git_prefixes(self.old, self.new)

    @property
    def path(self) -> str:
        name = self.old if self.new in ("", NO_FILE) else self.new
        return name.partition("/")[2] if self.prefixed else name


def starts_file(lines: TextLines, at: int) -> bool:
    text = lines[at]
    if text.startswith("diff --git "):
        return True
    return text.startswith("--- ") and text[4:].strip() != "" and lines.get(at + 1).startswith("+++ ")


def read_diffs(lines: TextLines, path: str = "") -> list[FileChange]:
    """All changes of a block. ``path`` is the file meant by hunks that come before any file header. Lines between the
    diffs are ignored unless they look like a part of one. Raises AnswerUnusable."""
    changes: list[FileChange] = []
    if any(text.startswith("+++ ") and text.endswith("\r") for text in lines):
        lines = lines.without_carriage_returns()
    at = 0
    while at < len(lines):
        if starts_file(lines, at):
            change, at = read_diff(lines, at)
            changes.append(change)
        elif lines[at].startswith(("@@", "+", "-")) and lines[at].rstrip() not in _RULES:
            if changes or not path:
                what = "its change belongs to no file: a '---' and a '+++' line with the path must come before it"
                raise refuse(changes[-1].shown_name if changes else "the diff", what, line=lines.number(at))
            hunks, at = _read_hunks(lines, at, path)
            changes.append(FileChange(kind="update", old=path, new=path, line=lines.number(0), hunks=hunks))
        else:
            at += 1
    return changes


def read_diff(lines: TextLines, at: int) -> tuple[FileChange, int]:
    """The change to one file, and the index of the line after it."""
    header, at = _read_header(lines, at)
    hunks, at = _read_hunks(lines, at, header.path)
    return _make_change(header, hunks), at


def _make_change(header: _Header, hunks: Sequence[Hunk]) -> FileChange:
    kind, old, new = header.kind, header.old, header.new
    if kind == "update":
        kind = "create" if old == NO_FILE else "delete" if new == NO_FILE else "update"
    named_old, named_new = (new if old == NO_FILE else old), (old if new == NO_FILE else new)
    if not named_old or not named_new or named_old == NO_FILE:
        raise refuse("the diff", "its header names no file", line=header.line)
    if kind == "update" and not hunks and not header.changes_mode:
        raise refuse(header.path, "it has no hunks", line=header.line)
    return FileChange(
        kind=kind, old=named_old, new=named_new, line=header.line, hunks=tuple(hunks), prefixed=header.prefixed
    )


def _read_header(lines: TextLines, at: int) -> tuple[_Header, int]:
    header = _Header(line=lines.number(at))
    start = at
    while at < len(lines) and not header.has_names:
        text = lines[at].rstrip("\r")
        if (at > start and text.startswith("diff --git ")) or text.startswith("@@"):
            break
        if text.startswith("--- ") and lines.get(at + 1).startswith("+++ "):
            _read_names(header, text[4:], lines[at + 1][4:])
            at += 1
        elif not _read_field(header, text) and text.strip():
            break
        at += 1
    return header, at


def _read_names(header: _Header, old: str, new: str) -> None:
    header.has_names = True
    if header.kind in ("rename", "copy"):
        return
    header.old, header.new = read_name(old), read_name(new)


def _read_field(header: _Header, text: str) -> bool:
    """False if the line is no part of a header."""
    if text.startswith("diff --git "):
        header.old, header.new = split_git_names(text.removeprefix("diff --git ").strip()) or ("", "")
        return True
    if match := _MOVE.fullmatch(text):
        header.kind = "rename" if match[1] == "rename" else "copy"
        if match[2] == "from":
            header.old = read_name(match[3])
        else:
            header.new = read_name(match[3])
        return True
    if text.startswith(("new file mode ", "deleted file mode ", "new mode ")):
        if text.split()[-1] in _NO_REGULAR_FILE:
            raise refuse(header.path, "it is a link or a submodule, which is not allowed", line=header.line)
        header.kind = (
            "create" if text.startswith("new file") else "delete" if text.startswith("deleted") else header.kind
        )
        return True
    header.changes_mode = header.changes_mode or text.startswith("old mode ")
    if text.startswith(_BINARY):
        raise refuse(header.path, "it is a binary patch, which cannot be applied", line=header.line)
    return text.startswith(_IGNORED)


def _read_hunks(lines: TextLines, at: int, path: str) -> tuple[tuple[Hunk, ...], int]:
    hunks: list[Hunk] = []
    while at < len(lines):
        following = lines.next_nonblank(at)
        if lines.get(following).startswith("@@"):
            hunk, at = _read_hunk(lines, following, path, len(hunks) + 1)
            if hunk.lines:
                hunks.append(hunk)
        elif not hunks and lines.get(at)[:1] in ("+", "-", " ") and not starts_file(lines, at):
            body = read_body(lines, at, None)
            if not body.lines:
                break
            hunks.append(_make_hunk(Hunk(number=1, line=lines.number(at), lines=()), body))
            at = body.end
        else:
            break
    return tuple(hunks), at


def read_hunk_header(text: str, number: int = 1, line: int = 0) -> Hunk:
    """A hunk without lines. A header without usable numbers only has headings."""
    header = Hunk(number=number, line=line, lines=())
    if match := _HUNK.fullmatch(text.rstrip()):
        return replace(header, start=int(match[1]), headings=_headings(match[5]))
    first, _, second = text.strip().lstrip("@").partition("@@")
    return replace(header, headings=(*_headings(first), *_headings(second)))


def _read_hunk(lines: TextLines, at: int, path: str, number: int) -> tuple[Hunk, int]:
    header = read_hunk_header(lines[at], number, lines.number(at))
    match = _HUNK.fullmatch(lines[at].rstrip())
    body = read_body(lines, at + 1, (int(match[2] or 1), int(match[4] or 1)) if match else None)
    if body.cut_off:
        raise refuse(path, "the answer ends inside it", line=header.line, hunk=header)
    return _make_hunk(header, body), body.end


def _make_hunk(header: Hunk, body: HunkBody) -> Hunk:
    return replace(header, lines=tuple(body.lines), counted=body.counted)


def _headings(text: str) -> tuple[str, ...]:
    stripped = text.strip(" @\t\r")
    return () if stripped in _ELLIPSES else (stripped,)
