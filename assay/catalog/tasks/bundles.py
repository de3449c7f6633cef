"""Packs a task into three bundles: what the attempt may see, what grades it, and what the baselines submit."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.tasks.evaluation import evaluation_spec
from assay.catalog.tasks.folder import HIDDEN_FOLDERS
from assay.catalog.tasks.rubrics import questions
from assay.catalog.tasks.sample_checks import reference_answer
from assay.catalog.tasks.task import Task
from assay.contracts.codec import Data, canonical
from assay.contracts.tasks import HiddenTask, PublicTask, ReferenceTask, Sample, Solver
from assay.files import Files


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundles:
    """``public`` contains ``task.json``, ``workspace/**`` and ``images/**``; ``hidden`` contains ``grading.json``,
    ``tests/**`` and ``driver/**``; ``reference`` contains ``reference.json``, ``reference/**``, ``noop/**`` and
    ``cheats/<name>/**``. Deterministic."""

    public: Files
    hidden: Files
    reference: Files


def make_bundles(task: Task) -> Bundles:
    return Bundles(
        public=_bundle("task.json", public_task(task), task.files, ("workspace", "images")),
        hidden=_bundle("grading.json", hidden_task(task), task.files, HIDDEN_FOLDERS),
        reference=_bundle("reference.json", reference_task(task), task.files, ("reference", "noop", "cheats")),
    )


def public_task(task: Task) -> PublicTask:
    """Copies field by field, so that a new field of the manifest does not become public by accident."""
    manifest = task.manifest
    return PublicTask(
        task_id=manifest.id,
        digest=task.digest,
        title=manifest.title,
        instructions=manifest.instructions,
        solver=manifest.solver,
        language=manifest.language or "",
        system=manifest.system,
        images=manifest.images,
        tools=manifest.tools,
        command=manifest.command,
        mcp=manifest.mcp,
        outputs=manifest.outputs,
        limits=manifest.limits,
        sandbox=manifest.sandbox,
        samples=tuple(
            Sample(sample_id=sample.sample_id, input=sample.input, images=sample.images) for sample in manifest.samples
        ),
        evaluation=evaluation_spec(manifest),
        plant=manifest.plant,
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
        reveal=manifest.reveal,
        expected={sample.sample_id: sample.expected for sample in manifest.samples if sample.expected is not None},
        questions=questions(manifest),
        impossible=manifest.impossible,
        evaluation=evaluation_spec(manifest),
        plant=manifest.plant,
    )


def reference_task(task: Task) -> ReferenceTask:
    manifest = task.manifest
    is_answer = manifest.solver is Solver.ANSWER
    return ReferenceTask(
        task_id=manifest.id,
        digest=task.digest,
        solver=manifest.solver,
        answers={sample.sample_id: reference_answer(sample) for sample in manifest.samples} if is_answer else {},
        noop_answer=manifest.noop_answer,
        cheats=dict(manifest.cheat_answers),
    )


def _bundle(name: str, content: Data, files: Files, parts: tuple[str, ...]) -> dict[str, bytes]:
    chosen = {path: data for path, data in files.items() if path.partition("/")[0] in parts}
    return {name: canonical(content), **chosen}
