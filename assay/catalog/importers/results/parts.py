"""Splits a run into runs that each fit into one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import structs

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results.text import MAX_NAME_CHARACTERS, cut
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.imported_runs import (
    MAX_RESULTS,
    ImportedMessage,
    ImportedResult,
    ImportedRun,
    ImportedRunTask,
    ImportedSample,
    ImportedStep,
)
from assay.contracts.tail import StepKind

T = TypeVar("T")

MAX_PART_BYTES = 16_000_000
"""Of a run as JSON. The gateway accepts twice as much."""
MAX_RESULT_BYTES = 4_000_000
"""A longer conversation is shortened."""
MAX_TASKS = 1_000
MAX_ATTEMPTS = 20 * MAX_RESULTS
"""Samples x repeats, whether they have results or not."""
_TEXT_LIMITS = (100_000, 10_000, 1_000)
_KEPT_STEPS = 500


def split(run: ImportedRun) -> tuple[ImportedRun, ...]:
    """``run`` may have any number of results. Raises ImportFailed if something in it breaks the contract."""
    groups = list(_groups(run))
    parts: list[ImportedRun] = []
    for number, results in enumerate(groups, 1):
        ending = f" (part {number} of {len(groups)})" if len(groups) > 1 else ""
        title = cut(run.name, MAX_NAME_CHARACTERS - len(ending)) + ending
        parts.append(structs.replace(run, name=title, tasks=_tasks_of(run.tasks, results), results=tuple(results)))
    for part in parts:
        _check(part)
    return tuple(parts)


def shortened(result: ImportedResult) -> ImportedResult:
    """The result itself unless it is too large. Otherwise its texts are cut, and if that is not enough, the middle of
    the conversation is left out."""
    found = result
    for limit in _TEXT_LIMITS:
        if _size(found) <= MAX_RESULT_BYTES:
            return found
        found = _with_cut_texts(result, limit)
    if _size(found) <= MAX_RESULT_BYTES:
        return found
    removed = f"[cut: {max(0, len(found.steps) - _KEPT_STEPS)} steps]"
    unseen = f"[cut: {max(0, len(found.prompt) - _KEPT_STEPS)} messages]"
    return structs.replace(
        found,
        prompt=_ends(found.prompt, ImportedMessage(role="user", text=unseen)),
        steps=_ends(found.steps, ImportedStep(kind=StepKind.MESSAGE, text=removed)),
    )


def shortened_note(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    verbs = ("was", "has") if count == 1 else ("were", "have")
    return (f"{count} conversation{'s' * (count > 1)} {verbs[0]} too long and {verbs[1]} been shortened",)


def _with_cut_texts(result: ImportedResult, limit: int) -> ImportedResult:
    return structs.replace(
        result,
        prompt=tuple(structs.replace(each, text=cut(each.text, limit)) for each in result.prompt),
        response=cut(result.response, limit),
        steps=tuple(structs.replace(each, text=cut(each.text, limit)) for each in result.steps),
        scores=tuple(
            structs.replace(each, answer=cut(each.answer, limit), explanation=cut(each.explanation, limit))
            for each in result.scores
        ),
    )


def _ends(items: Sequence[T], marker: T) -> tuple[T, ...]:
    half = _KEPT_STEPS // 2
    return tuple(items) if len(items) <= _KEPT_STEPS else (*items[:half], marker, *items[-half:])


def _groups(run: ImportedRun) -> Iterator[list[ImportedResult]]:
    samples = {(task.task_id, each.sample_id): each for task in run.tasks for each in task.samples}
    group = _Group()
    for result in run.results:
        sample = samples[result.task_id, result.sample_id]
        if not group.takes(result, sample):
            yield group.results
            group = _Group()
        group.add(result, sample)
    yield group.results


@dataclass
class _Group:
    """What fits into one request. ``size`` is in bytes."""

    results: list[ImportedResult] = field(default_factory=list[ImportedResult])
    samples: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    tasks: set[str] = field(default_factory=set[str])
    repeats: int = 1
    size: int = 0

    def takes(self, result: ImportedResult, sample: ImportedSample) -> bool:
        if not self.results:
            return True
        samples = len(self.samples) + ((result.task_id, result.sample_id) not in self.samples)
        return (
            len(self.results) < MAX_RESULTS
            and len(self.tasks) + (result.task_id not in self.tasks) <= MAX_TASKS
            and samples * max(self.repeats, result.repeat) <= MAX_ATTEMPTS
            and self.size + self._added(result, sample) <= MAX_PART_BYTES
        )

    def add(self, result: ImportedResult, sample: ImportedSample) -> None:
        self.size += self._added(result, sample)
        self.results.append(result)
        self.samples.add((result.task_id, result.sample_id))
        self.tasks.add(result.task_id)
        self.repeats = max(self.repeats, result.repeat)

    def _added(self, result: ImportedResult, sample: ImportedSample) -> int:
        return _size(result) + (0 if (result.task_id, result.sample_id) in self.samples else _size(sample))


def _tasks_of(tasks: Sequence[ImportedRunTask], results: Sequence[ImportedResult]) -> tuple[ImportedRunTask, ...]:
    """The tasks and samples that the results are of."""
    used = {(each.task_id, each.sample_id) for each in results}
    kept = [
        structs.replace(task, samples=tuple(each for each in task.samples if (task.task_id, each.sample_id) in used))
        for task in tasks
    ]
    return tuple(task for task in kept if task.samples)


def _size(value: ImportedResult | ImportedSample) -> int:
    return len(encode(value)) + 1


def _check(part: ImportedRun) -> None:
    try:
        decode(ImportedRun, encode(part))
    except Malformed as error:
        raise ImportFailed(f"the results of {part.name or part.suite} cannot be stored: {error}") from error
