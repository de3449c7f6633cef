"""What all checks have in common."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from assay.contracts.codec import Data

Weight = Annotated[float, Meta(ge=0)]


class Check(Data, frozen=True, kw_only=True, tag_field="kind"):
    """One criterion of the judge. The score is the mean of the checks' scores, weighted by ``weight``; an attempt
    passes if all checks pass."""

    calls_model: ClassVar[bool] = False
    name: str = ""
    weight: Weight = 1.0
