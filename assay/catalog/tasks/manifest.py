"""The contents of ``task.yaml`` and ``samples.jsonl``. docs/tasks.md describes them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field

from assay.catalog.formats import Name, SampleId, Text, Title
from assay.contracts.checks import AnyCheck, Reveal
from assay.contracts.codec import Data
from assay.contracts.evaluation import EvaluationBounds, EvaluationWeights
from assay.contracts.tasks import Difficulty, Limits, McpServer, PlantSpec, SandboxSpec, Solver, TaskId, Tool

ONLY_SAMPLE = "main"
"""The id of the only sample of a task that lists none."""
MAX_IMAGES = 20
"""Images in one prompt, of the task and of the sample together."""

ImagePaths = Annotated[tuple[str, ...], Meta(max_length=MAX_IMAGES)]
"""Paths in the task's folder, below ``images/`` or ``workspace/``."""


class SampleManifest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``expected`` has the shape the checks need; ``reference`` is a correct answer, where that is not ``expected``."""

    sample_id: SampleId
    input: Text = ""
    images: ImagePaths = ()
    expected: Any = None
    reference: Text | None = None


class TaskManifest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``task.yaml``. Omitted fields have the defaults of assay/contracts/tasks.py."""

    id: TaskId
    title: Title
    category: Name
    domain: Name | None = None
    difficulty: Difficulty
    solver: Solver
    language: Name | None = None
    tags: tuple[Name, ...] = ()
    instructions: Text = ""
    system: Text = ""
    images: ImagePaths = ()
    tools: tuple[Tool, ...] = ()
    command: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    mcp: Annotated[tuple[McpServer, ...], Meta(max_length=20)] = ()
    plant: PlantSpec | None = None
    outputs: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    limits: Limits = Limits()
    sandbox: SandboxSpec = SandboxSpec()
    pass_score: Annotated[float, Meta(gt=0, le=1)] = 1.0
    reveal: Reveal = Reveal.NAMES
    impossible: Text = ""
    evaluation_weights: EvaluationWeights | None = None
    evaluation: EvaluationBounds = EvaluationBounds()
    checks: Annotated[tuple[AnyCheck, ...], Meta(min_length=1, max_length=50)]
    samples: Annotated[tuple[SampleManifest, ...], Meta(max_length=10_000)] = ()
    noop_answer: Text = ""
    cheat_answers: dict[Name, Text] = field(default_factory=dict[str, str])
