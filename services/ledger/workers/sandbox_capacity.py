"""Whether live workers offer the sandboxes a run needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assay.contracts.attempts import Stage
from assay.contracts.runs import RunPlan
from assay.contracts.sandboxes import SandboxKind, SandboxRequirement, suitable_kinds, usable_kinds
from services.ledger.workers.live_workers import WorkerCapabilities

_NOUNS = {Stage.RUN: "runner", Stage.JUDGE: "judge"}
_LISTED_TASKS = 5
_REMEDIES = {
    SandboxKind.DOCKER: "Start one on a host with a working Docker and the images of `make images`",
    SandboxKind.KUBERNETES: "Start one with ASSAY_SANDBOX=kubernetes and access to a cluster",
    SandboxKind.BUBBLEWRAP: "Start one on a host where bubblewrap works",
    SandboxKind.PROCESS: "Its operator must allow it by name (ASSAY_SANDBOX=auto,process)",
}


def sandbox_refusal(plan: RunPlan, workers: Sequence[WorkerCapabilities], on_demand: Sequence[str] = ()) -> str:
    """Which tasks no live worker has a sandbox for, and what to do; empty if there are none. Without any live worker of
    a stage, and while one has not reported its sandboxes, the run is accepted and waits. Workers with the kinds in
    ``on_demand`` are started when they are wanted."""
    for stage in Stage:
        reported = [worker.sandboxes for worker in workers if worker.stage is stage]
        offers = [sandboxes for sandboxes in reported if sandboxes is not None]
        if not reported or len(offers) < len(reported):
            continue
        offers += [(kind,) for kind in on_demand]
        unplaced = [
            task
            for task in plan.tasks
            if task.sandboxes and not any(usable_kinds(offer, task.sandboxes, plan.sandbox) for offer in offers)
        ]
        if unplaced:
            kinds = _usable_kinds(unplaced[0].sandboxes, plan.sandbox)
            named = [task.task_id for task in unplaced if _usable_kinds(task.sandboxes, plan.sandbox) == kinds]
            return _refusal(named, kinds, plan.sandbox, _NOUNS[stage], offers)
    return ""


def lacking_sandbox(requirement: SandboxRequirement, stage: Stage) -> str:
    """Why attempts with this requirement wait although workers of the stage are alive, and what to do."""
    kinds = (SandboxKind.BUBBLEWRAP,) if requirement is SandboxRequirement.ANY else suitable_kinds(requirement)
    wanted = "sandbox" if requirement is SandboxRequirement.ANY else f"{' or '.join(kinds)} sandbox"
    remedy = _REMEDIES.get(SandboxKind(kinds[0]), "Start one that does")
    return f"no live {_NOUNS[stage]} offers a {wanted}. {remedy}; `assay doctor` shows what a host lacks"


def _usable_kinds(able: Sequence[str], requested: str) -> tuple[str, ...]:
    return usable_kinds(tuple(SandboxKind), able, requested)


def _refusal(
    tasks: Sequence[str], kinds: Sequence[str], requested: str, worker: str, offers: Sequence[Collection[str]]
) -> str:
    more = f" and {len(tasks) - _LISTED_TASKS} more" if len(tasks) > _LISTED_TASKS else ""
    one = len(tasks) == 1
    named = f"{'task' if one else 'tasks'} {', '.join(tasks[:_LISTED_TASKS])}{more}"
    need = "needs" if one else "need"
    if not kinds:
        return f"{named} cannot run in the requested sandbox ({requested}); leave the sandbox out"
    available = ", ".join(sorted({kind for offer in offers for kind in offer})) or "none"
    wanted = requested if requested in kinds else " or ".join(kinds)
    remedy = "request another kind" if requested in kinds else f"leave out {'that task' if one else 'those tasks'}"
    reason = "the requested" if requested in kinds else "a"
    return (
        f"{named} {need} {reason} {wanted} sandbox; no live {worker} offers one (available: {available}). "
        f"{_REMEDIES[SandboxKind(kinds[0])]}, or {remedy}; `assay doctor` shows what a host lacks"
    )
