"""``choice``: the answer names exactly one option, and it is the expected one.

An option is named where it occurs as whole words, in any case unless two options differ only by case: ``"billing"``,
``The team is billing.`` Where options overlap (``access`` and ``account access``), the longest counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from assay.contracts.tasks import Choice
from services.judge.checks.check_result import CheckScore, failed, passed


def check(check: Choice, answer: str, expected: Any) -> CheckScore:
    named = _named_options(check.options, answer)
    if not named:
        return failed("the answer names none of the options")
    if len(named) > 1:
        return failed(f"the answer names {len(named)} different options instead of one")
    return passed() if named == {expected} else failed("the answer names a wrong option")


def _named_options(options: tuple[str, ...], answer: str) -> set[str]:
    pattern, spelled, ignore_case = _option_pattern(options)
    found = (" ".join(match.group().split()) for match in pattern.finditer(answer))
    return {spelled[_fold(text, ignore_case)] for text in found}


@lru_cache(maxsize=256)
def _option_pattern(options: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str], bool]:
    """A pattern of literals, which is searched in linear time, and the options by their normalized text."""
    ignore_case = len({_fold(_normalize_spaces(option), True) for option in options}) == len(options)
    spelled = {_fold(_normalize_spaces(option), ignore_case): option for option in options}
    literals = [r"\s+".join(map(re.escape, option.split())) for option in sorted(options, key=len, reverse=True)]
    pattern = rf"(?<![\w-])(?:{'|'.join(literals)})(?![\w-])"
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0), spelled, ignore_case


def _normalize_spaces(option: str) -> str:
    return " ".join(option.split())


def _fold(text: str, ignore_case: bool) -> str:
    return text.lower() if ignore_case else text
