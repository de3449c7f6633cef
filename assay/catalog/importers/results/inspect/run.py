"""A log of Inspect as a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from assay.catalog.importers import task_ids
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.results import text
from assay.catalog.importers.results.inspect import scores as sample_scores
from assay.catalog.importers.results.inspect.draft import Draft
from assay.catalog.importers.results.inspect.files import Log, Unread
from assay.catalog.importers.results.inspect.format import Header, Sample
from assay.catalog.importers.results.inspect.model_parameters import cost_usd, parameters_of, seconds, usage_of
from assay.catalog.importers.results.inspect.notes import config_of, notes_of
from assay.catalog.importers.results.inspect.scores import Values
from assay.catalog.importers.results.parts import shortened, shortened_note, split
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan
from assay.catalog.importers.results.version_text import version_text
from assay.contracts.imported_runs import (
    ImportedModel,
    ImportedResult,
    ImportedRun,
    ImportedRunTask,
    ImportedSample,
    ImportedScore,
)
from assay.contracts.models import Usage
from assay.contracts.verdicts import Outcome

MAX_REPEAT = 1000
_TIMEOUTS = ("time", "working")
_NO_SCORE = "has no score"
_NO_NUMBER = "has a score that is neither a number nor one of C, P, I, N, yes, no, true and false"


def imported(path: Path, log: Log, options: ResultsOptions) -> ResultsPlan:
    """Raises ImportFailed."""
    if not log.samples:
        raise ImportFailed(f"{path}: has no samples; run the evaluation without --no-log-samples, or until one is done")
    drafts = sorted((each for each in log.samples if isinstance(each, Draft)), key=lambda each: _order(each.sample))
    samples = [each.sample for each in drafts]
    values = [sample_scores.values_of(each, log.header) for each in samples]
    try:
        score = sample_scores.counting_score(log.header, values, options)
        sample_scores.check_scale(score, values, options)
    except ImportFailed as error:
        raise ImportFailed(f"{path}: {error}") from error
    run = _Run(log.header, options, score)
    run.left_out += [LeftOut(what=each.place, why=each.why) for each in log.samples if isinstance(each, Unread)]
    for draft, found in zip(drafts, values, strict=True):
        run.add(draft, found)
    if not run.results:
        first = run.left_out[0]
        raise ImportFailed(f"{path}: nothing can be imported; the first sample ({first.what}) {first.why}")
    names = dict.fromkeys(name for found in values for name in found)
    notes = notes_of(path.name, log.header, samples, run.score, tuple(names), run.model)
    notes += shortened_note(run.shortened)
    return ResultsPlan(runs=split(run.imported()), left_out=tuple(run.left_out), notes=notes)


@dataclass
class _Run:
    """Collects the samples of a log. ``score`` is the name of the one that counts."""

    header: Header
    options: ResultsOptions
    score: str
    results: list[ImportedResult] = field(default_factory=list[ImportedResult])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    shortened: int = 0

    def __post_init__(self) -> None:
        self.task_id = text.task_id("inspect", self.header.eval.task)
        self.model = self.options.model or text.model_name(self.header.eval.model) or "unknown"
        self._samples: dict[int | str, ImportedSample] = {}
        self._used: set[str] = set()
        self._done: set[tuple[int | str, int]] = set()

    def add(self, draft: Draft, values: Values) -> None:
        """A result, or what is left out."""
        sample = draft.sample
        scores, metrics = sample_scores.imported_scores(self.score, values, self.options)
        outcome = self._outcome(sample, scores)
        why = self._why_not(sample)
        if outcome is None or why:
            counting = values.get(self.score)
            no_number = counting is not None and counting.grade is None and counting.number is None
            self._leave_out(sample, why or (_NO_NUMBER if no_number else _NO_SCORE))
            return
        self._done.add((sample.id, sample.epoch))
        usage = (sample.model_usage or {}).get(self.header.eval.model)
        result = structs.replace(
            draft.result,
            task_id=self.task_id,
            sample_id=self._sample_id(draft),
            model=self.model,
            repeat=sample.epoch,
            outcome=outcome,
            reason=_reason(sample, outcome),
            scores=scores,
            metrics=metrics,
            usage=usage_of(usage) if usage else Usage(),
            cost_usd=cost_usd(usage.total_cost if usage else None),
            duration_seconds=seconds(sample.working_time, sample.total_time),
        )
        fitting = shortened(result)
        self.shortened += draft.shortened or fitting is not result
        self.results.append(fitting)

    def imported(self) -> ImportedRun:
        """With any number of results."""
        spec = self.header.eval
        title = text.name(spec.task_display_name or spec.task)
        facts = {"task": spec.task, "version": spec.task_version, "args": spec.task_args, "score": self.score}
        task = ImportedRunTask(
            task_id=self.task_id,
            title=title,
            version=version_text(facts, self.options),
            samples=tuple(self._samples.values()),
        )
        return ImportedRun(
            source=f"Inspect {text.line((spec.packages or {}).get('inspect_ai'), 100)}".strip(),
            name=text.name(self.options.name or title),
            created_at=text.time(spec.created),
            suite=self.options.suite or text.suite_id(spec.task) or "inspect",
            pass_score=self.options.pass_score,
            models=(ImportedModel(name=self.model, parameters=parameters_of(config_of(self.header))[0]),),
            tasks=(task,),
            results=tuple(self.results),
        )

    def _leave_out(self, sample: Sample, why: str) -> None:
        self.left_out.append(LeftOut(what=f"{text.line(str(sample.id))}, epoch {sample.epoch}", why=why))

    def _outcome(self, sample: Sample, scores: Sequence[ImportedScore]) -> Outcome | None:
        if scores:
            return Outcome.PASSED if scores[0].value >= self.options.pass_score else Outcome.FAILED
        if sample.limit:
            return Outcome.TIMEOUT if sample.limit.type in _TIMEOUTS else Outcome.LIMIT
        return Outcome.INFRA_ERROR if sample.error else None

    def _why_not(self, sample: Sample) -> str:
        """Why the sample does not count, whatever its score; empty if it does."""
        if sample.invalidation:
            return "is marked as invalid"
        if not 1 <= sample.epoch <= MAX_REPEAT:
            return f"has an epoch that is not from 1 to {MAX_REPEAT}"
        return "is in the log more than once; the first counts" if (sample.id, sample.epoch) in self._done else ""

    def _sample_id(self, draft: Draft) -> str:
        """The same for all epochs."""
        identifier = draft.sample.id
        if identifier not in self._samples:
            name = text.unique(task_ids.sample_id(str(identifier)) or "sample", self._used, task_ids.MAX_SAMPLE_ID)
            self._used.add(name)
            self._samples[identifier] = ImportedSample(sample_id=name, input=draft.question, expected=draft.target)
        return self._samples[identifier].sample_id


def _order(sample: Sample) -> tuple[bool, int, str, int]:
    number = 0 if isinstance(sample.id, str) else sample.id
    return (isinstance(sample.id, str), number, str(sample.id), sample.epoch)


def _reason(sample: Sample, outcome: Outcome) -> str:
    if outcome is Outcome.PASSED:
        return ""
    if sample.limit:
        return text.line(sample.limit.reason or f"reached the {sample.limit.type} limit")
    return text.line(sample.error.message) or "failed with an error" if sample.error else ""
