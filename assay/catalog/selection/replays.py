"""Validates the responses that come with a run: one model ``replay/NAME``, and a response to every sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assay.catalog.did_you_mean import unknown_name
from assay.contracts.models import ModelName
from assay.contracts.replay import DEFAULT, REPLAY, Responses

RequestMistake = tuple[str, str, str | None]
"""The field of the request, the message, and a suggestion."""
_MAX_LISTED = 5


def is_replay(model: ModelName) -> bool:
    return model.partition("/")[0] == REPLAY


def replay_mistakes(
    models: Sequence[ModelName], responses: Responses | None, samples: Mapping[str, Sequence[str]]
) -> Iterator[RequestMistake]:
    """``samples`` are the run's sample ids by task."""
    named = [index for index, model in enumerate(models) if is_replay(model)]
    if responses is None:
        for index in named:
            message = "is a replay, but the run has no responses; add them as `responses`"
            yield f"models[{index}]", f"{models[index]!r} {message}", None
        return
    if len(named) != 1 or not models[named[0]].partition("/")[2]:
        message = f"need exactly one model named {REPLAY}/NAME; the run has {len(named)}"
        yield "responses", message, None
    for task_id, found in responses.responses.items():
        if task_id not in samples:
            yield (f"responses.{task_id}", *unknown_name("task of this run", task_id, samples))
        elif isinstance(found, dict):
            for sample_id in sorted(found.keys() - set(samples[task_id]) - {DEFAULT}):
                message, near = unknown_name("sample", sample_id, samples[task_id])
                yield f"responses.{task_id}.{sample_id}", message, near
    yield from _missing(responses, samples)


def _missing(responses: Responses, samples: Mapping[str, Sequence[str]]) -> Iterator[RequestMistake]:
    missing = [
        f"{task_id}/{sample_id}"
        for task_id, sample_ids in samples.items()
        for sample_id in sample_ids
        if responses.response(task_id, sample_id) is None
    ]
    if missing:
        more = f" and {len(missing) - _MAX_LISTED} more" if len(missing) > _MAX_LISTED else ""
        yield "responses", f"no response to {', '.join(missing[:_MAX_LISTED])}{more}, and no default", None
