"""The check by a person."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from assay.contracts.checks.check import Check, Tier, Weight
from assay.contracts.codec import Data


class ReviewCriterion(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reviewer gives 0 to ``points``."""

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    points: Annotated[int, Meta(ge=1, le=100)] = 1
    weight: Weight = 1.0


class Review(Check, frozen=True, kw_only=True, tag="review"):
    """A person grades the output by ``criteria``. Until then the attempt's outcome is ``needs_review``. It passes if
    the weighted mean of the criteria reaches ``pass_score``."""

    tier: ClassVar[Tier] = Tier.REVIEW
    instructions: Annotated[str, Meta(max_length=20_000)] = ""
    criteria: Annotated[tuple[ReviewCriterion, ...], Meta(min_length=1, max_length=50)]
    pass_score: Annotated[float, Meta(gt=0, le=1)] = 0.5
