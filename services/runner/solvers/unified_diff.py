"""``patch.diff``: an attempt's changes to its workspace, in a format for people and for ``git apply``."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from assay.files import Files

_MAX_COMPARISONS = 4_000_000
"""Old lines times new lines; above it comparing takes too long, and the file is shown as replaced."""
_MAX_TEXT_BYTES = 2_000_000


def diff_files(before: Files, after: Files) -> bytes:
    """Empty if nothing changed. Of files that are not UTF-8 text it only says that they differ."""
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return "".join(piece for path in changed for piece in _diff_file(path, before.get(path), after.get(path))).encode()


def _diff_file(path: str, old: bytes | None, new: bytes | None) -> Iterator[str]:
    yield f"diff --git a/{path} b/{path}\n"
    if old is None:
        yield "new file mode 100644\n"
    if new is None:
        yield "deleted file mode 100644\n"
    source, target = f"a/{path}" if old is not None else "/dev/null", f"b/{path}" if new is not None else "/dev/null"
    old_lines, new_lines = _lines(old or b""), _lines(new or b"")
    if old_lines is None or new_lines is None:
        yield f"Binary files {source} and {target} differ\n"
    elif len(old_lines) * len(new_lines) > _MAX_COMPARISONS:
        yield from _replacement(old_lines, new_lines, source, target)
    else:
        yield from map(_terminated, unified_diff(old_lines, new_lines, source, target))


def _lines(content: bytes) -> list[str] | None:
    """None if it is not shown as text. Only newlines end a line, as in git."""
    if b"\0" in content or len(content) > _MAX_TEXT_BYTES:
        return None
    try:
        pieces = content.decode().split("\n")
    except UnicodeDecodeError:
        return None
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _replacement(old_lines: list[str], new_lines: list[str], source: str, target: str) -> Iterator[str]:
    yield f"--- {source}\n+++ {target}\n@@ -1,{len(old_lines)} +1,{len(new_lines)} @@\n"
    yield from (_terminated(f"-{line}") for line in old_lines)
    yield from (_terminated(f"+{line}") for line in new_lines)


def _terminated(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
