"""The check by models."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from assay.contracts.checks.check import Check, Tier, Weight
from assay.contracts.codec import Data, encode
from assay.contracts.models import ModelName

MAX_JUDGES = 8
MAX_SCALE = 100
"""The most steps between the lowest and the highest score of a criterion."""
PASS_SCORE = 0.5
PROMPT_BYTES = 4_000
"""The most that a question to a judge has besides the rubric, the task and the work."""
MAX_TASK_BYTES = 20_000
"""What a judge sees of a task's own text, and of a reference."""
MARKED_FACTOR = 2
"""How much longer a text may become, at most, when its lines are marked and its hidden characters made visible."""

RubricText = Annotated[str, Meta(min_length=1, max_length=10_000)]
JudgeNames = Annotated[tuple[ModelName, ...], Meta(max_length=MAX_JUDGES)]


class Level(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One score of a criterion, and what deserves it."""

    score: Annotated[int, Meta(ge=-1000, le=1000)]
    text: RubricText


class Criterion(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question of a rubric, answered by a whole number: from ``scale[0]`` to ``scale[1]``, or one of ``levels``."""

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    text: RubricText
    weight: Weight = 1.0
    scale: tuple[int, int] = (1, 5)
    levels: Annotated[tuple[Level, ...], Meta(max_length=20)] = ()

    @property
    def scores(self) -> tuple[int, ...]:
        """The scores that a judge may give, in order."""
        if self.levels:
            return tuple(sorted(level.score for level in self.levels))
        low, high = self.scale
        return tuple(range(low, high + 1))

    def normalized(self, score: float) -> float:
        """0 for the lowest score, 1 for the highest."""
        scores = self.scores
        return (score - scores[0]) / (scores[-1] - scores[0])


class Rubric(Check, frozen=True, kw_only=True, tag="rubric"):
    """A model scores the output by ``criteria``; the score is their weighted mean, each between 0 and 1, and with
    several judges their median. ``show_expected`` shows the sample's ``expected`` text to the judge. ``pairwise`` asks
    instead which of the two is better by each criterion, in both orders. Of submitted files, the judge sees those that
    ``files`` match (all by default), up to ``file_bytes`` of each and ``evidence_bytes`` in total."""

    calls_model: ClassVar[bool] = True
    tier: ClassVar[Tier] = Tier.RUBRIC
    criteria: Annotated[tuple[Criterion, ...], Meta(min_length=1, max_length=20)]
    instructions: Annotated[str, Meta(max_length=10_000)] = ""
    show_expected: bool = False
    pairwise: bool = False
    files: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    file_bytes: Annotated[int, Meta(ge=100, le=200_000)] = 20_000
    evidence_bytes: Annotated[int, Meta(ge=100, le=200_000)] = 60_000
    judges: JudgeNames = ()
    """The models that judge, unless the run chooses others."""
    min_agreement: Annotated[float, Meta(ge=-1, le=1)] | None = None
    """Below this Krippendorff's alpha of several judges, a person has to review the attempt."""
    pass_score: Annotated[float, Meta(ge=0, le=1)] = PASS_SCORE
    max_tokens: Annotated[int, Meta(ge=64, le=32_000)] = 2048
    """Of one judgement."""


def max_prompt_bytes(rubric: Rubric, task_bytes: int, reference_bytes: int) -> int:
    """The most that a question about an output has, from the UTF-8 lengths of what is asked and of the reference."""
    marked = min(task_bytes, MAX_TASK_BYTES) + min(reference_bytes, MAX_TASK_BYTES) + rubric.evidence_bytes
    return PROMPT_BYTES + 3 * len(encode(rubric.criteria)) + len(rubric.instructions.encode()) + MARKED_FACTOR * marked
