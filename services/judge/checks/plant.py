"""``plant``: the logged actions, repeated on the judge's own simulation. What the attempt says about the plant counts
for nothing."""

from __future__ import annotations

import asyncio

from assay.catalog.plant.operator import ActionRefused, Operator, Outcome
from assay.contracts.checks import PlantCheck
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.tasks import ACTION_LOG, PlantAction, PlantSpec
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext

MAX_ACTIONS = 10_000


async def check(check: PlantCheck, context: GradingContext) -> CheckScore:
    spec = context.hidden.task.plant
    if spec is None:
        raise HiddenBundleInvalid("check 'plant' needs 'plant', the task's scenario")
    lines = [line for line in context.submitted(ACTION_LOG).splitlines() if line.strip()]
    if len(lines) > MAX_ACTIONS:
        return failed(f"{ACTION_LOG} has {len(lines)} lines, more than {MAX_ACTIONS}")
    try:
        actions = [decode(PlantAction, line) for line in lines]
    except Malformed as error:
        return failed(f"{ACTION_LOG} is not a log of actions: {error}")
    outcome = await asyncio.to_thread(repeat, spec, actions)
    return _score(outcome).with_evidence("\n".join(encode(action).decode() for action in actions))


def repeat(spec: PlantSpec, actions: list[PlantAction]) -> Outcome:
    """Actions that the plant refused before are refused again, and change nothing. Raises HiddenBundleInvalid for an
    unknown scenario."""
    try:
        operator = Operator(spec.scenario, spec.seed, spec.actions)
    except KeyError as error:
        raise HiddenBundleInvalid(f"there is no scenario {spec.scenario!r} of the plant") from error
    for action in actions:
        try:
            operator.use(action.tool, action.arguments)
        except ActionRefused:
            continue
    return operator.outcome()


def _score(outcome: Outcome) -> CheckScore:
    metrics = {
        "actions": float(outcome.actions),
        "seconds": outcome.seconds,
        "violations": float(len(outcome.violations)),
    }
    problems = [f"{name}: exceeded after {seconds:g} s" for name, seconds in outcome.violations.items()]
    problems += [f"not healthy in the end: {name}" for name in outcome.unhealthy]
    problems += [f"left changed without need: {name}" for name in outcome.meddled]
    return failed("; ".join(problems), metrics) if problems else passed(metrics=metrics)
