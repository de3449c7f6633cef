"""Outputs of lm-eval (the LM Evaluation Harness), written with ``--output_path`` and ``--log_samples``. Each results
file with its samples becomes a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.results import text
from assay.catalog.importers.results.lm_eval.files import Output, find_outputs, read_results
from assay.catalog.importers.results.lm_eval.results_file import ResultsFile
from assay.catalog.importers.results.lm_eval.samples import SampleLine, read_samples
from assay.catalog.importers.results.lm_eval.task import Choice, NotImportable, TaskResults, choose, task_results
from assay.catalog.importers.results.parts import shortened, shortened_note, split
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan, joined
from assay.contracts.imported_runs import ImportedModel, ImportedRun

_NOT_LOGGED = "has no file of samples: it was run without --log_samples"
_MAX_NAMED_TASKS = 3


def read(source: Path, options: ResultsOptions) -> ResultsPlan:
    """Raises ImportFailed."""
    outputs, left_out = find_outputs(source, options)
    plans: list[ResultsPlan] = []
    failures: list[ImportFailed] = []
    for output in outputs:
        try:
            plans.append(_imported(output, options))
        except ImportFailed as error:
            failures.append(error)
            left_out.append(LeftOut(what=output.place, why=str(error).removeprefix(f"{output.path}: ")))
    left_out += [each for plan in plans for each in plan.left_out]
    return joined(f"{source}: none of {len(failures)} outputs", plans, failures, left_out)


def _imported(output: Output, options: ResultsOptions) -> ResultsPlan:
    results = read_results(output.results) if output.results else ResultsFile()
    model = options.model or text.model_name(results.model())
    if not model:
        raise ImportFailed(f"{output.path}: no results file beside it names the model; name it by --model")
    tasks: list[TaskResults] = []
    left_out: list[LeftOut] = []
    seen: list[Choice] = []
    for task in output.tasks(results):
        try:
            samples, damaged = _samples(output, task)
            left_out += damaged
            choice = choose(task, results, samples, options)
            seen.append(choice)
            tasks.append(task_results(choice, results, samples, model, options, [each.task.task_id for each in tasks]))
            left_out += tasks[-1].left_out
        except NotImportable as error:
            seen += [error.choice] if error.choice else []
            left_out.append(LeftOut(what=f"task {text.line(task)}", why=str(error)))
    tasks = [each for each in tasks if each.results]
    if not tasks:
        raise _nothing(output, seen, left_out, options)
    whole = [each for task in tasks for each in task.results]
    fitting = tuple(map(shortened, whole))
    count = sum(one is not other for one, other in zip(whole, fitting, strict=True))
    run = structs.replace(_run(results, tasks, model, options), results=fitting)
    notes = (*_notes(results, model, seen, tasks, options), *shortened_note(count))
    return ResultsPlan(runs=split(run), left_out=tuple(left_out), notes=notes)


def _samples(output: Output, task: str) -> tuple[list[SampleLine], list[LeftOut]]:
    path = output.samples.get(task)
    if path is None:
        raise NotImportable(_NOT_LOGGED)
    return read_samples(path)


def _run(results: ResultsFile, tasks: Sequence[TaskResults], model: str, options: ResultsOptions) -> ImportedRun:
    names = [each.task.title for each in tasks]
    more = f" and {len(names) - _MAX_NAMED_TASKS} more" if len(names) > _MAX_NAMED_TASKS else ""
    return ImportedRun(
        source=f"lm-eval {text.line(results.version, 100)}".strip(),
        name=text.name(options.name or f"{', '.join(names[:_MAX_NAMED_TASKS])}{more}"),
        created_at=text.time(results.date),
        suite=options.suite or (text.suite_id(names[0]) if len(names) == 1 else "") or "lm-eval",
        pass_score=options.pass_score,
        models=(ImportedModel(name=model),),
        tasks=tuple(each.task for each in tasks),
        results=(),
    )


def _nothing(
    output: Output, seen: Sequence[Choice], left_out: Sequence[LeftOut], options: ResultsOptions
) -> ImportFailed:
    """Why no task can be imported, with the names to choose from."""
    filters = sorted({name for each in seen for name in each.filters})
    metrics = sorted({name for each in seen for name in each.metrics})
    if options.filter and seen and options.filter not in filters:
        return ImportFailed(f"{output.path}: no task has a filter {options.filter!r}; there is {', '.join(filters)}")
    if options.score and seen and options.score not in metrics:
        return ImportFailed(f"{output.path}: no task has a metric {options.score!r}; there is {', '.join(metrics)}")
    if not left_out:
        return ImportFailed(f"{output.path}: has no tasks")
    return ImportFailed(f"{output.path}: nothing can be imported; the first: {left_out[0].what} {left_out[0].why}")


def _notes(
    results: ResultsFile,
    model: str,
    seen: Sequence[Choice],
    tasks: Sequence[TaskResults],
    options: ResultsOptions,
) -> Iterator[str]:
    yield from _grouped_notes(
        (each.task, f"the metric is {each.metric!r} (--score); others are {', '.join(others)}")
        for each in seen
        if each.metric and (others := [name for name in each.metrics if name != each.metric])
    )
    yield from _grouped_notes(
        (each.task, f"the filter is {each.filter!r} (--filter); others are {', '.join(others)}")
        for each in seen
        if each.metric and (others := [name for name in each.filters if name != each.filter])
    )
    yield from _grouped_notes(
        (each.task.title, f"of {each.responses} responses to each sample, the first is kept")
        for each in tasks
        if each.responses > 1
    )
    if not options.model and (found := results.model()) and found != model:
        yield f"the model {text.line(found)!r} is imported as {model}"


def _grouped_notes(notes: Any) -> Iterator[str]:
    """One for all tasks that it holds for."""
    tasks: dict[str, list[str]] = {}
    for task, note in notes:
        tasks.setdefault(note, []).append(task)
    for note, names in tasks.items():
        more = f" and {len(names) - _MAX_NAMED_TASKS} more" if len(names) > _MAX_NAMED_TASKS else ""
        yield f"{', '.join(names[:_MAX_NAMED_TASKS])}{more}: {note}"
