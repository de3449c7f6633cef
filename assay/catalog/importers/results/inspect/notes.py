"""What a report says about a log of Inspect besides its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assay.catalog.importers.results import text
from assay.catalog.importers.results.inspect.format import KNOWN_VERSION, Header, Sample
from assay.catalog.importers.results.inspect.model_parameters import parameters_of


def notes_of(
    file: str, header: Header, samples: Sequence[Sample], score: str, names: Sequence[str], model: str
) -> tuple[str, ...]:
    """``names`` are those of all scores, ``model`` the name that the model got."""
    return tuple(_notes(file, header, samples, score, names, model))


def config_of(header: Header) -> Mapping[str, Any]:
    """The model's configuration: the task's settings take precedence."""
    task = (header.plan.config if header.plan else None) or {}
    return {
        **(header.eval.model_generate_config or {}),
        **{name: each for name, each in task.items() if each is not None},
    }


def _notes(
    file: str, header: Header, samples: Sequence[Sample], score: str, names: Sequence[str], model: str
) -> Iterator[str]:
    if header.version > KNOWN_VERSION:
        yield f"{file} has version {header.version} of the log format; the newest known one is {KNOWN_VERSION}"
    if header.status != "success":
        planned = _planned(header)
        count = f"{len(samples)} of {planned} planned samples" if planned else f"{len(samples)} samples"
        yield f"{file} has the status {text.line(header.status)!r}: {count} are in it"
    others = [name for name in names if name != score]
    if others:
        yield f"the score is {score!r} (--score); others are {', '.join(others)}"
    if model != header.eval.model:
        yield f"the model {text.line(header.eval.model)!r} is imported as {model}"
    graders = {name for each in samples for name in each.model_usage or {} if name != header.eval.model}
    if graders:
        yield f"tokens and costs of other models are left out: {', '.join(map(text.line, sorted(graders)))}"
    refused = parameters_of(config_of(header))[1]
    if refused:
        yield f"parameters with values that Assay does not allow are left out: {', '.join(refused)}"


def _planned(header: Header) -> int:
    """Samples times epochs; 0 if unknown."""
    if header.results and header.results.total_samples:
        return header.results.total_samples
    dataset = header.eval.dataset
    count = len(dataset.sample_ids) if dataset and dataset.sample_ids else (dataset.samples or 0) if dataset else 0
    return count * ((header.eval.config.epochs if header.eval.config else None) or 1)
