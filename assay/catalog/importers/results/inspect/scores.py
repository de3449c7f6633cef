"""The scores of Inspect's samples, and which of them counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results.inspect.format import Header, Sample, Score
from assay.catalog.importers.results.results_plan import ResultsOptions
from assay.catalog.importers.results.score_scale import Scale, grade_of, is_finite, number_of
from assay.catalog.importers.results.text import MAX_NAME_CHARACTERS, cut, line, text
from assay.contracts.imported_runs import ImportedScore

MAX_SCORES = 20


@dataclass(frozen=True, slots=True)
class ScoreValue:
    """``grade`` is set if the value is a word or letter, ``number`` if it is a number; neither for other text."""

    source: Score
    grade: float | None
    number: float | None


Values = Mapping[str, ScoreValue]
"""By name: the scorer's, and ``scorer/key`` for each entry of a value with several."""


def values_of(sample: Sample, header: Header) -> Values:
    scores = sample.scores or {}
    if not scores and sample.score is not None:
        scores = {_only_scorer(header): sample.score}
    found: dict[str, ScoreValue] = {}
    for scorer, score in scores.items():
        for key, value in _entries(score.value):
            name = line(f"{scorer}/{key}" if key else scorer, MAX_NAME_CHARACTERS) or "score"
            found[name] = ScoreValue(score, grade_of(value), math.nan if value is None else number_of(value))
    return found


def counting_score(header: Header, all_values: Sequence[Values], options: ResultsOptions) -> str:
    """The name of the score that counts; empty if no sample has one. Raises ImportFailed for a name that none has."""
    names = list(dict.fromkeys(name for values in all_values for name in values))
    if options.score:
        found = _matching(options.score, "", names)
        if not found and names:
            raise ImportFailed(f"no sample has a score {options.score!r}; name one by --score: {', '.join(names)}")
        return found
    found = (_matching(scorer, key, names) for scorer, key in _preferred(header))
    return next(filter(None, found), names[0] if names else "")


def check_scale(name: str, all_values: Sequence[Values], options: ResultsOptions) -> None:
    """Raises ImportFailed if the score that counts has values outside its scale."""
    scale = Scale(*options.scale) if options.scale else Scale()
    numbers = [
        values[name].number or 0.0
        for values in all_values
        if name in values and values[name].grade is None and is_finite(values[name].number)
    ]
    if all(map(scale.covers, numbers)):
        return
    seen = f"the score {name!r} has values from {min(numbers):g} to {max(numbers):g}"
    if options.scale:
        raise ImportFailed(f"{seen}, outside of --scale {scale.low:g},{scale.high:g}; give a scale that covers them")
    others = [each for each in dict.fromkeys(each for values in all_values for each in values) if each != name]
    another = f", or name another score by --score: {', '.join(others)}" if others else ""
    raise ImportFailed(f"{seen}, not from 0 to 1; give its worst and its best value as --scale LOW,HIGH{another}")


def imported_scores(
    name: str, values: Values, options: ResultsOptions
) -> tuple[tuple[ImportedScore, ...], dict[str, float]]:
    """The scores, that which counts first, and the numbers that are none. Without the score that counts, all values
    are mere numbers."""
    scale = Scale(*options.scale) if options.scale else Scale()
    scores: list[ImportedScore] = []
    metrics: dict[str, float] = {}
    counting = values.get(name)
    if counting is not None and (score := _score(counting, scale)) is not None:
        scores.append(_imported(name, score, counting.source))
        if options.scale and counting.grade is None:
            metrics[name] = counting.number or 0.0
    for other, value in values.items():
        score = _score(value, Scale()) if other != name else None
        if score is not None and scores and len(scores) < MAX_SCORES:
            scores.append(_imported(other, score, value.source))
        elif other != name and (number := value.grade if value.grade is not None else value.number) is not None:
            metrics.update({other: number} if math.isfinite(number) else {})
    return tuple(scores), metrics


def _score(value: ScoreValue, scale: Scale) -> float | None:
    if value.grade is not None:
        return value.grade
    number = value.number
    return scale.score(number) if number is not None and math.isfinite(number) and scale.covers(number) else None


def _imported(name: str, score: float, source: Score) -> ImportedScore:
    return ImportedScore(name=name, value=score, answer=text(source.answer), explanation=text(source.explanation))


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """A single value has the key ``""``; items of a list are numbered from 1."""
    if isinstance(value, dict):
        yield from ((str(key), each) for key, each in cast("dict[Any, Any]", value).items())
    elif isinstance(value, list):
        yield from ((str(number), each) for number, each in enumerate(cast("list[Any]", value), 1))
    else:
        yield "", value


def _only_scorer(header: Header) -> str:
    results = header.results
    if results and results.scores:
        return results.scores[0].name or "score"
    return results.scorer.name if results and results.scorer and results.scorer.name else "score"


def _preferred(header: Header) -> Iterator[tuple[str, str]]:
    """Scorer and key, the best first."""
    results = header.results
    for headline in (results.headline if results else None, header.eval.headline_metric):
        if headline and (headline.scorer or headline.score):
            yield headline.scorer or headline.score or "", headline.score or ""
    for scorer in header.eval.scorers or ():
        yield scorer.name, ""
    for score in (results.scores or ()) if results else ():
        yield score.scorer or score.name, score.name


def _matching(scorer: str, key: str, names: Sequence[str]) -> str:
    """Scorers of packages are named with or without their package."""
    for each in (scorer, scorer.rpartition("/")[2]):
        for wanted in (cut(f"{each}/{key}", MAX_NAME_CHARACTERS), each):
            if wanted in names:
                return wanted
        if found := next((name for name in names if name.startswith(f"{each}/")), ""):
            return found
    return ""
