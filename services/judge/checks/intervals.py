"""``intervals``: found intervals agree with the expected ones, by how much they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.answers.json_reader import last_object
from assay.contracts.checks import Intervals
from assay.contracts.codec import encode
from services.judge.checks.check_result import CheckScore, failed
from services.judge.grading.context import GradingContext
from services.judge.readers.finite import finite
from services.judge.readers.quote import quote

MAX_INTERVALS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    start: float
    end: float
    label: str = ""

    def overlap(self, other: Interval, unit: float) -> float:
        """The part of their union that both cover, 0 to 1; 0 if the labels differ."""
        if self.label != other.label:
            return 0.0
        union = max(self.end, other.end) - min(self.start, other.start) + unit
        both = min(self.end, other.end) - max(self.start, other.start) + unit
        return max(0.0, both / union) if union > 0 else 1.0


async def check(check: Intervals, context: GradingContext) -> CheckScore:
    text, expected = context.text(check), context.expected(check)
    return compare(check, text, expected).with_evidence(text, encode(expected).decode())


def compare(check: Intervals, answer: str, expected: Any) -> CheckScore:
    found = last_object(answer, (check.field,))
    listed = found.get(check.field) if found else None
    if not isinstance(listed, list):
        return failed(f"the answer has no list {check.field!r} in a JSON object: {quote(answer)}")
    if len(listed) > MAX_INTERVALS:
        return failed(f"the list {check.field!r} has {len(listed)} entries, more than {MAX_INTERVALS}")
    given = [interval_of(each, check.label) for each in listed]
    if None in given:
        return failed(f"entry {given.index(None) + 1} of {check.field!r} is no interval: {quote(answer)}")
    wanted = [interval_of(each, check.label) for each in expected[check.field]]
    return _score(check, [each for each in given if each], [each for each in wanted if each])


def interval_of(value: Any, label: str) -> Interval | None:
    """None if the value is neither ``[start, end]`` nor an object with both and the label, or if it ends before it
    starts."""
    name = ""
    if isinstance(value, dict):
        name, bounds = value.get(label, "") if label else "", (value.get("start"), value.get("end"))
    elif isinstance(value, list | tuple) and len(value) == 2 and not label:
        bounds = (value[0], value[1])
    else:
        return None
    start, end = finite(bounds[0]), finite(bounds[1])
    if start is None or end is None or end < start or not isinstance(name, str) or (label and not name.strip()):
        return None
    return Interval(start=start, end=end, label=name.strip())


def _score(check: Intervals, given: Sequence[Interval], wanted: Sequence[Interval]) -> CheckScore:
    overlaps = _matches(check, given, wanted)
    needed = min(len(wanted), check.enough or len(wanted))
    precision = len(overlaps) / len(given) if given else 1.0
    recall = min(1.0, len(overlaps) / needed) if needed else 1.0
    if not given and needed:
        precision = 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    overlap = sum(overlaps) / len(overlaps) if overlaps else 0.0
    metrics = {"f1": f1, "precision": precision, "recall": recall, "overlap": overlap}
    wrong = f"{len(overlaps)} of {len(given)} given intervals match" if given else "no interval was given"
    passed = f1 >= check.pass_score
    return CheckScore(passed=passed, score=f1, message="" if passed else wrong, metrics=metrics)


def _matches(check: Intervals, given: Sequence[Interval], wanted: Sequence[Interval]) -> list[float]:
    """The overlaps of matched pairs, best first; each interval is matched once."""
    pairs = sorted(
        (
            (each.overlap(other, check.unit), index, number)
            for index, each in enumerate(given)
            for number, other in enumerate(wanted)
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used_given: set[int] = set()
    used_wanted: set[int] = set()
    overlaps: list[float] = []
    for overlap, index, number in pairs:
        if overlap < check.min_overlap:
            break
        if index not in used_given and number not in used_wanted:
            used_given.add(index)
            used_wanted.add(number)
            overlaps.append(overlap)
    return overlaps
