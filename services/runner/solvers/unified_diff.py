"""``patch.diff``: what an attempt changed of its workspace, as a diff people and ``git apply`` can read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from assay.files import Files

_COMPARABLE = 4_000_000
"""Lines of the one times lines of the other; above it comparing takes too long, and the file is shown as replaced."""
_TEXT_BYTES = 2_000_000


def diff_of(before: Files, after: Files) -> bytes:
    """From the files as they were to the files as they are; empty when nothing changed. Bytes that are no UTF-8 text
    are only said to differ."""
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return "".join(piece for path in changed for piece in _one(path, before.get(path), after.get(path))).encode()


def _one(path: str, old: bytes | None, new: bytes | None) -> Iterator[str]:
    yield f"diff --git a/{path} b/{path}\n"
    if old is None:
        yield "new file mode 100644\n"
    if new is None:
        yield "deleted file mode 100644\n"
    source, target = f"a/{path}" if old is not None else "/dev/null", f"b/{path}" if new is not None else "/dev/null"
    olds, news = _lines(old or b""), _lines(new or b"")
    if olds is None or news is None:
        yield f"Binary files {source} and {target} differ\n"
    elif len(olds) * len(news) > _COMPARABLE:
        yield from _replaced(olds, news, source, target)
    else:
        yield from map(_ended, unified_diff(olds, news, source, target))


def _lines(content: bytes) -> list[str] | None:
    """None for what is not shown as text. Only newlines end a line, as in git."""
    if b"\0" in content or len(content) > _TEXT_BYTES:
        return None
    try:
        pieces = content.decode().split("\n")
    except UnicodeDecodeError:
        return None
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _replaced(olds: list[str], news: list[str], source: str, target: str) -> Iterator[str]:
    yield f"--- {source}\n+++ {target}\n@@ -1,{len(olds)} +1,{len(news)} @@\n"
    yield from (_ended(f"-{line}") for line in olds)
    yield from (_ended(f"+{line}") for line in news)


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
