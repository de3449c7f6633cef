"""Suggestions for unknown names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 8
"""How many known names a message lists when none is close."""
_MAX_SHOWN = 100


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most similar to ``name`` (ignoring case), or None when none is similar."""
    by_folded = {each.casefold(): each for each in known}
    folded = name.casefold()
    close = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if close:
        return by_folded[close[0]]
    containing = sorted(each for each in by_folded if len(folded) >= 3 and folded in each)
    return by_folded[containing[0]] if containing else None


def with_suggestion(message: str, suggestion: str | None) -> str:
    """The message, followed by the suggestion, if there is one."""
    return f"{message}; did you mean {suggestion!r}?" if suggestion else message


def one_of(known: Iterable[str]) -> str:
    """``one of a, b, c``, shortened when there are many; for messages without a suggestion."""
    names = sorted(known)
    if not names:
        return "there are none"
    rest = len(names) - MAX_LISTED
    return f"one of {', '.join(names[:MAX_LISTED])}" + (f" and {rest} more" if rest > 0 else "")


def unknown_name(noun: str, name: str, known: Iterable[str]) -> tuple[str, str | None]:
    """``("unknown task 'ad_two'", "add_two")``; without a suggestion, the message lists the known names."""
    names = list(known)
    match = closest(name, names)
    message = f"unknown {noun} {shortened(name)!r}"
    return (message, match) if match else (f"{message}; {one_of(names)}", None)


def shortened(text: str) -> str:
    """The beginning of a text that is too long for a message."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
