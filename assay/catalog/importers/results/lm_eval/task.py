"""The results of one of lm-eval's tasks, by the filter and the metric that count."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assay.catalog.importers import task_ids
from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.results import text
from assay.catalog.importers.results.lm_eval.answer import Answer, answer_of
from assay.catalog.importers.results.lm_eval.results_file import ResultsFile
from assay.catalog.importers.results.lm_eval.samples import SampleLine
from assay.catalog.importers.results.results_plan import ResultsOptions
from assay.catalog.importers.results.score_scale import Scale, grade_of, number_of
from assay.catalog.importers.results.version_text import version_text
from assay.contracts.imported_runs import ImportedResult, ImportedRunTask, ImportedSample, ImportedScore
from assay.contracts.verdicts import Outcome

MAX_SCORES = 20
_USUAL = ("exact_match", "acc", "acc_norm", "em", "accuracy", "pass@1", "pass_at_1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """``metric`` is empty if none can count."""

    task: str
    filter: str = ""
    metric: str = ""
    filters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


class NotImportable(Exception):
    """Why a whole task is left out; the same text for all tasks alike."""

    def __init__(self, why: str, choice: Choice | None = None) -> None:
        super().__init__(why)
        self.choice = choice


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskResults:
    """``responses`` is the highest number of responses to a sample."""

    task: ImportedRunTask
    results: tuple[ImportedResult, ...]
    left_out: tuple[LeftOut, ...]
    responses: int


def choose(task: str, results: ResultsFile, lines: Sequence[SampleLine], options: ResultsOptions) -> Choice:
    """Raises NotImportable."""
    if not lines:
        raise NotImportable("has no samples in its file")
    filters = tuple(dict.fromkeys(each.filter for each in lines))
    filter_ = options.filter if options.filter in filters else filters[0]
    counted = [each for each in lines if each.filter == filter_]
    metrics = tuple(dict.fromkeys(name for each in counted for name in each.metrics))
    choice = Choice(task=task, filter=filter_, filters=filters, metrics=metrics)
    if options.filter and options.filter not in filters and len(filters) > 1:
        raise NotImportable(f"has no filter {options.filter!r}", choice)
    if options.score and options.score not in metrics:
        raise NotImportable(f"has no metric {options.score!r}", choice)
    scale = _scale(options)
    fitting = [name for name in metrics if _fits(name, counted, scale)]
    if options.score:
        if options.score not in fitting:
            what = f"that is a number from {scale.low:g} to {scale.high:g} for each sample"
            raise NotImportable(f"has no metric {options.score!r} {what}; give its range by --scale LOW,HIGH", choice)
        metric = options.score
    else:
        better = [name for name in fitting if not results.lower_is_better(task, name)]
        if not better:
            raise NotImportable("has no metric that is a score of each sample, as with perplexity", choice)
        metric = next((name for name in better if name in _USUAL), better[0])
    return Choice(task=task, filter=filter_, metric=metric, filters=filters, metrics=metrics)


def task_results(
    choice: Choice,
    results: ResultsFile,
    lines: Sequence[SampleLine],
    model: str,
    options: ResultsOptions,
    used: Sequence[str],
) -> TaskResults:
    """``used`` are the ids of the run's other tasks."""
    collected = _Task(choice, results, model, options, text.task_id("lm_eval", choice.task, used))
    collected.add_all(lines)
    config = results.task_config(choice.task)
    facts = {
        "task": choice.task,
        "version": results.versions.get(choice.task),
        "n-shot": results.shots(choice.task),
        "filter": choice.filter,
        "metric": choice.metric,
    }
    task = ImportedRunTask(
        task_id=collected.task_id,
        title=text.name(config.get("task_alias") or choice.task),
        version=version_text(facts, options),
        samples=tuple(collected.samples.values()),
    )
    return TaskResults(
        task=task,
        results=tuple(collected.results),
        left_out=tuple(collected.left_out),
        responses=max((len(found) for each in lines for found in each.responses), default=0),
    )


