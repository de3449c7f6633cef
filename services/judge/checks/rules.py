"""``rules``: a declarative list of demands on a text or on the JSON in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.answers.json_reader import last_object
from assay.contracts.checks import Reveal, Rule, RuleKind, Rules
from services.judge.checks.check_result import CheckScore, failed, partial
from services.judge.checks.json_fields import same
from services.judge.grading.context import GradingContext
from services.judge.ports import RegexSearch
from services.judge.readers.json_path import MISSING, at_path
from services.judge.readers.text_normalizer import normalize_values


async def check(check: Rules, context: GradingContext) -> CheckScore:
    text = context.text(check)
    roots = [rule.field.partition(".")[0] for rule in check.rules if rule.field]
    document = last_object(text, roots) if roots else None
    broken: list[str] = []
    kept = 0.0
    for rule in check.rules:
        value = text if not rule.field else MISSING if document is None else at_path(document, rule.field)
        if await _holds(rule, check, value, context.tools.regex):
            kept += rule.weight
        else:
            broken.append(rule.message or _description(rule, context.hidden.task.reveal is Reveal.ALL))
    total = sum(rule.weight for rule in check.rules)
    missing = "the text contains no complete JSON object; " if roots and document is None else ""
    message = f"{missing}broken: {'; '.join(broken)}"[:500] if broken else ""
    score = partial(kept, total, message) if total else failed("every rule has the weight 0")
    score = CheckScore(passed=not broken, score=score.score, message=score.message)
    return score.with_evidence(text, "\n".join(_description(rule, with_value=True) for rule in check.rules))


async def _holds(rule: Rule, check: Rules, value: Any, search: RegexSearch) -> bool:
    if rule.rule is RuleKind.ABSENT:
        return value is MISSING
    if value is MISSING:
        return False
    value, wanted = normalize_values(value, check), normalize_values(rule.value, check)
    if rule.rule is RuleKind.MATCHES:
        pattern = f"(?i){rule.value}" if check.ignore_case else rule.value
        return isinstance(value, str) and await search.search(pattern, value) is True
    return _TESTS[rule.rule](value, wanted)


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list | dict) and any(same(item, wanted) for item in value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, str | list | dict) else None


def _words(value: Any) -> int | None:
    return len(value.split()) if isinstance(value, str) else None


def _at_least(measure: Callable[[Any], float | None]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: (found := measure(value)) is not None and found >= wanted


def _at_most(measure: Callable[[Any], float | None]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: (found := measure(value)) is not None and found <= wanted


def _as_number(value: Any) -> float | None:
    return value if _number(value) else None


_TESTS: dict[RuleKind, Callable[[Any, Any], bool]] = {
    RuleKind.PRESENT: lambda value, wanted: value not in (None, "", [], {}),
    RuleKind.EQUALS: same,
    RuleKind.ONE_OF: lambda value, wanted: any(same(value, one) for one in wanted),
    RuleKind.CONTAINS: _contains,
    RuleKind.LACKS: lambda value, wanted: not _contains(value, wanted),
    RuleKind.AT_LEAST: _at_least(_as_number),
    RuleKind.AT_MOST: _at_most(_as_number),
    RuleKind.MIN_LENGTH: _at_least(_length),
    RuleKind.MAX_LENGTH: _at_most(_length),
    RuleKind.MIN_WORDS: _at_least(_words),
    RuleKind.MAX_WORDS: _at_most(_words),
}


def _description(rule: Rule, with_value: bool) -> str:
    value = f" {rule.value!r}" if with_value and rule.value is not None else ""
    return f"{rule.field or 'the text'}: {rule.rule.replace('_', ' ')}{value}"
