"""Validates the responses that come with a run: one model ``replay/NAME``, and a response to every sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from assay.contracts.models import ModelName
from assay.contracts.replay import DEFAULT, REPLAY, Responses
from assay.validation.did_you_mean import closest, one_of, shortened

RequestMistake = tuple[str, str]
"""The field of the request, and the message."""
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
            message = "is a replay, but the run has no responses; add them as `responses`, or name a run: replay/RUN_ID"
            yield f"models[{index}]", f"{models[index]!r} {message}"
        return
    if len(named) != 1 or not models[named[0]].partition("/")[2]:
        message = f"need exactly one model named {REPLAY}/NAME; the run has {len(named)}"
        yield "responses", message
    yield from _missing(responses, samples)


def replay_notes(responses: Responses | None, samples: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Which responses the run does not use, because it has no such task or sample."""
    found = responses.responses if responses is not None else {}
    tasks = [task_id for task_id in found if task_id not in samples]
    if tasks:
        yield _not_used(tasks, "task", samples)
    for task_id, by_sample in found.items():
        if task_id in samples and isinstance(by_sample, dict):
            known = set(samples[task_id])
            unused = [sample_id for sample_id in by_sample if sample_id not in known and sample_id != DEFAULT]
            if unused:
                yield f"task {task_id!r}: {_not_used(unused, 'sample', samples[task_id])}"


def _not_used(names: Sequence[str], noun: str, known: Iterable[str]) -> str:
    """``responses to 2 tasks that are not in this run were not used: add_to (did you mean 'add_two'?), other``."""
    known = list(known)
    named = [(shortened(name), closest(name, known)) for name in names[:_MAX_LISTED]]
    listed = [f"{name} (did you mean {near!r}?)" if near else name for name, near in named]
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    nouns = f"1 {noun} that is" if len(names) == 1 else f"{len(names)} {noun}s that are"
    return f"responses to {nouns} not in this run were not used: {', '.join(listed)}{more}"


def _missing(responses: Responses, samples: Mapping[str, Sequence[str]]) -> Iterator[RequestMistake]:
    given = list(responses.responses)
    if given and responses.default is None and not any(task_id in samples for task_id in given):
        others = ", ".join(map(shortened, given[:_MAX_LISTED]))
        tasks = one_of(samples).removeprefix("one of ")
        yield "responses", f"none belongs to a task of this run; its tasks: {tasks}; the responses are to {others}"
        return
    missing = [
        f"{task_id}/{sample_id}"
        for task_id, sample_ids in samples.items()
        for sample_id in sample_ids
        if responses.response(task_id, sample_id) is None
    ]
    if missing:
        more = f" and {len(missing) - _MAX_LISTED} more" if len(missing) > _MAX_LISTED else ""
        yield "responses", f"no response to {', '.join(missing[:_MAX_LISTED])}{more}, and no default"
