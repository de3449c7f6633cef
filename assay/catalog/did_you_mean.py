"""Near matches: what somebody who wrote an unknown word probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 8
"""So many known words are listed where none is near."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word`` (case does not count), or None when none is like it."""
    by_folded = {name.casefold(): name for name in known}
    folded = name.casefold()
    close = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if close:
        return by_folded[close[0]]
    holding = sorted(name for name in by_folded if len(folded) >= 3 and folded in name)
    return by_folded[holding[0]] if holding else None


def one_of(known: Iterable[str]) -> str:
    """``one of a, b, c``, cut when there are many; for messages where no near match helps."""
    names = sorted(known)
    if not names:
        return "there are none"
    rest = len(names) - MAX_LISTED
    return f"one of {', '.join(names[:MAX_LISTED])}" + (f" and {rest} more" if rest > 0 else "")


def unknown_name(noun: str, name: str, known: Iterable[str]) -> tuple[str, str | None]:
    """``("unknown task 'ad_two'", "add_two")``; where nothing is near, the message lists what there is."""
    names = list(known)
    match = closest(name, names)
    message = f"unknown {noun} {name!r}"
    return (message, match) if match else (f"{message}; {one_of(names)}", None)
