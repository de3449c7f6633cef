"""A task in its three bundles: what the attempt may see, what grades it, and what the baselines hand in."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.shapes import reference_answer
from assay.catalog.task import Task
from assay.contracts.codec import Data, canonical
from assay.contracts.tasks import HiddenTask, PublicTask, ReferenceTask, Sample, Solver
from assay.files import Files


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundles:
    """``public`` holds ``task.json`` and ``workspace/**``; ``hidden`` ``grading.json`` and ``tests/**``; ``reference``
    ``reference.json``, ``reference/**``, ``noop/**`` and ``cheats/<name>/**``. The same task gives the same bytes."""

    public: Files
    hidden: Files
    reference: Files


def bundles(task: Task) -> Bundles:
    return Bundles(
        public=_bundle("task.json", public_task(task), task.files, ("workspace",)),
        hidden=_bundle("grading.json", hidden_task(task), task.files, ("tests",)),
        reference=_bundle("reference.json", reference_task(task), task.files, ("reference", "noop", "cheats")),
    )


def public_task(task: Task) -> PublicTask:
    """Named field by field, so that nothing new of a manifest becomes public by accident."""
    manifest = task.manifest
    return PublicTask(
        task_id=manifest.id,
        digest=task.digest,
        title=manifest.title,
        instructions=manifest.instructions,
        solver=manifest.solver,
        language=manifest.language or "",
        system=manifest.system,
        tools=manifest.tools,
        command=manifest.command,
        mcp=manifest.mcp,
        outputs=manifest.outputs,
        limits=manifest.limits,
        sandbox=manifest.sandbox,
        samples=tuple(Sample(sample_id=sample.sample_id, input=sample.input) for sample in manifest.samples),
    )


def hidden_task(task: Task) -> HiddenTask:
    manifest = task.manifest
    return HiddenTask(
        task_id=manifest.id,
        digest=task.digest,
        solver=manifest.solver,
        outputs=manifest.outputs,
        sandbox=manifest.sandbox,
        checks=manifest.checks,
        pass_score=manifest.pass_score,
        expected={sample.sample_id: sample.expected for sample in manifest.samples if sample.expected is not None},
    )


def reference_task(task: Task) -> ReferenceTask:
    manifest = task.manifest
    answered = manifest.solver is Solver.ANSWER
    return ReferenceTask(
        task_id=manifest.id,
        digest=task.digest,
        solver=manifest.solver,
        answers={sample.sample_id: reference_answer(sample) for sample in manifest.samples} if answered else {},
        noop_answer=manifest.noop_answer,
        cheats=dict(manifest.cheat_answers),
    )


def _bundle(name: str, content: Data, files: Files, parts: tuple[str, ...]) -> dict[str, bytes]:
    chosen = {path: data for path, data in files.items() if path.partition("/")[0] in parts}
    return {name: canonical(content), **chosen}
