"""Reads the number that an answer gives.

The number after the last explicit statement counts (``the answer is 12``, ``#### 12``, ``\\boxed{12}``, or a correction
such as ``no, 12``); without one, the last number of the text.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from assay.contracts.checks import NumberUnit
from services.judge.readers.latex import NO_BREAK_SPACE, boxed
from services.judge.readers.number_grammar import FoundNumber, find_numbers, has_decimal_comma, prepare
from services.judge.readers.quote import quote

_NOUN = (
    "(?:answer|solution|final result|final value|antwort|lösung|ergebnis|endergebnis|réponse|résultat|respuesta"
    "|solución|resultado|resposta|risposta|soluzione|risultato|antwoord|svar|svaret|odpowiedź|ответ|答案|答え|정답)"
)
_IS = "(?:is|are|was|would be|should be|must be|equals|ist|lautet|beträgt|est|es|é|è|är|er)"
_LINK = rf"\s{{0,5}}(?:[:：=≈]|{_IS}\b|是|为|為|は|은|는)"
_STATEMENT = re.compile(
    rf"(?<!\w){_NOUN}(?:\s{{1,5}}\w{{1,20}}){{0,3}}?{_LINK}[\s*_`$:：]{{0,20}}|^[ ]{{0,3}}####",
    re.IGNORECASE | re.MULTILINE,
)
_CORRECTION = re.compile(
    r"(?<!\w)(?:no|wait|actually|correction|sorry|nein|non|rather)[ ]{0,2}[,:!.…*_—-]{1,5}\s{0,3}"
    r"(?:(?:it(?:'s| is)|i mean|make that|that(?:'s| is)|should be)\s)?[*_`$]{0,4}",
    re.IGNORECASE,
)
_END = re.compile(r"\n|(?<=[\w)%\]}*\"'$])[.!?;](?=\s|$)|[。！？；]")
_ASIDE = re.compile(r"\s(?:because|since|as|which|where|when|if|weil|da|car|parce|porque)\s|,\s|\s\(", re.IGNORECASE)
_EQUALS = re.compile(r"[=≈→]")
_NEGATION = re.compile(r"\b(?:not|nicht|pas|non|no)\s{1,3}$", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"\s?[-~]\s?|\s(?:to|or|bis|oder|à|ou|o)\s", re.IGNORECASE)
_SPACE_GROUPS = re.compile(r"(?<![\d.,'])\d{1,3}(?: \d{3})+(?!\d)")
_LONE_NUMBER = re.compile(r"\W{0,4}\d{1,3}(?: \d{3})+(?:[.,]\d+)?\W{0,4}")
_MAX_STATEMENTS = 50
_MAX_STATEMENT_CHARACTERS = 400
_MAX_UNIT_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class NumberReading:
    """``text`` is the number as written. ``value`` is None if the answer gives no readable number; ``problem`` then
    says what was seen."""

    value: float | None
    text: str = ""
    problem: str = ""


def read_number(answer: str, locale: str = "en", unit: NumberUnit = NumberUnit.NUMBER) -> NumberReading:
    text = _join_space_groups(prepare(answer), locale)
    found = _stated_number(text, locale, unit) or _last_number(text, locale, unit)
    if found is None:
        return NumberReading(None, problem=f"the answer contains no number: {quote(answer)}")
    if found.value is None:
        return NumberReading(None, found.text, f"{quote(found.text)} is not one finite number")
    return NumberReading(found.value, found.text)


def _stated_number(text: str, locale: str, unit: NumberUnit) -> FoundNumber | None:
    """The number of the last statement that has one."""
    statements = [(place, _statement(content, locale, unit)) for place, _, content in boxed(text)[-_MAX_STATEMENTS:]]
    for match in list(_STATEMENT.finditer(text))[-_MAX_STATEMENTS:]:
        statements.append((match.start(), _statement(_clause(text, match.end()), locale, unit)))
    for match in list(_CORRECTION.finditer(text))[-_MAX_STATEMENTS:]:
        statements.append((match.start(), _correction(_clause(text, match.end()), locale, unit)))
    found = [(place, number) for place, number in statements if number is not None]
    return max(found, key=lambda each: each[0])[1] if found else None


def _clause(text: str, start: int) -> str:
    """Up to the end of the sentence or line."""
    rest = text[start : start + _MAX_STATEMENT_CHARACTERS].lstrip()
    end = _END.search(rest)
    return rest[: end.start()] if end else rest


def _statement(clause: str, locale: str, unit: NumberUnit) -> FoundNumber | None:
    """The result of an equation, otherwise the first number that is not negated; asides are ignored."""
    for part in (_ASIDE.split(clause, maxsplit=1)[0], clause):
        numbers = [found for found in find_numbers(part, locale, unit) if not _NEGATION.search(part, 0, found.start)]
        equations = [match.end() for match in _EQUALS.finditer(part)]
        results = [found for found in numbers if equations and found.start >= equations[-1] - 1]
        if numbers:
            return _unless_range(part, results or numbers)
    return None


def _unless_range(text: str, numbers: list[FoundNumber]) -> FoundNumber:
    """The first number; unreadable if it begins a range or is one of two alternatives: "3 to 5", "3 or 4"."""
    first = numbers[0]
    if len(numbers) > 1 and _ALTERNATIVE.fullmatch(text, first.end, numbers[1].start):
        second = numbers[1]
        return FoundNumber(None, text[first.start : second.end], first.start, second.end)
    return first


def _correction(clause: str, locale: str, unit: NumberUnit) -> FoundNumber | None:
    """Only a number with at most a unit: "no, 12 kg", but not "no, 3 of them were red"."""
    found = next(find_numbers(clause, locale, unit), None)
    alone = found is not None and found.start <= 1 and len(clause) - found.end <= _MAX_UNIT_CHARACTERS
    return found if alone and " of " not in clause else None


def _last_number(text: str, locale: str, unit: NumberUnit) -> FoundNumber | None:
    return next(iter(deque(find_numbers(text, locale, unit), maxlen=1)), None)


def _join_space_groups(text: str, locale: str) -> str:
    """A space separates thousands only where the language does so, or where the number is the whole answer."""
    if has_decimal_comma(locale) or _LONE_NUMBER.fullmatch(text[:100].strip()):
        return _SPACE_GROUPS.sub(lambda match: match.group().replace(" ", NO_BREAK_SPACE), text)
    return text
