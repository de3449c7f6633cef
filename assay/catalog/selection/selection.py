"""The tasks and models of a run request, resolved."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.tasks.prompt_size import image_count, prompt_bytes
from assay.catalog.tasks.task import Task
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.judging import JudgeModel, Judging
from assay.contracts.runs import ModelPin
from assay.contracts.sandboxes import kinds_for
from assay.contracts.tasks import Limits, TaskPin


@dataclass(frozen=True, kw_only=True, slots=True)
class SelectedTask:
    """A task of a run, with its samples, weight and limits in that run. ``tests`` is the text of the hidden tests, if
    models are shown them. ``task`` includes the requirements to install."""

    task: Task
    sample_ids: tuple[str, ...]
    weight: float
    limits: Limits
    tests: str = ""
    judging: Judging | None = None

    def pin(self, *, public: ArtifactRef, hidden: ArtifactRef, reference: ArtifactRef) -> TaskPin:
        """The task's pin in the run plan; its bundles must be stored already."""
        manifest = self.task.manifest
        return TaskPin(
            task_id=manifest.id,
            digest=self.task.digest,
            category=manifest.category,
            difficulty=manifest.difficulty,
            language=manifest.language or "",
            solver=manifest.solver,
            weight=self.weight,
            sample_ids=self.sample_ids,
            limits=self.limits,
            prompt_bytes=prompt_bytes(self.task, self.sample_ids) + len(self.tests.encode()),
            images=image_count(self.task, self.sample_ids),
            sandboxes=kinds_for(manifest.sandbox) if manifest.solver.hands_in_files else (),
            model_graded=any(check.calls_model for check in manifest.checks),
            judging=self.judging,
            impossible=bool(manifest.impossible),
            public=public,
            hidden=hidden,
            reference=reference,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """A run plan without its stored bundles: ``tasks`` in order, ``models`` and ``judges`` with their prices.
    ``notes`` say what it
    leaves out."""

    tasks: tuple[SelectedTask, ...]
    models: tuple[ModelPin, ...]
    repeats: int
    judges: tuple[JudgeModel, ...] = ()
    suite: str = ""
    notes: tuple[str, ...] = ()

    @property
    def attempts(self) -> int:
        return sum(len(selected.sample_ids) for selected in self.tasks) * len(self.models) * self.repeats
