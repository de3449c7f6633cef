"""The indentation of added lines, for a hunk whose old lines differ from the file's in their indentation.

The old lines show what happened to the space in transit: tabs became spaces, or all lines moved to the right. The
added lines are changed back in the same way. If the old lines do not agree on one, the hunk is not applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Reindent = Callable[[str], str | None]
"""The indentation in the file for one in the hunk; None if that is unknown."""


def reindented(added: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[str] | None:
    """The added lines as they belong into the file. ``pairs`` are the old lines, in the hunk and in the file. None if
    these do not show how the indentation was changed."""
    indents = {(_indent(hunk), _indent(file)) for hunk, file in pairs if hunk.strip()}
    if all(hunk == file for hunk, file in indents):
        return list(added)
    if len({hunk for hunk, _ in indents}) < len(indents):
        return None
    rules = [rule for rule in (_moved(indents), _scaled(indents)) if rule]
    return _changed(added, dict(indents), rules)


def _changed(added: Sequence[str], known: dict[str, str], rules: Sequence[Reindent]) -> list[str] | None:
    changed: list[str] = []
    for text in added:
        indent = _indent(text)
        found = {known[indent]} if indent in known else {rule(indent) for rule in rules}
        indentation = found.pop() if len(found) == 1 else None
        if indentation is None and text.strip():
            return None
        changed.append((indentation or "") + text[len(indent) :])
    return changed


def _moved(indents: set[tuple[str, str]]) -> Reindent | None:
    """All lines moved to the right or to the left by the same space."""
    for longer, shorter, to_file in ((1, 0, True), (0, 1, False)):
        extra = {pair[longer].removesuffix(pair[shorter]) for pair in indents if pair[longer].endswith(pair[shorter])}
        if len(extra) != 1 or any(not pair[longer].endswith(pair[shorter]) for pair in indents):
            continue
        space = extra.pop()
        if to_file:
            return lambda indent: space + indent
        return lambda indent: indent.removeprefix(space) if indent.startswith(space) else None
    return None


def _scaled(indents: set[tuple[str, str]]) -> Reindent | None:
    """Each level of indentation was rewritten: tabs as spaces, spaces as tabs, or by another number of spaces."""
    steps = {_step(hunk, file) for hunk, file in indents if hunk or file}
    step = steps.pop() if len(steps) == 1 else None
    if step is None:
        return None
    hunk_unit, file_unit = step
    return lambda indent: _repeat(indent, hunk_unit, file_unit)


def _step(hunk: str, file: str) -> tuple[str, str] | None:
    """The units of which both consist of equally many; with one tab, or the greatest common number of levels."""
    if not hunk or not file or len({*hunk}) > 1 or len({*file}) > 1:
        return None
    levels = next(
        count for count in range(min(len(hunk), len(file)), 0, -1) if not len(hunk) % count and not len(file) % count
    )
    return hunk[: len(hunk) // levels], file[: len(file) // levels]


def _repeat(indent: str, hunk_unit: str, file_unit: str) -> str | None:
    levels, rest = divmod(len(indent), len(hunk_unit))
    return file_unit * levels if not rest and hunk_unit * levels == indent else None


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]