@dataclass
class _Task:
    choice: Choice
    results_file: ResultsFile
    model: str
    options: ResultsOptions
    task_id: str
    samples: dict[str, ImportedSample] = field(default_factory=dict[str, ImportedSample])
    results: list[ImportedResult] = field(default_factory=list[ImportedResult])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    _used: set[str] = field(default_factory=set[str])

    def add_all(self, lines: Sequence[SampleLine]) -> None:
        others: dict[str, list[SampleLine]] = {}
        for line in lines:
            if line.filter != self.choice.filter:
                others.setdefault(line.doc_id, []).append(line)
        counted = [line for line in lines if line.filter == self.choice.filter]
        for line in counted:
            self._add(line, others.get(line.doc_id, ()))
        missing = others.keys() - {line.doc_id for line in counted}
        why = "has no line for the filter that counts"
        self.left_out += [
            LeftOut(what=line.place, why=why) for name in others if name in missing for line in others[name]
        ]

    def _add(self, line: SampleLine, others: Sequence[SampleLine]) -> None:
        score = _score(line, self.choice.metric, _scale(self.options))
        if score is None:
            self.left_out.append(LeftOut(what=line.place, why="has no score"))
            return
        if line.doc_id in self.samples:
            self.left_out.append(LeftOut(what=line.place, why="is of a sample that occurred before; the first counts"))
            return
        found = answer_of(line)
        scores, metrics = self._scores(line, score, found)
        for other in others:
            metrics.update({f"{name},{other.filter}": number for name, number in _numbers(other)})
        sample = self._sample(line, found)
        self.results.append(
            ImportedResult(
                task_id=self.task_id,
                sample_id=sample.sample_id,
                model=self.model,
                outcome=Outcome.PASSED if score >= self.options.pass_score else Outcome.FAILED,
                scores=scores,
                metrics={text.name(name): number for name, number in metrics.items()},
                prompt=found.prompt,
                response=found.response,
            )
        )

    def _sample(self, line: SampleLine, found: Answer) -> ImportedSample:
        identifier = text.unique(task_ids.sample_id(line.doc_id) or "sample", self._used, task_ids.MAX_SAMPLE_ID)
        self._used.add(identifier)
        self.samples[line.doc_id] = ImportedSample(sample_id=identifier, input=found.question, expected=found.expected)
        return self.samples[line.doc_id]

    def _scores(
        self, line: SampleLine, score: float, found: Answer
    ) -> tuple[tuple[ImportedScore, ...], dict[str, float]]:
        """That which counts first; numbers that are no scores are metrics."""
        metric = self.choice.metric
        scores = [
            ImportedScore(name=text.name(metric), value=score, answer=found.answer, explanation=found.explanation)
        ]
        metrics: dict[str, float] = {}
        for name, number in _numbers(line):
            worse = self.results_file.lower_is_better(self.choice.task, name)
            if name == metric:
                metrics.update({name: number} if self.options.scale else {})
            elif Scale().covers(number) and not worse and len(scores) < MAX_SCORES:
                scores.append(ImportedScore(name=text.name(name), value=number))
            else:
                metrics[name] = number
        return tuple(scores), metrics


def _scale(options: ResultsOptions) -> Scale:
    return Scale(*options.scale) if options.scale else Scale()


def _numbers(line: SampleLine) -> Iterator[tuple[str, float]]:
    """The metrics that are finite numbers or truth values."""
    for name in line.metrics:
        value = line.values[name]
        number = float(value) if isinstance(value, bool) else number_of(value)
        if number is not None and math.isfinite(number):
            yield name, number


def _fits(metric: str, lines: Sequence[SampleLine], scale: Scale) -> bool:
    """Whether the metric is on the scale wherever a sample has it, and some sample has it."""
    values = [line.values[metric] for line in lines if metric in line.values]
    scored = [value for value in values if value is not None and value == value]
    return bool(scored) and all(_on_scale(value, scale) is not None for value in scored)


def _score(line: SampleLine, metric: str, scale: Scale) -> float | None:
    return _on_scale(line.values.get(metric), scale)


def _on_scale(value: object, scale: Scale) -> float | None:
    if isinstance(value, bool):
        return grade_of(value)
    number = number_of(value)
    return scale.score(number) if number is not None and scale.covers(number) else None
