"""Whether the workers that live can give the sandboxes a run needs. Pure, so that every store decides alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assay.contracts.attempts import Stage
from assay.contracts.runs import RunPlan
from assay.contracts.sandboxes import SandboxKind, usable_kinds

_NOUNS = {Stage.RUN: "runner", Stage.JUDGE: "judge"}
_NAMED = 5
_REMEDIES = {
    SandboxKind.DOCKER: "Start one on a host where Docker works and `make images` was run",
    SandboxKind.BUBBLEWRAP: "Start one on a host where bubblewrap works",
    SandboxKind.PROCESS: "Its operator must allow it by name (ASSAY_SANDBOX=auto,process)",
}


@dataclass(frozen=True, slots=True)
class Giver:
    """A living worker and the kinds of sandbox it gives; None: it has not said."""

    stage: Stage
    sandboxes: Collection[str] | None


def shelter_refusal(plan: RunPlan, givers: Sequence[Giver]) -> str:
    """Which tasks cannot be held by any living worker, and what to do; empty when all can. Where none is alive, the run
    may wait for one."""
    for stage in (Stage.RUN, Stage.JUDGE):
        living = [giver.sandboxes for giver in givers if giver.stage is stage]
        given = [sandboxes for sandboxes in living if sandboxes is not None]
        if len(given) < len(living) or not living:
            continue
        homeless = [
            task
            for task in plan.tasks
            if task.sandboxes and not any(usable_kinds(each, task.sandboxes, plan.sandbox) for each in given)
        ]
        if homeless:
            kinds = _kinds(homeless[0].sandboxes, plan.sandbox)
            needing = [task.task_id for task in homeless if _kinds(task.sandboxes, plan.sandbox) == kinds]
            return _told(needing, kinds, plan.sandbox, _NOUNS[stage], given)
    return ""


def _kinds(able: Sequence[str], wish: str) -> tuple[str, ...]:
    """Those that would do."""
    return usable_kinds(tuple(SandboxKind), able, wish)


def _told(tasks: list[str], kinds: Sequence[str], wish: str, worker: str, given: Sequence[Collection[str]]) -> str:
    named = ", ".join(tasks[:_NAMED]) + (f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else "")
    noun = "task" if len(tasks) == 1 else "tasks"
    if not kinds:
        return f"the {noun} {named} cannot be held by the sandbox the run asks for ({wish}); leave that out"
    offered = ", ".join(sorted({kind for sandboxes in given for kind in sandboxes})) or "none at all"
    remedy = _REMEDIES[SandboxKind(kinds[0])]
    if wish in kinds:
        return (
            f"the run asks for {wish}, which no living {worker} gives (they give: {offered}); {noun} {named} cannot be "
            f"held. {remedy}, or ask for another kind; `assay doctor` says what a host lacks"
        )
    return (
        f"the {noun} {named} can only be held by {' or '.join(kinds)}, which no living {worker} gives (they give: "
        f"{offered}). {remedy}, or leave out {'that task' if len(tasks) == 1 else 'those tasks'}; `assay doctor` says "
        "what a host lacks"
    )
