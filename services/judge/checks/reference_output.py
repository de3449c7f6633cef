"""``reference_output``: a text agrees with a reference, as a whole or in parts, within tolerances."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from itertools import count, takewhile
from typing import Any

from rapidfuzz.distance import Levenshtein

from assay.contracts.checks import OutputFormat, ReferenceOutput
from services.judge.checks.check_result import CheckScore, failed, partial
from services.judge.checks.numeric import within
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext
from services.judge.readers.difference import difference
from services.judge.readers.finite import finite, parse_finite
from services.judge.readers.table import NotATable, read_rows
from services.judge.readers.text_normalizer import normalize_values

_MAX_SHOWN = 20
MAX_COMPARISONS = 1_000_000
"""Of rows that are not equal: a few seconds."""
_MISSING = object()


async def check(check: ReferenceOutput, context: GradingContext) -> CheckScore:
    text = context.text(check)
    expected = _expected_text(check, context)
    score = await asyncio.to_thread(compare, check, text, expected)  # of large files, for seconds
    return score.with_evidence(text, expected, difference(expected, text))


def _expected_text(check: ReferenceOutput, context: GradingContext) -> str:
    if check.reference:
        return context.hidden_file(check.reference).decode("utf-8", "replace")
    expected = context.expected(check)
    return expected if isinstance(expected, str) else json.dumps(expected)


def compare(check: ReferenceOutput, submitted: str, expected: str) -> CheckScore:
    try:
        wanted = _parsed(check, expected)
    except (NotATable, ValueError, RecursionError) as error:
        raise HiddenBundleInvalid(f"the reference is not {check.format.upper()}: {error}") from error
    try:
        given = _parsed(check, submitted)
    except (NotATable, ValueError, RecursionError) as error:
        return failed(f"the output is not {check.format.upper()}: {error}")
    if check.format in (OutputFormat.LINES, OutputFormat.CSV) and not check.ordered:
        return _unordered(check, given, wanted)
    pairs = list(_pairs(given, wanted, ""))
    wrong = [place or "the output" for place, one, other in pairs if not _agree(check, one, other)]
    message = f"{len(wrong)} of {len(pairs)} values differ: {', '.join(wrong[:_MAX_SHOWN])}"[:500] if wrong else ""
    return partial(len(pairs) - len(wrong), len(pairs), message)


def _parsed(check: ReferenceOutput, text: str) -> Any:
    match check.format:
        case OutputFormat.TEXT:
            return text
        case OutputFormat.LINES:
            return text.strip("\r\n").splitlines()
        case OutputFormat.CSV:
            return read_rows(text)
        case OutputFormat.JSON:
            return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _pairs(given: Any, wanted: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Every value of either side, beside that of the other, with its place."""
    if isinstance(wanted, list) and isinstance(given, list):
        for index in range(max(len(given), len(wanted))):
            one, other = (values[index] if index < len(values) else _MISSING for values in (given, wanted))
            yield from _pairs(one, other, f"{place}[{index}]")
    elif isinstance(wanted, dict) and isinstance(given, dict):
        for key in dict.fromkeys([*wanted, *given]):
            yield from _pairs(given.get(key, _MISSING), wanted.get(key, _MISSING), f"{place}.{key}"[-100:])
    else:
        yield place, given, wanted


def _agree(check: ReferenceOutput, given: Any, wanted: Any) -> bool:
    if given is _MISSING or wanted is _MISSING or isinstance(wanted, list | dict) != isinstance(given, list | dict):
        return False
    if isinstance(wanted, str) and isinstance(given, str):
        return _texts_agree(check, given, wanted)
    if isinstance(wanted, bool) or isinstance(given, bool):
        return given is wanted
    one, other = finite(given), finite(wanted)
    if one is not None and other is not None:
        return within(one, other, check.tolerance)
    return type(given) is type(wanted) and given == wanted


def _texts_agree(check: ReferenceOutput, given: str, wanted: str) -> bool:
    one, other = normalize_values(given, check), normalize_values(wanted, check)
    if one == other:
        return True
    numbers = parse_finite(one), parse_finite(other)
    if numbers[0] is not None and numbers[1] is not None:
        return within(numbers[0], numbers[1], check.tolerance)
    if check.similarity == 1.0:
        return False
    return Levenshtein.normalized_similarity(one, other, score_cutoff=check.similarity) >= check.similarity


def _unordered(check: ReferenceOutput, given: list[Any], wanted: list[Any]) -> CheckScore:
    """Each expected row takes an equal row of the output, or else one that agrees; every row of either side counts.
    After MAX_COMPARISONS, only equal rows agree."""
    counts = Counter(map(str, given))
    rest: list[Any] = []
    for row in wanted:
        if counts[str(row)]:
            counts[str(row)] -= 1
        else:
            rest.append(row)
    left: list[Any] = []
    for row in given:
        if counts[str(row)]:
            counts[str(row)] -= 1
            left.append(row)
    comparisons = count()
    for row in list(rest):
        compared = takewhile(lambda _: next(comparisons) < MAX_COMPARISONS, left)
        match = next((one for one in compared if all(_agree(check, *pair[1:]) for pair in _pairs(one, row, ""))), None)
        if match is not None:
            left.remove(match)
            rest.remove(row)
    total, wrong = max(len(given), len(wanted)), max(len(left), len(rest))
    if not total:
        return partial(1, 1, "")
    message = f"{len(rest)} expected rows are missing, {len(left)} rows are not expected" if wrong else ""
    return partial(total - wrong, total, message)
