"""Content keys: equal for attempts, of any runs, whose results are interchangeable."""

from __future__ import annotations

from assay.contracts.attempts import attempt_key
from assay.contracts.codec import digest
from assay.contracts.runs import ModelPin, RunPlan
from assay.contracts.sandboxes import SandboxKind
from assay.contracts.tasks import TaskPin


def content_key(plan: RunPlan, task: TaskPin, pin: ModelPin, sample_id: str, repeat: int) -> str:
    variant = ["not isolated"] if plan.sandbox == SandboxKind.PROCESS else []
    if pin.replay:
        variant.append(pin.replay.sha256)
    if plan.include_tests:
        variant.append("tests")
    if plan.install_deps:
        variant.append("installed")
    if task.judging:
        judges = {judge.model.name: judge.model for judge in plan.judges}
        variant += [f"judge {digest(judges.get(name, name))}" for name in sorted(task.judging.models)]
    return attempt_key(
        task_digest=task.digest,
        sample_id=sample_id,
        model=pin.model,
        solver=task.solver,
        repeat=repeat,
        limits=task.limits,
        variant=variant,
    )
