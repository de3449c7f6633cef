"""Turns: providers that have one model loaded at a time get attempts of one model at a time. Pure.

Loading a model takes minutes, so a turn lasts as long as possible without letting any run wait for ever: until the
oldest run that could go on has no more attempts of the model. Later runs join it, but do not prolong it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from assay.contracts.sandboxes import SandboxRequirement
from services.ledger.scheduling.fair_share import Budget, Candidate, RunQueue, Turn

K = TypeVar("K")
"""What names an account."""


def model_turns(
    providers: Collection[str],
    under_way: Mapping[str, Collection[str]],
    queues: Sequence[RunQueue[K]],
    budgets: Mapping[K, Budget],
    offered: Collection[SandboxRequirement],
) -> dict[str, Turn]:
    """The turn of each of the ``providers`` that has one. ``under_way`` has the models with attempts queued or running,
    by provider. Only attempts that could be released now count: those that wait for money or for workers that do not
    exist (``offered``: what live workers offer) keep no other model waiting."""
    found: dict[str, Turn] = {}
    for provider in providers:
        ready = _ready(provider, queues, budgets, offered)
        loaded = sorted(under_way.get(provider, ()))
        if loaded:
            # Several, if they were released before the provider was known to load one at a time: all but one run out.
            found[provider] = Turn(loaded[0], ended=bool(ready) and not _goes_on(loaded[0], ready))
        elif ready:
            # By name and not by the order of attempts, so that the same model is next after each of its attempts.
            found[provider] = Turn(min(ready, key=lambda model: (ready[model], model)))
    return found


def turn_detail(models: Iterable[str], turns: Mapping[str, Turn]) -> str:
    """Why the first of the ``models`` whose turn it is not waits."""
    for model in models:
        provider = model.partition("/")[0]
        turn = turns.get(provider)
        if turn is not None and model != turn.model:
            return f"{model} waits for the attempts of {turn.model}: {provider} has one model loaded at a time"
        if turn is not None and turn.ended:
            return (
                f"{model} waits for its next turn: an older run needs another model, and {provider} has one loaded at "
                "a time"
            )
    return "another model of the provider has its turn"


def _goes_on(loaded: str, ready: Mapping[str, str]) -> bool:
    """Whether the oldest run with attempts that are ready has some of the loaded model."""
    return ready.get(loaded) == min(ready.values())


def _ready(
    provider: str,
    queues: Sequence[RunQueue[K]],
    budgets: Mapping[K, Budget],
    offered: Collection[SandboxRequirement],
) -> dict[str, str]:
    """For each model of the provider with attempts that could be released, the oldest run that has some; ids of runs
    sort by time."""
    oldest: dict[str, str] = {}
    for queue in queues:
        for candidate in _releasable(queue, budgets, offered):
            if candidate.provider == provider:
                oldest[candidate.model] = min(oldest.get(candidate.model, queue.run_id), queue.run_id)
    return oldest


def _releasable(
    queue: RunQueue[K], budgets: Mapping[K, Budget], offered: Collection[SandboxRequirement]
) -> Iterator[Candidate]:
    if queue.concurrency_left is not None and queue.concurrency_left <= 0:
        return
    left = min((budgets[name].left for name in queue.budgets), default=None)
    for candidate in queue.candidates:
        affordable = left is None or candidate.worst_nanousd <= left or not candidate.worst_nanousd
        if affordable and candidate.requirement in offered:
            yield candidate
