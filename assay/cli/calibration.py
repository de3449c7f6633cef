"""Compares a judge with people: labels from a file, the judge's scores, and how far they agree."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, field

from assay.cli.errors import BadUsage, CommandFailed
from assay.client import AssayClient
from assay.contracts.codec import Data, Malformed, decode
from assay.contracts.money import NanoUsd
from assay.contracts.rpc import TextJudgement
from assay.statistics import agreement

MAX_LABELS = 100_000
Measure = Callable[[Sequence[float], Sequence[float]], float | None]


class Label(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the file: an output, and the scores that a person gave it, by criterion. Of a comparison, 1 means that
    the output is better than the expected one, 0.5 a tie, and 0 that it is worse."""

    task: str = ""
    sample: str = ""
    check: str = ""
    text: str = ""
    files: dict[str, str] = field(default_factory=dict[str, str])
    scores: Annotated[dict[str, float], Meta(min_length=1)]


class Estimate(Data, frozen=True, kw_only=True):
    """A measure of agreement and its bootstrap interval with 95 % confidence; None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


class CriterionAgreement(Data, frozen=True, kw_only=True):
    """How far judge and people agree by one criterion, over ``items`` outputs. ``mean_difference`` is how much higher
    the judge scores."""

    criterion: str
    items: int
    exact: Estimate
    kappa: Estimate
    quadratic_kappa: Estimate
    alpha: Estimate
    spearman: Estimate
    mean_difference: float


class CalibrationReport(Data, frozen=True, kw_only=True):
    """``unjudged`` outputs have no readable judgement, for the ``reasons``; of ``asked`` ones no answer was stored."""

    judge: str
    items: int
    unjudged: int
    asked: int
    cost_nanousd: NanoUsd
    criteria: tuple[CriterionAgreement, ...]
    reasons: tuple[str, ...] = ()


def require_libraries() -> None:
    """Raises CommandFailed, before anything is spent, if the measures cannot be calculated here."""
    missing = [name for name in ("krippendorff", "scipy", "sklearn") if find_spec(name) is None]
    if missing:
        raise CommandFailed(f"not installed: {', '.join(missing)}; install with `pip install assay[calibration]`")


def read_labels(path: Path, task: str) -> list[Label]:
    """Raises BadUsage, naming the line."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"{path}: {error}") from error
    labels: list[Label] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            label = decode(Label, line.encode())
        except Malformed as error:
            raise BadUsage(f"{path}:{number}: {error}") from error
        if not (label.task or task):
            raise BadUsage(f"{path}:{number}: task: is missing; name it in each line, or for all by --task")
        if not label.text and not label.files:
            raise BadUsage(f"{path}:{number}: text: is missing; it is the output that a person scored")
        labels.append(msgspec.structs.replace(label, task=label.task or task))
    if not labels:
        raise BadUsage(f"{path}: has no labels; each line is a JSON object with text and scores")
    if len(labels) > MAX_LABELS:
        raise BadUsage(f"{path}: has {len(labels)} labels, more than {MAX_LABELS}")
    return labels


async def judge_labels(
    client: AssayClient, labels: Sequence[Label], judge: str, concurrency: int, on_judged: Callable[[int], None]
) -> list[TextJudgement]:
    """In the order of the labels. ``on_judged`` gets the number of those that are done."""
    slots, done = asyncio.Semaphore(concurrency), 0

    async def ask(label: Label) -> TextJudgement:
        nonlocal done
        async with slots:
            judged = await client.judge_text(
                judge, label.task, sample=label.sample, check=label.check, text=label.text, files=label.files
            )
        done += 1
        on_judged(done)
        return judged

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(label)) for label in labels]
    return [task.result() for task in tasks]


def compare(
    labels: Sequence[Label], judged: Sequence[TextJudgement], judge: str, resamples: int, seed: int
) -> CalibrationReport:
    """Raises CommandFailed if a label has a criterion that the rubric does not have."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for label, found in zip(labels, judged, strict=True):
        if found.judgement is None:
            continue
        given = {one.criterion: one.score for one in found.judgement.criteria}
        for criterion, score in label.scores.items():
            if criterion not in given:
                raise CommandFailed(f"the rubric of task {label.task!r} has no criterion {criterion!r}")
            pairs.setdefault(criterion, []).append((score, given[criterion]))
    calls = [call for found in judged for call in found.calls]
    return CalibrationReport(
        judge=judge,
        items=len(labels),
        unjudged=sum(found.judgement is None for found in judged),
        asked=sum(bool(found.calls) for found in judged),
        cost_nanousd=sum(call.cost_nanousd for call in calls),
        criteria=tuple(_agreement(criterion, scored, resamples, seed) for criterion, scored in pairs.items()),
        reasons=tuple(dict.fromkeys(found.reason for found in judged if found.reason)),
    )


def _agreement(criterion: str, pairs: Sequence[tuple[float, float]], resamples: int, seed: int) -> CriterionAgreement:
    people, judge = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def estimate(measure: Measure) -> Estimate:
        value = measure(people, judge)
        interval = agreement.bootstrap_interval(people, judge, measure, resamples, seed)
        return Estimate(value=value) if interval is None else Estimate(value=value, low=interval[0], high=interval[1])

    def alpha(first: Sequence[float], second: Sequence[float]) -> float | None:
        return agreement.krippendorff_alpha([first, second], "ordinal")

    return CriterionAgreement(
        criterion=criterion,
        items=len(pairs),
        exact=estimate(agreement.exact_agreement),
        kappa=estimate(agreement.cohen_kappa),
        quadratic_kappa=estimate(partial(agreement.cohen_kappa, quadratic=True)),
        alpha=estimate(alpha),
        spearman=estimate(agreement.spearman),
        mean_difference=sum(second - first for first, second in pairs) / len(pairs),
    )
