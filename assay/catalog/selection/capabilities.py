"""Models that are known to lack what the tasks of a run need are refused, or the tasks are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assay.catalog.selection.replays import is_replay
from assay.catalog.selection.selection import SelectedTask
from assay.catalog.tasks.prompt_size import image_count
from assay.contracts.models import Capabilities, ModelName, ModelSpec, ToolCalls
from assay.contracts.runs import ModelPin
from assay.contracts.tasks import Solver

CapabilityError = tuple[ModelName, str]
"""The model, and why it is refused."""
_MAX_LISTED = 3


@dataclass(frozen=True)
class _Need:
    """What some tasks need. ``missing`` is whether a model is known not to accept it."""

    name: str
    remedy: str
    needed: Callable[[SelectedTask, ModelSpec], bool]
    missing: Callable[[Capabilities], bool]


_NEEDS = (
    _Need(
        name="images",
        remedy="choose a model that accepts images",
        needed=lambda selected, _: image_count(selected.task, selected.sample_ids) > 0,
        missing=lambda known: known.vision is False,
    ),
    _Need(
        name="tools",
        remedy="set its parameter `tools: text`, choose a model that calls tools",
        needed=lambda selected, model: (
            selected.task.manifest.solver is Solver.AGENT and model.parameters.tools is not ToolCalls.TEXT
        ),
        missing=lambda known: known.tools is False,
    ),
)


def capability_errors(
    pins: Sequence[ModelPin], tasks: Sequence[SelectedTask], capabilities: Callable[[ModelName], Capabilities]
) -> Iterator[CapabilityError]:
    """An error for each model and need, which names the tasks. What is unknown passes."""
    for model in (pin.model for pin in pins if not is_replay(pin.model.name)):
        known = capabilities(model.name)
        for need in (need for need in _NEEDS if need.missing(known)):
            if names := [each.task.task_id for each in tasks if need.needed(each, model)]:
                yield model.name, _message(model.name, need, names)


def suitable_tasks(
    pins: Sequence[ModelPin], tasks: Sequence[SelectedTask], capabilities: Callable[[ModelName], Capabilities]
) -> tuple[list[SelectedTask], tuple[str, ...]]:
    """The tasks that every model may be able to do and that can be graded, and a note for each that is left out."""
    kept: list[SelectedTask] = []
    notes: list[str] = []
    for each in tasks:
        if reason := _unsuitable(each, pins, capabilities):
            notes.append(f"task {each.task.task_id!r} is left out: {reason}")
        else:
            kept.append(each)
    return kept, tuple(notes)


def _unsuitable(task: SelectedTask, pins: Sequence[ModelPin], capabilities: Callable[[ModelName], Capabilities]) -> str:
    for model in (pin.model for pin in pins if not is_replay(pin.model.name)):
        known = capabilities(model.name)
        for need in _NEEDS:
            if need.missing(known) and need.needed(task, model):
                return f"it needs {need.name}, which {model.name} does not accept"
    if task.judging and not task.judging.models:
        return "a model grades it, and no judge is chosen"
    return ""


def _message(model: ModelName, need: _Need, tasks: Sequence[str]) -> str:
    """``model 'x': task 'y' needs images, which x does not accept; choose ..., or remove the task from the run``."""
    listed = ", ".join(map(repr, tasks[:_MAX_LISTED]))
    more = f" and {len(tasks) - _MAX_LISTED} more" if len(tasks) > _MAX_LISTED else ""
    subject, object_ = (
        (f"task {listed} needs", "the task") if len(tasks) == 1 else (f"tasks {listed}{more} need", "them")
    )
    return (
        f"model {model!r}: {subject} {need.name}, which {model} does not accept; {need.remedy}, or remove {object_} "
        "from the run"
    )
