"""Finds where the options of a choice occur in a text, as whole words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from services.judge.readers.choice_language import ORDINARY_WORDS, PREFIXES

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = rf"[^\W{_CJK}]"
_HYPHENATED = "|".join(rf"(?<={prefix}-)" for prefix in PREFIXES)


@dataclass(frozen=True, slots=True)
class Options:
    """``pattern`` finds options; ``weak`` ones are single letters, numbers and ordinary words, which count only where
    they are clearly chosen."""

    pattern: re.Pattern[str]
    weak: frozenset[str]
    spelled: dict[str, str]
    ignore_case: bool

    def named(self, text: str) -> str:
        """The option that an occurrence names."""
        return self.spelled[_normalized(text, self.ignore_case)]


@lru_cache(maxsize=256)
def find_options(options: tuple[str, ...]) -> Options:
    """Where options overlap (``access`` and ``account access``), the longest counts. Case is ignored unless two options
    differ only by it."""
    ignore_case = len({_normalized(option, True) for option in options}) == len(options)
    literals = [_literal(option) for option in sorted(options, key=len, reverse=True)]
    return Options(
        pattern=re.compile("|".join(literals), re.IGNORECASE if ignore_case else 0),
        weak=frozenset(filter(_is_weak, options)),
        spelled={_normalized(option, ignore_case): option for option in options},
        ignore_case=ignore_case,
    )


def _literal(option: str) -> str:
    """Chinese, Japanese and Korean have no spaces between words, so anything can be next to them."""
    text = r"\s+".join(map(re.escape, unicodedata.normalize("NFKC", option).split()))
    before = rf"(?<!{_WORD})(?<!\d[.,])(?:(?<!-)|(?<!\w-)|(?i:{_HYPHENATED}))"
    after = rf"(?!{_WORD}|-\w|[+#])(?![.,]\d)"
    starts_cjk, ends_cjk = (bool(re.match(f"[{_CJK}]", option[place : place + 1 or None])) for place in (0, -1))
    return f"{'' if starts_cjk else before}{text}{'' if ends_cjk else after}"


def _is_weak(option: str) -> bool:
    return len(option) <= 1 or option.isdecimal() or option.casefold() in ORDINARY_WORDS


def _normalized(text: str, ignore_case: bool) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    return text.lower() if ignore_case else text
