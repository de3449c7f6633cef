"""The place in a file that is most like a text that does not occur in it, for error messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

from services.runner.solvers.patches.file_lines import Exactness, comparable

_MAX_OCCURRENCES = 50
_MAX_COMPARED_LINES = 3000
_MAX_COMPARED_CHARACTERS = 200
_ALIKE = 0.6


def nearest_lines(texts: Sequence[str], wanted: Sequence[str]) -> tuple[int, int] | None:
    """Where ``wanted`` fits best, as an index into ``texts``, and the index of the first line in it that differs. None
    if nothing is alike. The time grows linearly with the size of both."""
    keys, wanted_keys = comparable(texts, Exactness.ALL_SPACE), comparable(wanted, Exactness.ALL_SPACE)
    start = _most_equal(keys, wanted_keys)
    if start is None:
        start = _most_alike(keys, wanted_keys)
    if start is None:
        return None
    pairs = enumerate(wanted_keys)
    different = next((at for at, key in pairs if start + at >= len(keys) or keys[start + at] != key), None)
    if different is None:
        trailing = enumerate(wanted)
        different = next((at for at, text in trailing if texts[start + at] != text), 0)
    return start, different


def _most_equal(keys: Sequence[str], wanted: Sequence[str]) -> int | None:
    """The start at which most lines are equal."""
    where: defaultdict[str, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        if key and len(where[key]) < _MAX_OCCURRENCES:
            where[key].append(at)
    votes = Counter(at - offset for offset, key in enumerate(wanted) for at in where.get(key, ()) if at >= offset)
    return max(votes, key=lambda start: (votes[start], -start)) if votes else None


def _most_alike(keys: Sequence[str], wanted: Sequence[str]) -> int | None:
    """The start at which the first nonblank line resembles the file's."""
    offset = next((at for at, key in enumerate(wanted) if key), None)
    if offset is None:
        return None
    matcher = SequenceMatcher(None, "", wanted[offset][:_MAX_COMPARED_CHARACTERS], autojunk=False)
    best, best_at = _ALIKE, None
    for at, key in enumerate(keys[:_MAX_COMPARED_LINES]):
        matcher.set_seq1(key[:_MAX_COMPARED_CHARACTERS])
        if at >= offset and matcher.real_quick_ratio() > best and (ratio := matcher.quick_ratio()) > best:
            best, best_at = ratio, at - offset
    return best_at
